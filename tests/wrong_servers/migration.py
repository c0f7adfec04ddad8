"""Wrong servers: migration."""
