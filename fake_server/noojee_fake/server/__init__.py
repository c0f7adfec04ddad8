"""Sandboxes of one server, and the factory that puts a PBX together."""
