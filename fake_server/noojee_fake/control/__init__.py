"""The control API under `/__noojee/`, as pure Request -> Response: sandboxes, calls, flows, settings, journal.

`schemas/own/control.openapi.json` describes it.
"""

from noojee_fake.control.router import HEALTH, ROOT, Control
from noojee_fake.control.sandbox_spec import (
    DEFAULT_SANDBOX,
    IdInUse,
    SandboxRegistry,
    SandboxSpec,
    TooManySandboxes,
    describe,
    sandbox_path,
    sandbox_spec_of,
)

__all__ = [
    "DEFAULT_SANDBOX",
    "HEALTH",
    "ROOT",
    "Control",
    "IdInUse",
    "SandboxRegistry",
    "SandboxSpec",
    "TooManySandboxes",
    "describe",
    "sandbox_path",
    "sandbox_spec_of",
]
