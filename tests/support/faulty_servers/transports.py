"""Each faulty server as a transport that a target file can name: `support.faulty_servers.transports:drops_last_leg`."""

from __future__ import annotations

from collections.abc import Callable

from support.faulty_servers import FaultyTransport, everything


def __getattr__(name: str) -> Callable[[], FaultyTransport]:
    servers = everything()
    key = name.replace("_", "-")
    if key not in servers:
        raise AttributeError(name)
    return lambda: FaultyTransport(servers[key])
