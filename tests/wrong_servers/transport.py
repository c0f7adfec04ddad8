"""Wrong servers: transport."""
