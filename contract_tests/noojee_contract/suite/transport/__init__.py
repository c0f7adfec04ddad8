"""Clauses about HTTP: methods, parameters, headers, statuses."""
