"""The credentials of targets and proxies in the environment, to be hidden in everything that is shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from noojee_contract.redaction.redact import Redactor
from noojee_contract.targets.target import Target


def credentials_of(target: Target, environ: Mapping[str, str]) -> list[str]:
    """The API key, control token and secret headers of a target, and passwords of proxies, if variables hold them."""
    names = (target.api_key_env, target.control_token_env, *(variable for _, variable in target.headers_env))
    named = [environ.get(name, "") for name in names if name is not None]
    return [value for value in (*named, *(value.strip() for value in named), *_of_proxies(environ)) if value]


def redactor_of(targets: Iterable[Target], environ: Mapping[str, str]) -> Redactor:
    """A redactor of all that the environment holds for targets."""
    targets = list(targets)
    secrets = dict.fromkeys(secret for target in targets for secret in credentials_of(target, environ))
    names = {name for target in targets for name in target.api.scheme.names}
    return Redactor([*secrets, *_of_proxies(environ)], names=names)


def _of_proxies(environ: Mapping[str, str]) -> Iterator[str]:
    """The passwords in the addresses of proxies, also of malformed ones."""
    for name, value in environ.items():
        if name.lower().endswith("_proxy") and "@" in value:
            userinfo = value.rpartition("@")[0].rpartition("//")[2]
            password = userinfo.partition(":")[2] or userinfo
            yield from dict.fromkeys((password, unquote(password)))
