"""PBXs that are right and yet built differently from the fake: no clause may turn red on them.

They share no code with either half. `pbx.py` is a second implementation over SQLite, of all generations and of live
calls (`live.py`, `flows.py`, `orders.py`); `hosts.py` puts it on other frameworks, thread models and bare sockets;
`replacement.py` is an API that is not the vendor's, with its dialect file.
"""
