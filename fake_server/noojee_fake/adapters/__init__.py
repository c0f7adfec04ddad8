"""Adapters: each turns the requests of a server or a client into ours, and our answers back."""
