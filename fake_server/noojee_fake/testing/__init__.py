"""PBXs for tests of clients: in their process, on a socket of their process, and as a process of their own."""

from noojee_fake.testing.process import ServerProcess

__all__ = ["ServerProcess"]
