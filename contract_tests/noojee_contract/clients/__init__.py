"""HTTP clients of a target: the API, the control API, limits, and server processes."""
