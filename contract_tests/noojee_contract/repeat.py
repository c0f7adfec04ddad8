"""How a finding is repeated: one command of this tool, and a short script for a shell (fill, Time, hash, curl).

The script names the key by variable, never by value; what it prints goes through the redactor like everything else.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from noojee_contract.exchange import Exchange
from noojee_contract.redact import Redactor
from noojee_contract.target import Target

KEY_VARIABLE = "NOOJEE_API_KEY"
_BASE_PATH = re.compile(r"(/servicemanager|/njadmin)?/rest/")
CREDENTIALS = frozenset({"apiKey", "timeStamp", "hash"})


def repeat_command(clause_id: str, targets: Sequence[str], options: Sequence[str], seed: int, examples: int) -> str:
    """The command that judges one clause again on the same target with the same archives."""
    words = ["noojee-contract", "verify", *options[:0], *targets_of(targets, options), "--only", clause_id]
    return shlex.join([*words, *options, "--seed", str(seed), "--examples", str(examples)])


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
    query = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name not in CREDENTIALS]
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
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='/')}" for name, value in query)
    if target.dialect == "recording-api":
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
