"""The client addresses that a PBX serves. Source: only whitelisted addresses are served (DOC W-AK)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

_MAPPED_BITS = 96

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Addresses:
    """The networks whose clients are served; None: every client.

    Raises ValueError for a text that is neither an address nor a network.
    """

    def __init__(self, networks: Sequence[str] | None) -> None:
        self.networks = None if networks is None else tuple(networks)
        self._parsed = [_unmapped(ipaddress.ip_network(network, strict=False)) for network in networks or ()]

    def allow(self, client: str | None) -> bool:
        """Whether a client is served. An unknown address is refused, unless every client is served."""
        if self.networks is None:
            return True
        try:
            address = ipaddress.ip_address((client or "").partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._parsed)


def _unmapped(network: Network) -> Network:
    """The IPv4 network of an IPv4-mapped IPv6 network (`::ffff:192.0.2.0/120`); any other network unchanged."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
