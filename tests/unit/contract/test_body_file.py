"""The temporary file of long bodies gives each body back, also where several are stored at a time."""

from __future__ import annotations

import pytest

from noojee_contract.clients.body_file import KEPT_IN_MEMORY_BYTES, BodyFile

LONG = KEPT_IN_MEMORY_BYTES + 5


@pytest.mark.parametrize("sizes", [(3, 7), (LONG, 7), (LONG, 2 * LONG)])
def test_bodies_stored_at_the_same_time_are_kept_apart(sizes: tuple[int, int]) -> None:
    """Clauses send requests in parallel: the pieces of two bodies arrive in turns."""
    file = BodyFile()
    bodies = [letter * size for letter, size in zip((b"a", b"b"), sizes, strict=True)]
    storing = [file.store(), file.store()]
    for piece in range(0, max(sizes), 1024):
        for body, into in zip(bodies, storing, strict=True):
            into.file.write(body[piece : piece + 1024])
    for body, into in zip(bodies, storing, strict=True):
        start, stored = into.kept(whole=True)
        assert start == body[:KEPT_IN_MEMORY_BYTES]
        assert (body if stored is None else stored.read()) == body
        assert (stored is None) == (len(body) <= KEPT_IN_MEMORY_BYTES)


def test_body_is_read_while_another_is_stored() -> None:
    """Reading moves no position of the body under way."""
    file = BodyFile()
    first = file.store()
    first.file.write(b"a" * LONG)
    _, stored = first.kept(whole=True)
    assert stored is not None
    second = file.store()
    second.file.write(b"b" * LONG)
    assert stored.read() == b"a" * LONG
    second.file.write(b"c" * LONG)
    _, other = second.kept(whole=True)
    assert other is not None
    assert other.read() == b"b" * LONG + b"c" * LONG
    assert stored.read() == b"a" * LONG


def test_cut_off_body_keeps_its_beginning_only() -> None:
    """A body with a fault is not stored."""
    storing = BodyFile().store()
    storing.file.write(b"a" * LONG)
    assert storing.kept(whole=False) == (b"a" * KEPT_IN_MEMORY_BYTES, None)
