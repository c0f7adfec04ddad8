"""Captures of a PBX: what an upgrade check keeps of its answers, its sound, its options and its contract."""
