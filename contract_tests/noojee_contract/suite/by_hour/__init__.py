"""Clauses about listings by hour."""
