"""Clauses about authentication."""
