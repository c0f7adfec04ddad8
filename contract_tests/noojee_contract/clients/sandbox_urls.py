"""Checks the URLs that a control API gives: a target is not trusted, so each stays below the target's own root."""

from __future__ import annotations

import re

import httpx

from noojee_contract.dialects.dialect import Dialect
from noojee_contract.dialects.schemes import RequestCredentials
from noojee_contract.errors import TargetError
from noojee_contract.targets.flags import target_keys

_SAMPLE = {"unique_id": "1", "leg": "1", "tag": "1"}


def check_below(root: str, url: str, what: str) -> None:
    """Raise TargetError unless a URL is at or below a root: on its host, and within its path."""
    outside = TargetError(f"the control API gives {what} outside of {root}; nothing was sent there")
    try:
        above, given = httpx.URL(root), httpx.URL(url)
    except httpx.InvalidURL as error:
        raise outside from error
    same_server = (given.scheme, given.host, given.port, given.userinfo) == (
        above.scheme,
        above.host,
        above.port,
        above.userinfo,
    )
    path, within = given.path.rstrip("/"), above.path.rstrip("/")
    climbs = re.search(r"(^|[/\\])\.\.?([/\\]|$)", path) is not None  # given.path is decoded
    if not same_server or climbs or not (path == within or path.startswith(f"{within}/")):
        raise outside


def check_template(template: str, dialect: Dialect, root: str) -> None:
    """Raise TargetError unless the audio template of a control API is GET or POST below the root of its sandbox.

    `dialect` has the template.
    """
    what = f"the audio template of {dialect.name}"
    if re.fullmatch(target_keys()["audio"]["pattern"].strip("^$"), template) is None:
        raise TargetError(f"the control API gives {what} in a wrong form; it needs GET or POST, a URL and {{leg}}")
    check_below(root, dialect.audio_request(root, _SAMPLE, RequestCredentials()).url, what)
