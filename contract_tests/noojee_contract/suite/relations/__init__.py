"""Clauses about relations between answers (metamorphic testing)."""
