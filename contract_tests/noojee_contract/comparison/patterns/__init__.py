"""The search for a rule that differences follow. Pure.

A rule is stated only where nearly all differences of a field follow it, with how many of them do.
"""
