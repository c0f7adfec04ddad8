"""Removes credentials from everything that is shown or written."""
