"""Recorded traffic: recording a PBX, exchange files, HAR."""
