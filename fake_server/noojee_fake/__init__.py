"""The fake PBX: a faithful Noojee recording server to develop and test against."""

__version__ = "0.1.0"
