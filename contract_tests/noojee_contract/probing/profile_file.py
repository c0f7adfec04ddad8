"""Profile files: the options of one PBX with their evidence, as TOML. Evidence names no caller, no tag and no key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomli_w

from noojee_contract.errors import TargetError, near
from noojee_contract.model.exchange import Exchange, NotJson, beginning
from noojee_contract.model.files import json_document, toml_document
from noojee_contract.model.form import Form, FormError
from noojee_contract.probing.observation import Learnt, Uncovered
from noojee_contract.probing.probe import ProbeResult
from noojee_contract.probing.questions import option_rows
from noojee_contract.redaction.redact import Redactor
from noojee_contract.targets.target import Target

FORMAT = "noojee-profile/1"
MOST_BYTES = 1024 * 1024
MOST_OF_A_BODY = 120
HEAD = """\
# The options of a PBX, as `noojee-contract probe` learnt them. docs/reference/options.md explains each option.
# `noojee-fake serve --profile FILE` answers as this PBX does; an option that was not learnt has its default.
"""
FORM = Form(schema="own/profile", credential_hint=lambda place, key: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """A profile file: the target that was asked, the options that were learnt, and the behaviour that no option covers."""

    name: str
    dialect: str
    values: Mapping[str, str] = field(default_factory=dict)
    other_behaviour: tuple[str, ...] = ()


def read_profile(path: Path) -> ProfileFile:
    """A profile file, TOML or (with the suffix .json) JSON. Raises TargetError with file, JSON path and hint."""
    read = json_document if path.suffix == ".json" else toml_document
    document: Mapping[str, Any] = read(path, "profile", MOST_BYTES)
    found = document.get("format")
    if found != FORMAT:
        has = f"has the format {found!r}" if isinstance(found, str) else "names no format"
        raise TargetError(f"{path}: the profile {has}; this version reads {FORMAT}, which noojee-contract probe writes")
    try:
        FORM.check(document)
        for key, value in document["values"].items():
            _check_value(key, value)
    except FormError as error:
        raise TargetError(f"{path}: {error}") from None
    target = document["target"]
    return ProfileFile(
        name=target["name"],
        dialect=target["dialect"],
        values=dict(document["values"]),
        other_behaviour=tuple(row["saw"] for row in document.get("other_behaviour", ())),
    )


def _check_value(key: str, value: str) -> None:
    rows = option_rows()
    if key not in rows:
        raise FormError(
            "$.values", f"unknown option {key!r}{near(key, rows)}; docs/reference/options.md lists the options"
        )
    if value not in rows[key].values:
        raise FormError(f"$.values.{key}", f"unknown value {value!r}; write {' or '.join(rows[key].values)}")


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
