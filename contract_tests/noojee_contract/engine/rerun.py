"""Compares a failure with a second run of the same check: what differed, if it is flaky. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from noojee_contract.dialects.schemes import CREDENTIAL_PARAMETERS
from noojee_contract.engine.check import CheckFailed
from noojee_contract.model.exchange import Exchange
from noojee_contract.redaction.redact import Redactor

_OF_VENDOR = frozenset(name.lower() for name in CREDENTIAL_PARAMETERS)
_FLEETING = ("date", "content-length")
_SHOWN = 60


def difference(
    first: CheckFailed,
    again: CheckFailed | None,
    asked_again: Sequence[Exchange],
    redactor: Redactor,
    *,
    below: Callable[[str], str],
) -> str | None:
    """What differed between two runs of a check; None if both failed in the same way.

    `again` is the second failure, None if the check passed. `asked_again` are the exchanges of the second run, in
    order. `below` gives the path of a URL below the root of its sandbox.
    """
    if again is not None and _without_digits(again.message) == _without_digits(first.message):
        return None
    if again is None:
        said = "it passed"
    else:
        ended = "was inconclusive" if again.undecided else "failed with"
        said = f"it {ended}: {redactor.text(again.message)}"
    twin = (
        None
        if first.exchange is None
        else _twin(first.exchange, asked_again, lambda each: _question(each, below, redactor.names))
    )
    if first.exchange is None or twin is None:
        return f"flaky: on a second run with the same calls {said}"
    before, after = redactor.exchange(first.exchange), redactor.exchange(twin)
    return (
        f"flaky: on a second run with the same calls {said}; "
        f"{'; '.join(_changes(before, after)) or 'the answer was the same'}"
    )


def _twin(exchange: Exchange, others: Sequence[Exchange], question: Callable[[Exchange], object]) -> Exchange | None:
    """The exchange with the same question, in any sandbox and with any credentials."""
    wanted = question(exchange)
    return next((other for other in others if question(other) == wanted), None)


def _question(exchange: Exchange, below: Callable[[str], str], names: frozenset[str]) -> tuple[object, ...]:
    hidden = _OF_VENDOR | names
    path = below(exchange.request.url).rpartition("/rest/")[2]
    pairs = parse_qsl(urlsplit(exchange.request.url).query, keep_blank_values=True)
    shown = tuple(sorted(pair for pair in pairs if pair[0].lower() not in hidden))
    parts = exchange.request.body.split(b"&")  # of a form; another body is one part
    kept = [part for part in parts if unquote_plus(part.partition(b"=")[0].decode("latin-1")).lower() not in hidden]
    return exchange.request.method, path, shown, tuple(kept)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    one, two = before["response"], after["response"]
    if one is None or two is None:
        return [f"first {_brief(before)}, then {_brief(after)}"]
    found = []
    if one["status"] != two["status"]:
        found.append(f"status {one['status']}, then {two['status']}")
    names = dict.fromkeys(name for name, _ in (*one["headers"], *two["headers"]) if name not in _FLEETING)
    for name in names:
        values = [", ".join(value for key, value in each["headers"] if key == name) or "none" for each in (one, two)]
        if values[0] != values[1]:
            found.append(f"{name}: {values[0]}, then {values[1]}")
    texts = [each["body"].get("text", each["body"].get("base64", "")) for each in (one, two)]
    if texts[0] != texts[1]:
        at = next((n for n, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
        start = max(0, at - _SHOWN // 3)
        shown = [text[start : start + _SHOWN] or "nothing more" for text in texts]
        found.append(f"the body from byte {start} on: {shown[0]!r}, then {shown[1]!r}")
    return found


def _brief(exchange: Mapping[str, Any]) -> str:
    return "no answer" if exchange["response"] is None else f"status {exchange['response']['status']}"


def _without_digits(text: str) -> str:
    """A message without its digits: times and record ids differ between sandboxes."""
    return "".join("0" if sign.isdigit() else sign for sign in text)
