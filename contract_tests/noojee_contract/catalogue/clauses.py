"""The catalogue of clauses: what the contract says, sentence by sentence, with its source. Data in `catalogue/*.toml`.

One file a group, one table a clause; the id is `group.name`. Each clause has one test in `suite/`, and each test a clause.
"""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from noojee_contract.errors import TargetError
from noojee_contract.model.result import ClauseRow

DIALECTS = ("services", "recording-api", "call-management", "njadmin")
LISTING = ("recording-api", "call-management", "njadmin")
"""The dialects that list legs; a clause that names no dialect is about these."""
SCHEMES = ("hash", "api-key")
MIGRATION = "migration"
FILE = "file"
"""Stands for every dialect that a file describes."""
SCOPES: Mapping[str, str] = {
    "meaning": "",
    "paths": "is about the vendor's paths, methods and parameters",
    "words": "is about how the vendor writes an answer",
    "credentials": "is about where the vendor's credentials travel, and whose they are",
    "rules": "is about a rule of the vendor's alone",
    "live": "is about calls that are played, which no dialect file describes",
    "limit": "is about one by-hour request a minute, which the dialect file does not name",
}
"""What a clause is about. One about the meaning of answers binds in any dialect; of the others, why it says nothing of
one that is not the vendor's."""
SEVERITIES = ("must", "should", "declared", "may")
PATTERNS: Mapping[str, str] = {
    "subset": "one answer is part of another",
    "round-trip": "what an answer names leads back to it",
    "partition": "some answers together are the whole, and no two of them overlap",
    "idempotence": "to ask changes nothing, however often, at once or after whatever else",
    "invariance": "the same question, put otherwise, has the same answer",
    "monotonicity": "later, or asked for less exactly, never brings less",
    "additivity": "what is put together is answered together, and apart from the rest",
    "equivalence": "two ways to the same legs tell the same",
    "shift": "calls that are moved in time or place are told moved, and else the same",
    "flow": "a call that goes one step otherwise is told otherwise by that step alone",
}
"""What relates answers to each other, where a clause needs no word on what the right answer is."""
REQUIRED_CLAUSES = (
    "authentication.accepted",
    "authentication.wrong-refused",
    "metadata.by-tag-answered",
    "metadata.by-unique-id-answered",
    "metadata.several-legs",
)
REQUIRED_CLAUSES_OF_SERVICES = ("live-calls.start-answered", "live-calls.unknown-call")
"""The floor of the generation that lists no legs and asks for no proof: an order that works, and one that does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sentence of the contract.

    `severity`: must and should bind everywhere; declared binds where the target declares `declares` (a key of the open
    questions); may is reported only. `over`: "exchange" is judged on one small PBX, "archive" on every archive at hand.
    `needs`: fill, provoke, wait:SECONDS, by_hour, audio, user_key, plain_http, live. `proof`: hash or api-key, where it
    is about targets alone that are asked so. `about`: see `SCOPES`; `fields`: what a dialect file must name for it to be
    checks. `faulty_server` names the faulty server in `tests/` that turns it red. `requests`: how many requests it makes at most
    on an observed target, beyond the shared ones. `pattern`: the metamorphic pattern that it follows, where it relates
    answers to each other.
    """

    id: str
    sentence: str
    severity: str
    provenance: str
    dialects: tuple[str, ...]
    proof: str | None
    about: str
    fields: tuple[str, ...]
    over: str
    needs: tuple[str, ...]
    declares: str | None
    faulty_server: str
    requests: int
    pattern: str | None

    @property
    def group(self) -> str:
        """The part of the id before the first dot."""
        return self.id.partition(".")[0]

    @property
    def waits_seconds(self) -> float:
        """How long it has to wait on a target whose clock cannot be stepped."""
        return max((float(need.partition(":")[2]) for need in self.needs if need.startswith("wait:")), default=0.0)

    def row(self) -> ClauseRow:
        """What a report says of it."""
        return ClauseRow(
            id=self.id, sentence=self.sentence, severity=self.severity, provenance=self.provenance, group=self.group
        )


@cache
def catalogue() -> Mapping[str, Clause]:
    """Every clause by its id, group by group."""
    folder = resources.files("noojee_contract") / "catalogue"
    found: dict[str, Clause] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        group, _, ending = file.name.rpartition(".")
        if ending != "toml" or group == "spec_page":
            continue
        for name, row in tomllib.loads(file.read_text(encoding="utf-8")).items():
            clause_id = f"{group}.{name}"
            found[clause_id] = Clause(
                id=clause_id,
                sentence=row["sentence"],
                severity=row["severity"],
                provenance=row["provenance"],
                dialects=tuple(row.get("dialects", LISTING)),
                proof=row.get("proof"),
                about=row.get("about", "paths"),
                fields=tuple(row.get("fields", ())),
                over=row["over"],
                needs=tuple(row.get("needs", ())),
                declares=row.get("declares"),
                faulty_server=row["faulty_server"],
                requests=row.get("requests", 0),
                pattern=row.get("pattern"),
            )
    return found


def fingerprint() -> str:
    """A short digest of the catalogue: two reports with the same one were judged by the same clauses."""
    text = "\n".join(f"{clause.id}\t{clause.sentence}\t{clause.severity}" for clause in catalogue().values())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def choose(patterns: Sequence[str]) -> tuple[Clause, ...]:
    """The clauses that ids or patterns (`audio.*`) name. Raises TargetError for one that names none."""
    known = catalogue()
    chosen: dict[str, Clause] = {}
    for pattern in patterns:
        hits = fnmatch.filter(known, pattern)
        if not hits:
            near = difflib.get_close_matches(pattern, known, n=1, cutoff=0.4)
            hint = f"; the nearest is {near[0]}" if near else ""
            raise TargetError(f"no clause is called {pattern!r}{hint}; list them with: noojee-contract clauses")
        chosen |= {clause_id: known[clause_id] for clause_id in hits}
    return tuple(chosen.values())
