"""Contracts for the Noojee recording APIs, and the tools around them."""
