"""What other teams drive the fake with, as JSON under `/__noojee/`: worlds, calls, sound, switches, clock.

Open to the loopback, or to whoever holds the token; a page in a browser (Origin) needs the token too.
"""

from noojee_fake.control.router import ROOT, Control
from noojee_fake.control.sandbox_spec import DEFAULT_WORLD, Registry, TooManyWorlds, Wish, describe

__all__ = ["DEFAULT_WORLD", "ROOT", "Control", "Registry", "TooManyWorlds", "Wish", "describe"]
