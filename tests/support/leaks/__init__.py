"""Planted secrets: how they are coded, where they are planted, and a scanner that finds them in any output."""
