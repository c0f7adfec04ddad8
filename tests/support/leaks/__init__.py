"""Planted secrets: how they are coded, where they are planted, and a scanner that searches any output for them."""
