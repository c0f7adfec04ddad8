"""Large requests pause the garbage collector of the process."""

from __future__ import annotations

import gc

from noojee_fake.adapters.responder import WithoutCollections


def test_collector_pauses_until_the_last_large_request_has_ended() -> None:
    """Not only until the first of two has ended."""
    pausing = WithoutCollections()
    assert gc.isenabled()
    with pausing:
        with pausing:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
