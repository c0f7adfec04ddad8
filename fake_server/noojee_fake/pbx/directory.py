"""The directory of a PBX: users with their extensions, queues with their members, routes of inbound numbers.

Source: 07.0 Start Recording, Recorder Control Panel, Routing (DOC W-ST, W-RC, W-RT). The JSON form is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from noojee_fake.errors import UsageError
from noojee_fake.pbx.documents import mistake
from noojee_fake.pbx.memory_budget import MemoryBudget, Reservation

ANY_DID = "*"


class Role(Enum):
    """What a user may do with recordings. Source: Recorder Control Panel (DOC W-RC)."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    RECORDING_MANAGER = "recording-manager"
    ADMINISTRATOR = "administrator"


class Record(Enum):
    """When the recording of a route's calls starts by itself."""

    GREETING = "greeting"
    QUEUE = "queue"
    ANSWER = "answer"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user; `extension` None: a user without a phone."""

    name: str
    extension: str | None = None
    role: Role = Role.AGENT
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue. Every free member rings for a waiting call."""

    number: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The extension or queue to which inbound calls of a number go. `did` "*": any other number.

    `default_account` owns the legs without a connected user; None: the PBX's default account.
    Source: Routing (DOC W-RT).
    """

    did: str
    to: str
    default_account: str | None = None
    record: Record = Record.QUEUE


ROW_BYTES = 500
MEMBER_BYTES = 60
"""About what a user, a queue or a route takes in memory, and a member of a queue."""


class Directory:
    """Users, queues and routes, with lookups by name, extension and number."""

    def __init__(self, users: tuple[User, ...], queues: tuple[Queue, ...], routes: tuple[Route, ...]) -> None:
        self.users = users
        self.queues = queues
        self.routes = routes
        self._held: Reservation | None = None
        self._by_name = {user.name: user for user in users}
        self._by_extension = {user.extension: user for user in users if user.extension is not None}
        self._queues = {queue.number: queue for queue in queues}
        self._routes = {route.did: route for route in routes}
        self._queues_of: dict[str, list[str]] = {}
        for queue in queues:
            for member in dict.fromkeys(queue.members):
                self._queues_of.setdefault(member, []).append(queue.number)

    def counted(self, budget: MemoryBudget) -> Directory:
        """This directory, which counts in a budget until nobody holds it. Raises MemoryBudgetError."""
        rows = len(self.users) + len(self.queues) + len(self.routes)
        members = sum(len(queue.members) for queue in self.queues)
        self._held = budget.reserve(rows * ROW_BYTES + members * MEMBER_BYTES)
        return self

    def user(self, name: str) -> User | None:
        """The user of a login name."""
        return self._by_name.get(name)

    def user_at(self, extension: str) -> User | None:
        """The user attached to an extension."""
        return self._by_extension.get(extension)

    def queue(self, number: str) -> Queue | None:
        """The queue of a number."""
        return self._queues.get(number)

    def queues_of(self, extension: str) -> Sequence[str]:
        """The queues that an extension serves."""
        return self._queues_of.get(extension, ())

    def route(self, did: str) -> Route | None:
        """The route of an inbound number, else the route for any number."""
        return self._routes.get(did) or self._routes.get(ANY_DID)


DEFAULT = Directory(
    users=(
        User(name="Administrator", role=Role.ADMINISTRATOR),
        User(name="Barney", extension="400", team="sales"),
        User(name="Fred", extension="410", team="sales"),
        User(name="Wilma", extension="420", role=Role.SUPERVISOR, team="sales"),
    ),
    queues=(Queue(number="600", members=("400", "410", "420")),),
    routes=(Route(did=ANY_DID, to="600"),),
)
"""The users of the recorded calls (fixtures/archives/recorded), with a queue that every inbound call enters."""


def read_directory(document: Any) -> Directory:
    """The directory of a JSON document. Raises UsageError with the JSON path of the error."""
    found = mistake(document, "directory.schema.json")
    if found is not None:
        raise UsageError(*found)
    users = tuple(User(**{**row, "role": Role(row.get("role", "agent"))}) for row in document.get("users", ()))
    queues = tuple(Queue(number=row["number"], members=tuple(row["members"])) for row in document.get("queues", ()))
    routes = tuple(Route(**{**row, "record": Record(row.get("record", "queue"))}) for row in document.get("routes", ()))
    _unique([user.name for user in users], "users", "name")
    _unique([user.extension for user in users], "users", "extension")
    _unique([queue.number for queue in queues], "queues", "number")
    _unique([route.did for route in routes], "routes", "did")
    extensions = {user.extension for user in users if user.extension is not None}
    numbers = {queue.number for queue in queues}
    for at, queue in enumerate(queues):
        if queue.number in extensions:
            raise UsageError(f"{queue.number} is an extension already", f"$.queues[{at}].number")
        for member in queue.members:
            if member not in extensions:
                raise UsageError(f"no user has the extension {member}", f"$.queues[{at}].members")
    for at, route in enumerate(routes):
        if route.to not in extensions | numbers:
            raise UsageError(f"{route.to} is neither an extension nor a queue", f"$.routes[{at}].to")
    return Directory(users, queues, routes)


def write_directory(directory: Directory) -> dict[str, Any]:
    """The JSON form of a directory."""
    return {
        "users": [
            {"name": user.name, "role": user.role.value, "team": user.team}
            | ({} if user.extension is None else {"extension": user.extension})
            for user in directory.users
        ],
        "queues": [{"number": queue.number, "members": list(queue.members)} for queue in directory.queues],
        "routes": [
            {"did": route.did, "to": route.to, "record": route.record.value}
            | ({} if route.default_account is None else {"default_account": route.default_account})
            for route in directory.routes
        ],
    }


def _unique(values: list[str | None], part: str, name: str) -> None:
    seen: set[str] = set()
    for at, value in enumerate(values):
        if value is not None and value in seen:
            raise UsageError(f"{value!r} is used twice", f"$.{part}[{at}].{name}")
        seen.add(value or "")
