"""Reads dialect files, which describe an API that is not the vendor's."""
