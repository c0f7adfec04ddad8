"""Wrong servers: by_hour."""
