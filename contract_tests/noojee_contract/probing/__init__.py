"""Learns the options of a PBX: questions to a read-only target, what their answers show, and the profile file."""
