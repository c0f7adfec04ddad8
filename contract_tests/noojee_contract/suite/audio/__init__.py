"""Clauses about audio."""
