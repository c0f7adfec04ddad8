"""The recording proxy: relays the bytes of a live client and its upstream, and parses a copy."""
