"""Target files, flags and recordings files, and which clauses apply to a target."""
