"""Who may use the control API: clients on the loopback, and clients with the token. Pages in a browser need the token.

A page of another site can reach the loopback through a name that it controls (DNS rebinding). So a client without the
token must name a loopback host, or a host that the server was started with.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from noojee_fake.control.json_body import Refused
from noojee_fake.messages import Request
from noojee_fake.pbx.credentials import same_text

_HOST = re.compile(r"(?:\[([0-9a-f]*:[0-9a-f:.]+)\]|([^:\[\]%]+?)\.?)(?::[0-9]*)?")
"""An IPv6 address, or a name or IPv4 address. Each may have a port, a name the dot of a full name."""
_FORWARDED_FOR = re.compile(r"for\s*=\s*(\"[^\"]*\"|[^;,\s]*)", re.IGNORECASE)


def admit(request: Request, token: str | None, hosts: Collection[str] = ()) -> None:
    """Raise Refused (403) for a client without access. `token` None: no token gives access.

    `hosts` are names in lower case that a client may use for this server, in addition to loopback names.
    """
    if _has_token(request, token):
        return
    if not _is_local(request):
        raise Refused(
            403,
            "only clients on the loopback have access to the control API; for others, start the server with"
            " --control-token-env and send the token as 'Authorization: Bearer ...'",
        )
    if not request.in_process and not _names_this_server(request.header("host"), hosts):
        raise Refused(
            403,
            "the Host header names no loopback address; start the server with --allow-host NAME, or send the token as"
            " 'Authorization: Bearer ...'",
        )
    site = request.header("sec-fetch-site") or "none"
    if request.header("origin") is not None or site not in ("none", "same-origin"):
        raise Refused(
            403, "pages in a browser need the token of the control API; send it as 'Authorization: Bearer ...'"
        )


def _has_token(request: Request, token: str | None) -> bool:
    given = request.header("authorization")
    if token is None or given is None:
        return False
    scheme, _, words = given.partition(" ")
    return scheme.lower() == "bearer" and same_text(words.strip(), token)


def _is_local(request: Request) -> bool:
    """Whether the client and every hop that a proxy reports are loopback addresses."""
    hops = [request.client or ""]
    for name, value in request.headers:
        if name == "x-forwarded-for":
            hops += [hop.strip() for hop in value.split(",") if hop.strip()]
        elif name == "x-real-ip":
            hops.append(value.strip())
        elif name == "forwarded":
            hops += [hop.strip('"') for hop in _FORWARDED_FOR.findall(value)]
    return all(_is_loopback(hop) for hop in hops)


def _names_this_server(host: str | None, hosts: Collection[str]) -> bool:
    """Whether a Host header names a loopback address or one of `hosts`. No browser leaves the header out."""
    if host is None:
        return True
    match = _HOST.fullmatch(host.lower())
    if match is None:
        return False
    name = match[1] or match[2]
    return name == "localhost" or name.endswith(".localhost") or name in hosts or _is_loopback(name)


def _is_loopback(hop: str) -> bool:
    host = hop
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
