"""A live client of the recording proxy gets the bytes of the upstream, and the recording has the same bytes."""

from __future__ import annotations

import socket

import pytest

from support.awkward_answers import AWKWARD, REQUEST, WHOLE
from support.proxying import everything, proxy
from support.raw_upstream import answering, upstream


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_answer_is_relayed_and_recorded(name: str) -> None:
    """Header case, chunk sizes, trailers, cut-offs, garbage: byte for byte, and whole or not as it was."""
    pieces = AWKWARD[name]
    with (
        upstream(answering(*pieces)) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        socket.create_connection(("127.0.0.1", listens), timeout=20) as client,
    ):
        client.sendall(REQUEST)
        assert everything(client) == b"".join(pieces)
    (exchange,) = exchanges
    assert exchange.response is not None
    recorded = exchange.response.head + exchange.response.body.read()
    assert recorded == b"".join(pieces[1:] if name == "interim-answers" else pieces)
    assert (exchange.transport_error is None) == (name in WHOLE)
