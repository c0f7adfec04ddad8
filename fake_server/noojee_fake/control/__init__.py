"""What other teams drive the fake with, as JSON under `/__noojee/`: sandboxes, calls, sound, options, clock.

Open to the loopback, or to whoever holds the token; a page in a browser (Origin) needs the token too.
"""

from noojee_fake.control.router import ROOT, Control
from noojee_fake.control.sandbox_spec import DEFAULT_SANDBOX, Registry, SandboxSpec, TooManySandboxes, describe

__all__ = ["DEFAULT_SANDBOX", "ROOT", "Control", "Registry", "SandboxSpec", "TooManySandboxes", "describe"]
