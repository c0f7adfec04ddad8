"""Compares the legs of two sides: what differs, in how many legs, and by which rule."""
