"""Waits for the answer to a long poll in the thread that asked, for doors whose requests have one each."""

from __future__ import annotations

import threading
import time

from noojee_fake.messages import Pending, Response


def settled(response: Response) -> Response:
    """The response itself, or what a long poll comes to once it is woken or its time is over."""
    if not isinstance(response, Pending):
        return response
    changed = threading.Event()
    stop = response.listen(changed.set)
    deadline = time.monotonic() + response.seconds
    try:
        while True:
            changed.clear()
            answer = response.finish(time.monotonic() >= deadline)
            if answer is not None:
                return answer
            changed.wait(max(0.0, deadline - time.monotonic()))
    finally:
        stop()
