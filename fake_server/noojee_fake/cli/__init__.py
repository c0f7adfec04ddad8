"""The command `noojee-fake`, one module for each subcommand."""
