"""Runs the CI recipes of docs/guides/ci as their CI systems do.

The shell steps are real, the actions of the systems are not. Each module reads the recipe itself, so that a test sees
what a user copies. A part of a recipe that a module does not know is an error, not something that is skipped.
"""
