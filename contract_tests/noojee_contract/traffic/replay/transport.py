"""Answers httpx from an exchange file, without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import h11
import httpx

from noojee_contract.model.wire import WireBody, WireMessage
from noojee_contract.traffic.opened import opened
from noojee_contract.traffic.proxy.message_copy import LARGEST_HEAD
from noojee_contract.traffic.replay.answers import missed
from noojee_contract.traffic.replay.matcher import USUAL_REPLAY, Matcher, Miss, ReplayConfig
from noojee_contract.traffic.replay.server import answer_of


class ReplayTransport(httpx.BaseTransport):
    """A transport of httpx that answers from an exchange file or a HAR file.

        with httpx.Client(transport=ReplayTransport(Path("day.jsonl")), base_url="https://pbx") as client: ...

    Answers that were cut off or are garbage raise what httpx raises for them on a socket. Raises TargetError if the
    file cannot be used.
    """

    def __init__(self, path: Path, config: ReplayConfig = USUAL_REPLAY) -> None:
        with ExitStack() as files:
            self.matcher = Matcher(files.enter_context(opened(path)), config)
            self._files = files.pop_all()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer to a request."""
        target = request.url.raw_path
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"transfer-encoding"]
        head = b" ".join((request.method.encode("ascii"), target, b"HTTP/1.1")) + b"\r\n"
        head += b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n"
        answer = answer_of(self.matcher, WireMessage(head=head, body=WireBody.of(request.read())))
        if isinstance(answer, Miss):
            answer = missed(answer)
        return response_of(request.method, answer.content)

    def close(self) -> None:
        """Close the file."""
        self._files.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, connection: h11.Connection) -> None:
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        while True:
            event = _next(self._connection)
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                return


def response_of(method: str, content: bytes) -> httpx.Response:
    """The answer in bytes as httpx has it. Raises httpx.RemoteProtocolError for bytes that are no valid answer."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
    connection.send(h11.Request(method=method, target="/", headers=[("host", "replay")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(content)
    connection.receive_data(b"")
    event = _next(connection)
    while isinstance(event, h11.InformationalResponse):
        event = _next(connection)
    if not isinstance(event, h11.Response):
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    return httpx.Response(
        event.status_code,
        headers=event.headers.raw_items(),
        stream=_Body(connection),
        extensions={"http_version": b"HTTP/" + event.http_version, "reason_phrase": event.reason},
    )


def _next(connection: h11.Connection) -> object:
    try:
        return connection.next_event()
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
