"""Live calls: their registry, events and transitions."""
