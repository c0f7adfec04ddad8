"""A small model of the PBX for the stateful test: written from the pages, and sharing nothing with the fake.

It works its answers out anew each time, from plain lists; what it lacks in speed it has in being read at a glance.
"""
