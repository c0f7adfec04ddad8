"""The sound of a leg of the second PBX: a tone or the stored file, in the coding of its age."""

from __future__ import annotations

import io
import math
import sqlite3
import struct
from functools import lru_cache

import numpy
import soundfile

from support.conformant_servers.sandbox import SECOND, Sandbox
from support.conformant_servers.wire import Answer, Given, Refusal

CODINGS = {
    "wav-pcm": ("WAV", "PCM_16", "audio/wav"), "wav-alaw": ("WAV", "ALAW", "audio/x-wav"),
    "wav-ulaw": ("WAV", "ULAW", "audio/wav"), "mpeg": ("MP3", "MPEG_LAYER_III", "audio/mpeg"),
}  # fmt: skip


def tone(seconds: int, record: int) -> bytes:
    """A WAV file, 8 kHz, mono, 16 bit; its pitch differs from leg to leg."""
    hertz = 310 + record * 613 % 2900
    second = b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * hertz * at / 8000))) for at in range(8000))
    size = len(second) * seconds
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", size
    )
    return head + second * seconds


@lru_cache(maxsize=200)
def coded(sound: bytes, coding: str) -> bytes:
    """A WAV file in another coding; unchanged where it has that coding."""
    container, subtype, _ = CODINGS[coding]
    if soundfile.info(io.BytesIO(sound)).subtype == subtype:
        return sound
    samples, rate = soundfile.read(io.BytesIO(sound), dtype="int16")
    if not len(samples):
        samples = numpy.zeros(rate // 5, dtype="int16")
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=container, subtype=subtype)
    return out.getvalue()


def retrieve_audio(
    sandbox: Sandbox, rows: list[sqlite3.Row], given: Given, *, bad_status: int, unknown_status: int
) -> Answer:
    """The sound of a leg of the newest call among some legs."""
    leg = given.get("leg")
    if "leg" not in given and sandbox.profile["audio_without_leg"] == "refused":
        raise Refusal(bad_status, "leg?")
    if "leg" in given and not (leg and leg.isascii() and leg.isdigit() and len(leg) < 10):
        raise Refusal(bad_status, "leg?")
    newest = max(rows, key=lambda row: (row["born"], row["call"]), default={"call": None})
    mine = [row for row in rows if row["call"] == newest["call"] and row["ended"] <= sandbox.now()]
    mine.sort(key=lambda row: row["number"])
    row = next((row for row in mine if leg is None or row["number"] == int(leg)), None)
    kept = sandbox.kept_since()
    if row is None or row["gone"] or (kept is not None and row["ended"] <= kept):
        raise Refusal(unknown_status, "No sound")
    coding = sandbox.profile["audio_format"]
    if sandbox.profile["audio_aged_form"] == "mpeg" and sandbox.is_aged(row["ended"]):
        coding = "mpeg"
    sound = coded(row["sound"] or tone((row["ended"] - row["started"]) // SECOND, row["record"]), coding)
    name = f"{row['record']}.{CODINGS[coding][0].lower()}"
    return 200, [("Content-Type", CODINGS[coding][2]), ("Content-Disposition", f'attachment; filename="{name}"')], sound
