"""Clauses about the metadata of legs."""
