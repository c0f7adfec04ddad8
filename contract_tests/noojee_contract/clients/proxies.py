"""The proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as httpx reads them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.request import getproxies

import httpx


def proxies_of_environment() -> Mapping[str, httpx.Proxy | None]:
    """The proxy of each URL pattern of httpx, such as "https://"; None for hosts that are reached directly.

    Raises ValueError for a proxy of a scheme that is not known, httpx.InvalidURL for one that is no URL.
    """
    named = getproxies()
    direct = [host.strip() for host in named.get("no", "").split(",") if host.strip()]
    if "*" in direct:
        return {}
    found: dict[str, httpx.Proxy | None] = {}
    for scheme in ("http", "https", "all"):
        if url := named.get(scheme):
            found[f"{scheme}://"] = httpx.Proxy(url if "://" in url else f"http://{url}")
    for host in direct if found else ():
        found.update((pattern, None) for pattern in _patterns(host))
    return found


def _patterns(host: str) -> Iterator[str]:
    if "://" in host:
        yield host
        return
    try:
        address = ipaddress.ip_network(host.strip("[]"), strict=False)
    except ValueError:
        yield f"all://{host}" if host.lower() == "localhost" else f"all://*{host}"
        return
    yield f"all://[{host.strip('[]')}]" if address.version == 6 else f"all://{host}"
