"""Clauses about APIs that a dialect file describes."""
