"""A target whose answers are recorded traffic: the suite runs without a PBX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from noojee_contract.dialects.schemes import HASH
from noojee_contract.dialects.vendor_dialect import BY_HOUR_METHOD, METHODS, VENDOR_DIALECTS
from noojee_contract.errors import TargetError
from noojee_contract.model.question import Question
from noojee_contract.model.wire import WireExchange
from noojee_contract.targets.config import from_flags
from noojee_contract.targets.target import Target
from noojee_contract.traffic.authentication import RIGHT, UNCHECKED
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.opened import opened
from noojee_contract.traffic.parameters import all_parameters
from noojee_contract.traffic.spoken_dialect import base_path_of, spoken_dialect

MOST_QUESTIONS = 10_000
_NOWHERE = "http://recorded.invalid"
_PARAMETERS = {method: (kind, parameter) for kind, (method, parameter) in METHODS.items()}


def offline_target(path: Path, flags: Mapping[str, Any]) -> Target:
    """The target that an exchange file or HAR file answers for. `flags` go before what the file says of itself.

    Its recordings are the questions that the file answers, unless the flags name others. Raises TargetError.
    """
    with opened(path) as reader:
        described, base_path = _described(reader, path, flags)
        target = from_flags({**described, **flags, "base_url": _NOWHERE})
        found, unanswered = _questions(reader)
    recordings = target.recordings or found
    if not recordings:
        raise TargetError(
            f"{path}: no question by tag, by unique id or by hour is recorded; name them with --recordings"
        )
    notes = list(target.notes)
    if unanswered and not target.recordings:
        count = "1 recorded question has" if unanswered == 1 else f"{unanswered} recorded questions have"
        notes.append(f"{count} no whole answer with status 200: not checked, unless --recordings names them")
    words = ["{python}", "-m", "noojee_contract", "replay", str(path), "--of-verify", "--ready-file", "{ready_file}"]
    if "dialect" in flags:
        words += ["--dialect", flags["dialect"]]
    if base_path:
        words += ["--base-path", base_path]
    return replace(
        target,
        name="recorded",
        base_url=None,
        command=tuple(words),
        recordings=recordings,
        exchanges=path,
        negative_tests=True,
        notes=tuple(notes),
    )


def _questions(reader: ExchangeReader) -> tuple[tuple[Question, ...], int]:
    """The questions that a recording answers, each once, in order, and the count of others with right credentials."""
    answered: dict[Question, None] = {}
    others: set[Question] = set()
    for exchange in reader:
        question = _asked(exchange)
        if question is None or len(answered) + len(others) >= MOST_QUESTIONS:
            continue
        if _is_answered(exchange):
            answered[question] = None
        else:
            others.add(question)
    return tuple(answered), len(others - answered.keys())


def question_of(exchange: WireExchange) -> Question | None:
    """The question of an exchange in one of the vendor's dialects, if it was answered; None for other requests."""
    return _asked(exchange) if _is_answered(exchange) else None


def _is_answered(exchange: WireExchange) -> bool:
    return exchange.status == 200 and exchange.transport_error is None


def _asked(exchange: WireExchange) -> Question | None:
    """The question of a request with right credentials; None for other requests."""
    meaning = exchange.authentication
    if not (meaning is None or meaning.scheme == "none" or meaning.verdict in (RIGHT, UNCHECKED)):
        return None
    values = dict(all_parameters(exchange.request, exchange.request.body.content or b""))
    method = urlsplit(exchange.url).path.rpartition("/")[2]
    if method == BY_HOUR_METHOD and {"date", "hour"} <= values.keys():
        return Question("hour", f"{values['date']} {values['hour']}")
    kind, parameter = _PARAMETERS.get(method, ("", ""))
    return Question(kind, values[parameter]) if values.get(parameter) else None


def _described(reader: ExchangeReader, path: Path, flags: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The flags that the header of a file stands for, and its requests if it names no dialect.

    Then the path in front of all paths, as behind a reverse proxy, if the header does not name it.
    """
    header = reader.header
    dialect, by_hash, rest_path = flags.get("dialect") or header.dialect, header.scheme == HASH, None
    base_path = ""
    if dialect is None:
        spoken = spoken_dialect(reader, path)
        dialect, by_hash, rest_path, base_path = spoken.name, spoken.by_hash, spoken.rest_path, spoken.base_path
    elif dialect in VENDOR_DIALECTS and not header.base_path:
        base_path = base_path_of(reader, dialect)
    found = {"dialect": dialect, "time_zone": header.time_zone, "audio": header.audio, "rest_path": rest_path}
    if by_hash and dialect in VENDOR_DIALECTS and VENDOR_DIALECTS[dialect].chooses_scheme:
        found["authentication"] = HASH
    return {name: value for name, value in found.items() if value is not None}, base_path
