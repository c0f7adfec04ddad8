"""Clauses about two APIs that must return equivalent recordings."""
