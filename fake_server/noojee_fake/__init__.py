"""The fake PBX: a faithful Noojee recording server to develop and test against."""
