"""A small model of the PBX for the stateful test. It is written from the pages and shares no code with the fake.

It computes every answer from plain lists: it is slow, but easy to read.
"""
