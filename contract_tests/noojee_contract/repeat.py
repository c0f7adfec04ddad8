"""How a finding is repeated: one command of this tool, and a short script for a shell (fill, Time, hash, curl).

The script names the key by variable, never by value; what it prints goes through the redactor like everything else.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from noojee_contract.exchange import Exchange
from noojee_contract.finds import FOLDER
from noojee_contract.redact import Redactor
from noojee_contract.target import Target

KEY_VARIABLE = "NOOJEE_API_KEY"
_BASE_PATH = re.compile(r"(/servicemanager|/njadmin)?/rest/")
CREDENTIALS = frozenset({"apiKey", "timeStamp", "hash"})


OTHER = "OTHER"
"""Stands for the name of another target in a command."""


@dataclass(frozen=True, slots=True)
class Again:
    """The commands that repeat a finding: on the same target, on the embedded PBX, on another target of the config."""

    command: str
    on_the_fake: str
    elsewhere: str


def repeat_commands(
    clause_id: str,
    targets: Sequence[str],
    options: Sequence[str],
    seed: int,
    examples: int,
    *,
    find: tuple[str, str] | None = None,
) -> Again:
    """The commands that judge one clause again with the same archives; `find` (id, folder): on that one archive alone."""
    if find is None:
        what = ["--only", clause_id]
        how = ["--seed", str(seed), "--examples", str(examples)]
    else:
        what, how = ["--find", find[0]], [] if find[1] == FOLDER else ["--finds", find[1]]
    start = ["noojee-contract", "verify"]
    return Again(
        command=shlex.join([*start, *targets_of(targets, options), *what, *options, *how]),
        on_the_fake=shlex.join([*start, *what, *how]),
        elsewhere=shlex.join([*start, OTHER, *what, *_config_of(options), *how]),
    )


def _config_of(options: Sequence[str]) -> list[str]:
    if "--config" not in options:
        return []
    at = list(options).index("--config")
    return list(options[at : at + 2])


def targets_of(targets: Sequence[str], options: Sequence[str]) -> list[str]:
    """The targets to name: none where the target came from the command line."""
    return [] if "--base-url" in options else list(targets)


def repeat_script(
    target: Target, exchange: Exchange, *, document: Mapping[str, Any] | None, redactor: Redactor
) -> str | None:
    """A bash script that fills a world (where calls were generated), authenticates, and sends the request again.

    None where the request was not one of this API's (no path below its base).
    """
    url = urlsplit(exchange.asked.url)
    path = _below_world(url.path)
    pairs = "&".join(pair for pair in url.query.split("&") if pair.partition("=")[0] not in CREDENTIALS)
    lines = ["set -eu", f"BASE=${{BASE:-{shlex.quote(_base(target, exchange))}}}"]
    if document is not None:
        lines += [
            "WORLD=$(curl -sS -X POST \"$BASE/__noojee/worlds\" -H 'Content-Type: application/json' -d @- <<'SEED'",
            json.dumps({"seed": document}, ensure_ascii=True),
            "SEED",
            ")",
            f'{KEY_VARIABLE}=$(printf %s "$WORLD" | python3 -c \'import json,sys; print(json.load(sys.stdin)["api_key"])\')',
            'ROOT=$BASE/$(printf %s "$WORLD" | python3 -c \'import json,sys; print(json.load(sys.stdin)["path"])\')',
        ]
    else:
        lines += ["ROOT=$BASE", f': "${{{KEY_VARIABLE}:?set it to the API key}}"']
    if target.proof == "hash":
        lines += [
            f'TIME=$(curl -sS -X POST "$ROOT{target.rest_path or "/servicemanager/rest"}/Time")',
            f"HASH=$(printf '%s:%s' \"${KEY_VARIABLE}\" \"$TIME\" | sha256sum | cut -d' ' -f1)",
        ]
        proof = "timeStamp=$TIME&hash=$HASH"
        whole = f"{pairs}&{proof}" if pairs else proof
    else:
        proof = f"apiKey=${KEY_VARIABLE}"
        whole = f"{proof}&{pairs}" if pairs else proof
    shown = redactor.text(f"{_double_quoted(path)}?{_double_quoted(whole, keep_variables=True)}")
    lines.append(
        f"curl -sS -i -X {shlex.quote(exchange.asked.method)} \"$ROOT{shown}\" -H 'Content-Type: application/x-www-form-urlencoded'"
    )
    return "\n".join(lines) + "\n"


def _base(target: Target, exchange: Exchange) -> str:
    if target.base_url:
        return target.base_url
    return "http://127.0.0.1:8000"


def _below_world(path: str) -> str:
    below = _BASE_PATH.search(path)
    return path if below is None else path[below.start() :]


def _double_quoted(text: str, *, keep_variables: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return escaped if keep_variables else escaped.replace("$", "\\$")
