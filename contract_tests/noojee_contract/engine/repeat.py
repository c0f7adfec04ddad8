"""Commands and scripts that repeat a failure: `noojee-contract verify` with one clause, and bash with curl.

The script names the key by its variable, never by value, and it is redacted.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from noojee_contract.clients.sender import BYTES_A_SECOND, TIMES_LONGER
from noojee_contract.clients.target_client import is_loopback
from noojee_contract.dialects.dialect import Dialect
from noojee_contract.dialects.schemes import (
    CREDENTIAL_PARAMETERS,
    KeyInBasic,
    KeyInQuery,
    NoCredentials,
    Scheme,
    VendorHash,
)
from noojee_contract.engine.counterexamples import FOLDER
from noojee_contract.model.exchange import Exchange, Headers, Request
from noojee_contract.redaction.redact import Redactor, names_a_credential_header
from noojee_contract.targets.target import Target

HTTPS_PORT = 443
KEY_VARIABLE = "NOOJEE_API_KEY"
DEFAULT_BASE = "http://127.0.0.1:8000"
OTHER = "OTHER"
"""The placeholder for the name of another target in a command."""


@dataclass(frozen=True, slots=True)
class RepeatCommands:
    """The commands that repeat a failure on the same target, on the embedded PBX, and on another target of the file."""

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
        on_the_fake=shlex.join([*start, "--config", "embedded", *what, *how]),
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
    return [] if {"--base-url", "--exchanges"} & set(flags) else list(targets)


def repeat_script(
    target: Target,
    exchange: Exchange,
    *,
    document: Mapping[str, Any] | None,
    redactor: Redactor,
    path: str,
) -> str:
    """A bash script that fills a sandbox (if calls were generated), authenticates, and sends the request again.

    `path` is the request's path below the root of its sandbox.
    """
    base = target.base_url or DEFAULT_BASE
    lines = ["set -eu", f"BASE=${{BASE:-{shlex.quote(_named(target, base))}}}"]
    lines.append(_curl_line(target, base, audio=exchange.request.audio))
    lines += [f': "${{{variable}:?set it to the value of the header {name}}}"' for name, variable in target.headers_env]
    lines += _fill_lines(document)
    credentials = _shell_credentials(target.api)
    lines += credentials.before
    kept = _without_credentials(urlsplit(exchange.request.url).query, target.api.scheme)
    query = "&".join([*kept, *filter(None, [credentials.query])])
    below = _double_quoted(path)
    shown = redactor.text(f"{below}?{_double_quoted(query, keep_variables=True)}" if query else below)
    named = [f'-H "{name}: ${variable}"' for name, variable in target.headers_env]
    plain = _header_words(_plain_headers(target, exchange.request, redactor))
    headers = " ".join([*credentials.headers, *named, *plain])
    body = _body(exchange.request, redactor)
    lines.append(f'curl -i -X {shlex.quote(exchange.request.method)} "$ROOT{shown}" {headers}{body}')
    return "\n".join(lines) + "\n"


def _named(target: Target, base: str) -> str:
    """The base URL with the name that the certificate must have: curl takes it from the URL. See `_connect_words`."""
    if target.tls_server_name is None:
        return base
    parts = urlsplit(base)
    return parts._replace(netloc=f"{target.tls_server_name}:{parts.port or HTTPS_PORT}").geturl()


def _connect_words(target: Target, base: str) -> list[str]:
    """The words that make curl connect to the host of the base URL in place of the name of `tls_server_name`."""
    if target.tls_server_name is None:
        return []
    parts = urlsplit(base)
    port, host = parts.port or HTTPS_PORT, parts.netloc.rpartition("@")[2]
    to = host if parts.port else f"{host}:{port}"
    return ["--connect-to", f"{target.tls_server_name}:{port}:{to}", "-H", f"Host: {host}"]


def _time_words(seconds: float, *, audio: bool) -> list[str]:
    """The words that bound the time of an answer as `Sender` does; `seconds` is the time for an answer.

    curl ends an answer that is slower than a rate for some time. At half the rate of the suite and twice its time, it
    ends no answer that the suite takes from the start.
    """
    words = ["--speed-limit", str(BYTES_A_SECOND // 2), "--speed-time", str(math.ceil(2 * seconds))]
    return words if audio else [*words, "--max-time", f"{TIMES_LONGER * seconds:g}"]


def _curl_line(target: Target, base: str, *, audio: bool) -> str:
    """The line that makes curl connect as the target's client does: CA file, time limits, no proxy on loopback."""
    words = ["-g", "-sS", "--http1.1", *_time_words(target.timeout_seconds, audio=audio)]
    for flag, file in (("--cert", target.client_cert), ("--key", target.client_key)):
        words += [] if file is None else [flag, str(file.absolute())]
    words += _connect_words(target, base)
    if is_loopback(base):
        words += ["--noproxy", "localhost,127.0.0.1,::1"]
    files = [str(file.absolute()) for file in target.ca_file]
    trusted = f" --cacert <(cat {shlex.join(files)})" if len(files) > 1 else ""
    if len(files) == 1:
        words += ["--cacert", *files]
    return f'curl() {{ command curl {shlex.join(words)}{trusted} "$@"; }}'


def _plain_headers(target: Target, request: Request, redactor: Redactor) -> Headers:
    """The headers of the dialect, and the others of this request, without credentials."""
    api = target.api
    known = {name.lower() for name, _ in api.headers} | {name.lower() for name in api.scheme.names}
    known |= {"content-type"} if request.body else set()
    known |= {name.lower() for name, _ in target.headers_env}
    added = tuple(
        (name, redactor.text(value))
        for name, value in request.headers
        if name.lower() not in known and not names_a_credential_header(name)
    )
    return (*api.headers, *added)


def _fill_lines(document: Mapping[str, Any] | None) -> list[str]:
    """The lines that set ROOT and the key: of a new sandbox, or of the target itself."""
    if document is None:
        return ["ROOT=$BASE", f': "${{{KEY_VARIABLE}:?set it to the API key}}"']
    return [
        "SANDBOX=$(curl -X POST \"$BASE/__noojee/sandboxes\" -H 'Content-Type: application/json' -d @- <<'ARCHIVE'",
        json.dumps({"archive": document}, ensure_ascii=True),
        "ARCHIVE",
        ")",
        (
            f'{KEY_VARIABLE}=$(printf %s "$SANDBOX" | '
            "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"api_key\"])')"
        ),
        'ROOT=$BASE/$(printf %s "$SANDBOX" | python3 -c \'import json,sys; print(json.load(sys.stdin)["path"])\')',
    ]


def _without_credentials(query: str, scheme: Scheme) -> list[str]:
    names = CREDENTIAL_PARAMETERS | {quote(name, safe="") for name in scheme.names}
    return [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in names]


def _header_words(headers: Headers) -> list[str]:
    return [f"-H {shlex.quote(f'{name.title()}: {value}')}" for name, value in headers]


def _body(request: Request, redactor: Redactor) -> str:
    """The body of a request, as words of curl. Only custom dialects send one, and it is ASCII."""
    if not request.body:
        return ""
    typed = tuple(pair for pair in request.headers if pair[0] == "content-type")
    text = redactor.text(request.body.decode("ascii", "replace"))
    return " ".join(["", *_header_words(typed), "--data-raw", shlex.quote(text)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShellCredentials:
    """The credentials of a script: lines before the request, its part of the query, words of curl for its headers."""

    before: tuple[str, ...] = ()
    query: str = ""
    headers: tuple[str, ...] = ()


def _shell_credentials(dialect: Dialect) -> _ShellCredentials:
    scheme = dialect.scheme
    if isinstance(scheme, VendorHash):
        time = dialect.time_request("")
        return _ShellCredentials(
            before=(
                f'TIME=$(curl -X {time.method} "$ROOT{_double_quoted(time.url)}")',
                f"HASH=$(printf '%s:%s' \"${KEY_VARIABLE}\" \"$TIME\" | sha256sum | cut -d' ' -f1)",
            ),
            query="timeStamp=$TIME&hash=$HASH",
        )
    if isinstance(scheme, KeyInQuery):
        return _ShellCredentials(query=f"{quote(scheme.parameter, safe='')}=${KEY_VARIABLE}")
    if isinstance(scheme, NoCredentials):
        return _ShellCredentials()
    written = _double_quoted(scheme.template).replace("{key}", f"${KEY_VARIABLE}")
    if isinstance(scheme, KeyInBasic):
        return _ShellCredentials(headers=(f'-u "{written}"',))
    return _ShellCredentials(headers=(f'-H "{scheme.header}: {written}"',))


def _double_quoted(text: str, *, keep_variables: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return escaped if keep_variables else escaped.replace("$", "\\$")
