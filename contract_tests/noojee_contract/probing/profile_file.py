"""Writes profile files: options of a PBX with their evidence, as TOML. Evidence names no caller, no tag and no key."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomli_w

from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Exchange, NotJson, beginning
from noojee_contract.probing.observation import Learnt, Uncovered
from noojee_contract.probing.probe import ProbeResult
from noojee_contract.probing.questions import option_rows
from noojee_contract.redaction.redact import Redactor
from noojee_contract.targets.profile_file import FORMAT, read_profile
from noojee_contract.targets.target import Target

MOST_OF_A_BODY = 120
HEAD = """\
# The options of a PBX, as `noojee-contract probe` learnt them. docs/reference/options.md explains each option.
# `noojee-fake serve --profile FILE` answers as this PBX does; an option that was not learnt has its default.
"""


def check_replaceable(path: Path, target: Target) -> None:
    """Check that a profile may be written to a path: there is no file, or a profile of the same target.

    Raises TargetError that names the file and what it has.
    """
    if not path.exists():
        return
    try:
        found = read_profile(path)
    except TargetError as error:
        raise TargetError(f"{error}; it was not overwritten: name another file with --out, or remove it") from None
    if (found.name, found.dialect) != (target.name, target.dialect):
        raise TargetError(
            f"{path}: has the profile of target {found.name!r} ({found.dialect}), and not of {target.name!r} "
            f"({target.dialect}); it was not overwritten: name another file with --out"
        )


def render(result: ProbeResult, *, began: datetime) -> str:
    """The profile file of a probe."""
    shown = Redactor(result.secrets)
    target = result.target
    about: dict[str, Any] = {"name": target.name, "dialect": target.dialect}
    if target.base_url is not None:
        about["base_url"] = target.base_url
    order = [key for key in option_rows() if key in result.learnt]
    document: dict[str, Any] = {
        "format": FORMAT,
        "target": {**about, "probed": began.isoformat(timespec="seconds"), "requests": result.requests},
        "values": {key: result.learnt[key].value for key in order},
        "evidence": {key: evidence(result.learnt[key], shown) for key in order},
        "not_learnt": {key: shown.text(result.not_learnt[key]) for key in option_rows() if key in result.not_learnt},
    }
    if result.uncovered:
        document["other_behaviour"] = [_uncovered(each, shown) for each in result.uncovered]
    return HEAD + "\n" + tomli_w.dumps(document)


def evidence(learnt: Learnt, shown: Redactor) -> list[str]:
    """The exchanges that show a value, in words."""
    return [f"{learnt.asked}: {in_words(exchange, shown)}" for exchange in learnt.exchanges]


def _uncovered(each: Uncovered, shown: Redactor) -> dict[str, str]:
    row = {"saw": saw_in_words(each, shown)}
    if each.exchange is not None:
        row["evidence"] = (f"{each.asked}: " if each.asked else "") + in_words(each.exchange, shown)
    return row


def saw_in_words(each: Uncovered, shown: Redactor) -> str:
    """A behaviour that no option covers, in words without credentials."""
    return shown.text(f"{each.option}: {each.saw}" if each.option else each.saw)


def in_words(exchange: Exchange, shown: Redactor) -> str:
    """An exchange in one line: method and path, status and content type, and what the body is. No query, no leg."""
    path = urlsplit(exchange.request.url).path
    request = f"{exchange.request.method} {path}"
    if exchange.response is None:
        return shown.text(f"{request} -> no answer ({exchange.transport_error})")
    content_type = exchange.header("content-type") or "no content type"
    return shown.text(f"{request} -> {exchange.status}, {content_type}, {_body(exchange)}")


def _body(exchange: Exchange) -> str:
    if not exchange.body:
        return "no body"
    try:
        document = exchange.json()
    except NotJson:
        if exchange.body.strip().isdigit():
            return f"{len(exchange.body.strip())} digits"
        return f"{len(exchange.body)} bytes"
    if isinstance(document, list):
        return f"a list of {len(document)}"
    return beginning(" ".join(exchange.body.decode("utf-8").split()), MOST_OF_A_BODY)
