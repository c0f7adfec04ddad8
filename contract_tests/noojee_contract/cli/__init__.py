"""The command `noojee-contract`, one module for each subcommand."""
