"""Sound that was encoded is kept for the next request, up to a bound."""

from __future__ import annotations

from noojee_fake.pbx.audio import Encoded


def test_the_same_sound_is_encoded_once_per_format() -> None:
    """The cache compares bytes, not objects."""
    encoded, made = Encoded(1000), []

    def encode(sound: bytes) -> bytes:
        made.append(sound)
        return sound * 2

    for sound, form in ((b"one", "mpeg"), (bytes(bytearray(b"one")), "mpeg"), (b"one", "wav-alaw"), (b"two", "mpeg")):
        assert encoded.of(sound, form, encode) == sound * 2
    assert made == [b"one", b"one", b"two"]


def test_the_oldest_go_when_there_are_too_many_bytes() -> None:
    """What was asked for lately stays."""
    encoded, made = Encoded(10), []

    def encode(sound: bytes) -> bytes:
        made.append(sound)
        return sound

    for sound in (b"aaaa", b"bbbb", b"aaaa", b"cccc", b"aaaa", b"bbbb"):
        encoded.of(sound, "mpeg", encode)
    assert made == [b"aaaa", b"bbbb", b"cccc", b"bbbb"]


def test_one_sound_above_the_limit_is_cached_alone() -> None:
    """Or each part of it that is asked for would encode the whole again."""
    encoded, made = Encoded(10), []

    def encode(sound: bytes) -> bytes:
        made.append(sound[:1])
        return sound

    for sound in (b"a", b"b" * 100, b"b" * 100, b"c", b"c", b"b" * 100):
        encoded.of(sound, "mpeg", encode)
    assert made == [b"a", b"b", b"c", b"b"]
