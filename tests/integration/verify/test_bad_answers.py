"""An answer that is not JSON, HTML, empty, cut off, huge, slow or in the wrong charset is a failure, not a crash."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.question import Question
from noojee_contract.model.result import Result
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target


def http(body: bytes, *, length: int | None = None, kind: str = "application/json") -> bytes:
    declared = len(body) if length is None else length
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {declared}\r\nConnection: close\r\n\r\n".encode()
        + body
    )


LEG = (
    b'[{"Source":"400","Leg":"1","Start":"2014-02-13 17:06:52.0","Tag":"1234","Duration":"4","Username":"Fred",'
    b'"CallRecordId":"198348","UniqueId":"1392271611.238","DID":"internal","Direction":"2","Destination":"410"}]'
)
ANSWERS: dict[str, tuple[bytes, str]] = {
    "not JSON": (http(b"legs: none"), "not JSON"),
    "HTML": (http(b"<html><body>It works!</body></html>", kind="text/html"), "not JSON"),
    "empty": (http(b""), "empty"),
    "cut off": (http(LEG[:100], length=len(LEG)), "cut off"),
    "another charset": (http(LEG.replace(b"Fred", "Zoë".encode("latin-1"))), "not UTF-8"),
    "UTF-16": (http(LEG.decode().encode("utf-16")), "UTF-8"),
    "huge": (http(b"[" + b" " * 300_000 + b"]"), "longer than 100000 bytes"),
    "no HTTP at all": (b"SSH-2.0-OpenSSH_9.6\r\n", "not valid HTTP: its head was cut off after 21 bytes"),
    "a malformed header": (b"HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n[]", "malformed header"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[] ", "malformed header"),
    "a broken chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "not valid HTTP"),
    "a false gzip label": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        "the body is not gzip",
    ),
    "two content codings": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 3\r\n\r\nabc",
        "more than one",
    ),
    "nested deeply": (http(b"[" * 50_000), "nested"),
}


def run_clause(url: str, clause_id: str = "metadata.by-tag-answered", *, timeout_seconds: float = 5.0) -> Result:
    target = Target(
        name="pbx", dialect="njadmin", base_url=url, api_key_env="KEY", recordings=(Question("tag", "1234"),),
        timeout_seconds=timeout_seconds, max_body_bytes=100_000,
    )  # fmt: skip
    runner = Runner(RunnerConfig(targets=[target], random_seed=1, examples=1), environ={"KEY": "k-123456"})
    try:
        clause = catalogue()[clause_id]
        (cell,) = runner.cells(clause)
        return runner.result(clause, clause_functions()[clause_id], cell)
    finally:
        runner.close()


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_a_bad_answer_is_a_failure(kind: str, raw_server: Callable[..., object]) -> None:
    """The message says what was received, and the failure has the exchange."""
    answer, says = ANSWERS[kind]
    server = raw_server(lambda _request, connection: connection.sendall(answer))
    result = run_clause(server.url)  # type: ignore[attr-defined]
    assert result.outcome is Outcome.FAILED, result.reason
    assert result.failure is not None
    assert says in result.failure.message
    assert result.failure.exchange is not None
    assert "k-123456" not in str(result.failure)


def test_a_slow_answer_is_a_failure(raw_server: Callable[..., object]) -> None:
    """The client gives up an answer that is not complete within the time-out."""

    def drip(_request: bytes, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            connection.settimeout(0.05)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    result = run_clause(raw_server(drip).url, timeout_seconds=0.5)  # type: ignore[attr-defined]
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    assert "did not end within 0.5 s (timeout_seconds, --timeout)" in result.failure.message


def test_silence_is_a_failure(raw_server: Callable[..., object]) -> None:
    """No answer came within the time-out."""

    def silent(_request: bytes, connection: socket.socket) -> None:
        connection.recv(1)

    result = run_clause(raw_server(silent).url, timeout_seconds=0.5)  # type: ignore[attr-defined]
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    assert "no answer within 0.5 s (timeout_seconds, --timeout)" in result.failure.message


def test_a_cookie_of_the_server_is_ignored(raw_server: Callable[..., object]) -> None:
    """Each request carries its own credentials, and no state of an earlier answer."""
    answer = http(LEG).replace(b"Connection:", b"Set-Cookie: JSESSIONID=s-1; Path=/\r\nConnection:")
    server = raw_server(lambda _request, connection: connection.sendall(answer))
    run_clause(server.url, "metadata.empty-tag")  # type: ignore[attr-defined]
    first, second = server.requests  # type: ignore[attr-defined]
    assert b"cookie" not in first.lower()
    assert b"cookie" not in second.lower()


def test_an_observation_shows_no_credential(raw_server: Callable[..., object]) -> None:
    """An error message that repeats the key is the reason of an informational result."""
    answer = http(b'{"Message": "k-123456 is no key", "Code": -1}').replace(b"200 OK", b"400 Bad Request")
    server = raw_server(lambda _request, connection: connection.sendall(answer))
    result = run_clause(server.url, "metadata.unknown-recording")  # type: ignore[attr-defined]
    assert result.outcome is Outcome.INFORMATIONAL
    assert result.reason is not None
    assert "is no key" in result.reason
    assert "k-123456" not in result.reason


def test_a_good_answer_passes(raw_server: Callable[..., object]) -> None:
    """The same server passes with the published leg."""
    server = raw_server(lambda _request, connection: connection.sendall(http(LEG)))
    result = run_clause(server.url)  # type: ignore[attr-defined]
    assert result.outcome is Outcome.PASSED, result


def test_a_byte_order_mark_fails_one_clause(raw_server: Callable[..., object]) -> None:
    """The document is read without it, so that other clauses check its legs."""
    server = raw_server(lambda _request, connection: connection.sendall(http(b"\xef\xbb\xbf" + LEG)))
    outcomes = {
        name: run_clause(server.url, name).outcome  # type: ignore[attr-defined]
        for name in ("metadata.by-tag-answered", "metadata.schema")
    }
    assert outcomes == {"metadata.by-tag-answered": Outcome.PASSED, "metadata.schema": Outcome.FAILED}
