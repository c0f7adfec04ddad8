"""Each generation of the API: its table of routes and its way of writing answers."""
