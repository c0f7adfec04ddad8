"""What tests of clients are given: a PBX in their process, and one on a socket, each with its control client."""
