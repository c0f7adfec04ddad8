"""Two captures of one PBX: what differs, what it means for clients, and which differences are noise. Pure."""
