"""The PBX without HTTP: calls, clock, directory, options, credentials, limits, retention."""
