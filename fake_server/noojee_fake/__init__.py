"""The fake PBX: a faithful Noojee recording server to develop and test against.

`EmbeddedPbx` is a PBX in this process, `ServerProcess` one that any program can reach. `ControlClient` controls both.
The names below are loaded when they are first used: `import noojee_fake` loads no library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noojee_fake.client.async_control_client import AsyncControlClient, AsyncSandbox
    from noojee_fake.client.control_client import ControlClient, Sandbox
    from noojee_fake.errors import ControlError, StartError
    from noojee_fake.pytest_plugin import pbx_fixture, server_fixture
    from noojee_fake.testing.embedded import EmbeddedPbx
    from noojee_fake.testing.process import ServerProcess
    from noojee_fake.testing.server import PbxServer

__all__ = [
    "AsyncControlClient",
    "AsyncSandbox",
    "ControlClient",
    "ControlError",
    "EmbeddedPbx",
    "PbxServer",
    "Sandbox",
    "ServerProcess",
    "StartError",
    "pbx_fixture",
    "server_fixture",
]

_MODULES = {
    "AsyncControlClient": "noojee_fake.client.async_control_client",
    "AsyncSandbox": "noojee_fake.client.async_control_client",
    "ControlClient": "noojee_fake.client.control_client",
    "ControlError": "noojee_fake.errors",
    "EmbeddedPbx": "noojee_fake.testing.embedded",
    "PbxServer": "noojee_fake.testing.server",
    "Sandbox": "noojee_fake.client.control_client",
    "ServerProcess": "noojee_fake.testing.process",
    "StartError": "noojee_fake.errors",
    "pbx_fixture": "noojee_fake.pytest_plugin",
    "server_fixture": "noojee_fake.pytest_plugin",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
