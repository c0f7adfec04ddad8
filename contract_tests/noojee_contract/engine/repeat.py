"""How a failure is repeated: one command of this tool, and a short script for a shell (fill, Time, hash, curl).

The script names the key by variable, never by value; what it prints goes through the redactor like everything else.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from noojee_contract.dialects.model import KeyInBasic, KeyInQuery, Scheme, VendorHash
from noojee_contract.engine.counterexamples import FOLDER
from noojee_contract.model.exchange import Exchange, Request
from noojee_contract.redaction.redact import Redactor
from noojee_contract.targets.target import Target

KEY_VARIABLE = "NOOJEE_API_KEY"
_BASE_PATH = re.compile(r"(/servicemanager|/njadmin)?/rest/")
CREDENTIALS = frozenset({"apiKey", "timeStamp", "hash"})


OTHER = "OTHER"
"""Stands for the name of another target in a command."""


@dataclass(frozen=True, slots=True)
class RepeatCommands:
    """The commands that repeat a failure: on the same target, on the embedded PBX, on another target of the config."""

    command: str
    on_the_fake: str
    elsewhere: str


def repeat_commands(
    clause_id: str,
    targets: Sequence[str],
    flags: Sequence[str],
    *,
    random_seed: int,
    examples: int,
    counterexample: tuple[str, str] | None = None,
) -> RepeatCommands:
    """The commands that run one clause again. `flags` are those of `verify` that name the targets again.

    With a `counterexample` (id, folder) the clause runs on that archive only; else on the archives of the random seed.
    """
    if counterexample is None:
        what = ["--only", clause_id]
        how = ["--random-seed", str(random_seed), "--examples", str(examples)]
    else:
        what, how = ["--replay-counterexample", counterexample[0]], _folder_of(counterexample[1])
    start = ["noojee-contract", "verify"]
    return RepeatCommands(
        command=shlex.join([*start, *targets_of(targets, flags), *what, *flags, *how]),
        on_the_fake=shlex.join([*start, *what, *how]),
        elsewhere=shlex.join([*start, OTHER, *what, *_config_of(flags), *how]),
    )


def _folder_of(folder: str) -> list[str]:
    return [] if folder == FOLDER else ["--counterexamples", folder]


def _config_of(flags: Sequence[str]) -> list[str]:
    if "--config" not in flags:
        return []
    at = list(flags).index("--config")
    return list(flags[at : at + 2])


def targets_of(targets: Sequence[str], flags: Sequence[str]) -> list[str]:
    """The target names of a command: none if flags describe the target."""
    return [] if "--base-url" in flags else list(targets)


def repeat_script(
    target: Target,
    exchange: Exchange,
    *,
    document: Mapping[str, Any] | None,
    redactor: Redactor,
    path: str | None = None,
) -> str:
    """A bash script that fills a sandbox (where calls were generated), authenticates, and sends the request again.

    `path` is the request's path below its sandbox, where the vendor's own paths do not tell it.
    """
    url = urlsplit(exchange.request.url)
    shell = _vendor_shell(target) if target.described is None else _described_shell(target.described.scheme)
    pairs = [pair for pair in url.query.split("&") if pair and pair.partition("=")[0] not in shell.names]
    proof = [shell.query] if shell.query else []
    whole = "&".join([*proof, *pairs] if shell.query_first else [*pairs, *proof])
    lines = ["set -eu", f"BASE=${{BASE:-{shlex.quote(_base(target, exchange))}}}"]
    if document is not None:
        lines += [
            "SANDBOX=$(curl -sS -X POST \"$BASE/__noojee/sandboxes\" -H 'Content-Type: application/json' -d @- <<'ARCHIVE'",
            json.dumps({"archive": document}, ensure_ascii=True),
            "ARCHIVE",
            ")",
            f'{KEY_VARIABLE}=$(printf %s "$SANDBOX" | python3 -c \'import json,sys; print(json.load(sys.stdin)["api_key"])\')',
            'ROOT=$BASE/$(printf %s "$SANDBOX" | python3 -c \'import json,sys; print(json.load(sys.stdin)["path"])\')',
        ]
    else:
        lines += ["ROOT=$BASE", f': "${{{KEY_VARIABLE}:?set it to the API key}}"']
    lines += shell.before
    below = _double_quoted(path or _below_sandbox(url.path))
    shown = redactor.text(f"{below}?{_double_quoted(whole, keep_variables=True)}" if whole else below)
    body = "" if target.described is None else _body(exchange.request, redactor)
    lines.append(f'curl -sS -i -X {shlex.quote(exchange.request.method)} "$ROOT{shown}" {shell.headers}{body}')
    return "\n".join(lines) + "\n"


def _body(request: Request, redactor: Redactor) -> str:
    """The body of a request as a dialect file describes it, as words of curl; such a body is ASCII."""
    if not request.body:
        return ""
    labels = [
        f"-H {shlex.quote(f'Content-Type: {value}')}" for name, value in request.headers if name == "content-type"
    ]
    return " ".join(["", *labels, "--data-raw", shlex.quote(redactor.text(request.body.decode("ascii", "replace")))])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """How a script proves who asks: lines before the request, its part of the query, its headers as words of curl.

    `names` are the parameters of the request that it takes the place of.
    """

    before: tuple[str, ...] = ()
    query: str = ""
    query_first: bool = False
    headers: str = "-H 'Accept: application/json'"
    names: frozenset[str] = frozenset()


def _vendor_shell(target: Target) -> _Shell:
    form = "-H 'Content-Type: application/x-www-form-urlencoded'"
    if target.proof == "hash":
        time = f"POST {target.rest_path or '/servicemanager/rest'}/Time"
        return replace(_hash_shell(*time.split(" ")), headers=form)
    return _Shell(query=f"apiKey=${KEY_VARIABLE}", query_first=True, headers=form, names=CREDENTIALS)


def _described_shell(scheme: Scheme) -> _Shell:
    accept = _Shell().headers
    if isinstance(scheme, VendorHash):
        return _hash_shell(scheme.verb, _double_quoted(scheme.path))
    if isinstance(scheme, KeyInQuery):
        name = quote(scheme.parameter, safe="")
        return _Shell(query=f"{name}=${KEY_VARIABLE}", names=frozenset({name}))
    written = _double_quoted(scheme.template).replace("{key}", f"${KEY_VARIABLE}")
    if isinstance(scheme, KeyInBasic):
        return _Shell(headers=f'-u "{written}" {accept}')
    return _Shell(headers=f'-H "{scheme.header}: {written}" {accept}')


def _hash_shell(verb: str, path: str) -> _Shell:
    return _Shell(
        before=(
            f'TIME=$(curl -sS -X {verb} "$ROOT{path}")',
            f"HASH=$(printf '%s:%s' \"${KEY_VARIABLE}\" \"$TIME\" | sha256sum | cut -d' ' -f1)",
        ),
        query="timeStamp=$TIME&hash=$HASH",
        names=CREDENTIALS,
    )


def _base(target: Target, exchange: Exchange) -> str:
    if target.base_url:
        return target.base_url
    return "http://127.0.0.1:8000"


def _below_sandbox(path: str) -> str:
    below = _BASE_PATH.search(path)
    return path if below is None else path[below.start() :]


def _double_quoted(text: str, *, keep_variables: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return escaped if keep_variables else escaped.replace("$", "\\$")
