"""PBXs for tests of clients: in their process, on a socket of their process, and as a process of their own."""
