"""Conformant servers that are built differently from the fake: no clause may fail on them.

They share no code with either package. `pbx.py` is a second implementation over SQLite with all dialects and live calls
(`live_calls.py`, `flows.py`, `call_control.py`). `hosts.py` serves it with other frameworks, thread models and bare
sockets. `replacement.py` is an API that is not the vendor's, with its dialect file.
"""
