"""A few call records with sound, to try the replacement with:  python3 rows.py records.db"""

from __future__ import annotations

import io
import sqlite3
import sys
import wave
from datetime import UTC, datetime, timedelta

from app import SCHEMA, stored

# call, leg, started (UTC), seconds, reference, agent, caller, callee, dialled, direction
ROWS = [
    ("1773200300.2", 1, "2026-03-11T03:40:00", 20, "INV-7", "Administrator", "0491570156", "600", "0390000002", "IN"),
    ("1773200300.2", 2, "2026-03-11T03:40:20", 40, "INV-7", "Fred", "0491570156", "410", "0390000002", "IN"),
    ("1773203900.5", 1, "2026-03-11T04:39:00", 31, "", "Wilma", "420", "410", "internal", "INT"),
]


def silence(seconds: int) -> bytes:
    """A WAV file of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(b"\x80" * 8000 * seconds)
    return file.getvalue()


if __name__ == "__main__":
    with sqlite3.connect(sys.argv[1]) as table:
        table.executescript(SCHEMA)
        for call, leg, started, seconds, *said in ROWS:
            start = datetime.fromisoformat(started).replace(tzinfo=UTC)
            values = (call, leg, stored(start), stored(start + timedelta(seconds=seconds)), *said, silence(seconds))
            table.execute(f"INSERT INTO call_record VALUES (NULL, {', '.join('?' * len(values))})", values)
