"""Stores of calls: in memory and in an SQLite file."""
