"""Failures to the reports a person or a machine reads."""
