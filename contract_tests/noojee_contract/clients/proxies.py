"""The proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as httpx reads them."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping
from urllib.request import getproxies

import httpx

from noojee_contract.errors import TargetError

SCHEMES = ("http", "https")
"""The schemes of a URL of a proxy."""


def proxies_of_environment(host: str = "") -> Mapping[str, httpx.Proxy | None]:
    """The proxy of each URL pattern of httpx, such as "https://"; None for hosts that are reached directly.

    `host` is the host of the target: NO_PROXY may name its network, such as 10.0.0.0/8. Raises TargetError that names
    the variable, and never its value: it may hold a password.
    """
    named = getproxies()
    direct = [each.strip() for each in named.get("no", "").split(",") if each.strip()]
    for each in direct:
        _check_direct(each)
    if "*" in direct or any(_is_in_network(host, each) for each in direct):
        return {}
    found: dict[str, httpx.Proxy | None] = {}
    for scheme in ("http", "https", "all"):
        if url := named.get(scheme):
            found[f"{scheme}://"] = _proxy(url, variable_of(f"{scheme}_proxy"))
    for each in direct if found else ():
        found.update((pattern, None) for pattern in _patterns(each))
    return found


def variable_of(name: str) -> str:
    """The environment variable of this name, as it is written there: in lower case, or in upper case."""
    return next((each for each in (name, name.upper()) if os.environ.get(each)), name.upper())


def proxy_in_words(url: httpx.URL) -> str:
    """The address of a proxy, without its password, and the variable that names it: "127.0.0.1:3128 (HTTPS_PROXY)"."""
    address = f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"
    names = [variable_of(f"{scheme}_proxy") for scheme in ("https", "http", "all")]
    named = [name for name in names if f"{url.host}" in os.environ.get(name, "")]
    return f"{address} ({', '.join(named)})" if named else address


def _proxy(url: str, variable: str) -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
        valid = bool(proxy.url.host)
    except (ValueError, httpx.InvalidURL):
        valid = False
    if not valid or proxy.url.scheme not in SCHEMES:
        scheme = url.partition("://")[0].lower() if "://" in url else ""
        is_socks = scheme.startswith("socks")
        says = "a SOCKS proxy, which is not supported" if is_socks else "something that is no URL of an HTTP proxy"
        raise TargetError(
            f"the variable {variable} names {says}; write http://host:port, unset it, or name the target in NO_PROXY"
        )
    return proxy


def _check_direct(host: str) -> None:
    """Raises TargetError for a part of NO_PROXY that is no host."""
    variable = variable_of("no_proxy")
    if "://" not in host and ("[" in host or "]" in host):
        raise TargetError(f"the variable {variable} has brackets; write an IPv6 address without them, such as ::1")
    for pattern in _patterns(host):
        try:
            httpx.URL(pattern)
        except (httpx.InvalidURL, ValueError):
            raise TargetError(
                f"the variable {variable} has a part that is no host; write hosts with commas between them"
            ) from None


def _is_in_network(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _patterns(host: str) -> Iterator[str]:
    if "://" in host:
        yield host
        return
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        yield f"all://{host}" if host.lower() == "localhost" or "/" in host else f"all://*{host}"
        return
    yield f"all://[{host}]" if address.version == 6 else f"all://{host}"
