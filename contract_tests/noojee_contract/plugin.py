"""pytest glue of the contracts."""
