"""Where bytes become values: one door for each way of reaching the PBX."""
