"""Wrong servers: audio."""
