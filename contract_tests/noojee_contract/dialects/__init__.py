"""Dialects: how a request is built and an answer is read, for the vendor's APIs and for described ones."""
