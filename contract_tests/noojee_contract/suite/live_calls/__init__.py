"""Clauses about live calls and call control."""
