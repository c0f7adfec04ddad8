"""The results of a detection run: the rows, the detection rate, and what `docs` and the README say about them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import FILE, catalogue
from noojee_contract.catalogue.clauses import fingerprint as catalogue_fingerprint
from quality.detection.detect import Row
from quality.detection.peer_results import Peer, peer_cell, peer_section
from support.faulty_servers import everything, survivors

ROOT = Path(__file__).parents[3]
DATA = ROOT / "results" / "detection.jsonl"
"""The rows. They are not in git: a CI job keeps the file as an artefact."""
PAGE = ROOT / "docs" / "detection.md"
HEAT_MAP = ROOT / "docs" / "detection.svg"
README = ROOT / "README.md"
MARKERS = ("<!-- detection -->", "<!-- /detection -->")
FORMAT = "noojee-detection/1"
REQUIRED_RATE = 0.97
LONGEST_MESSAGE = 160
READ_ONLY = ("migration.hours", "migration.recordings")
"""Binding clauses that need a recordings file, or by hour on both sides: no writable migration has them."""
SLOW = ("slow-by-unique-id",)
"""Faulty servers whose answers differ in time only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The rows of all faulty servers, in their order, with the fingerprints of catalogue and faulty servers.

    `earlier` maps the names of rows that were taken with another catalogue to the fingerprint of that catalogue.
    `date` is the day of the run. `pairs` is the number of pairs that were drawn, `pairs_survived` the names of the
    pairs that no clause failed on.
    """

    catalogue: str
    servers: str
    rows: tuple[Row, ...]
    random_seed: int
    earlier: Mapping[str, str]
    date: str = ""
    pairs: int = 0
    pairs_random_seed: int = 0
    pairs_survived: tuple[str, ...] = ()

    @property
    def caught(self) -> int:
        """The number of faulty servers that some clause failed on."""
        return sum(row.caught for row in self.rows)

    @property
    def rate(self) -> float:
        """The share of the faulty servers that were caught. Raises ValueError without rows."""
        if not self.rows:
            raise ValueError("a detection rate needs at least one faulty server")
        return self.caught / len(self.rows)

    @property
    def mutants(self) -> int:
        """The number of server mutants."""
        return sum(bool(row.operator) for row in self.rows)

    def catches(self) -> Counter[str]:
        """The number of faulty servers that each clause failed on; 0 for a clause that never failed."""
        times = Counter(dict.fromkeys(catalogue(), 0))
        times.update(clause for row in self.rows for clause in row.failed)
        return times

    def complaints(self) -> list[str]:
        """Why the detection is not good enough; empty where it is."""
        found: list[str] = []
        if self.rate < REQUIRED_RATE:
            found.append(f"{self.rate:.1%} are caught, fewer than {REQUIRED_RATE:.0%}")
        return found + [complaint for row in self.rows for complaint in _complaints(row)]

    def idle(self) -> list[str]:
        """The binding clauses that failed on no faulty server.

        Clauses about dialect files meet faulty replacements instead, and clauses that only a read-only migration has
        meet faulty migrations (`--read-only`).
        """
        binding = {
            clause.id
            for clause in catalogue().values()
            if clause.severity != "may" and clause.dialects != (FILE,) and clause.id not in READ_ONLY
        }
        return [each for each, times in self.catches().items() if not times and each in binding]


def _complaints(row: Row) -> Iterable[str]:
    excused = survivors()
    if not row.caught and row.name not in excused:
        yield f"{row.name} survives, without a reason in survivors.toml"
    if row.caught and row.name in excused:
        yield f"{row.name} is caught (by {row.first}), but survivors.toml has a reason why it survives"
    if row.differs_at is None and row.name not in SLOW:
        yield f"{row.name} gave no answer that differs from a conformant server's"
    if row.caught and not (row.names_it and row.shows_it):
        yield f"{row.name}: the first failure does not point at the fault: {row.first}: {row.message}"
    for error in row.errors:
        yield f"{row.name}: an error of the suite: {error}"


def servers_fingerprint() -> str:
    """A short digest of the faulty servers: names, descriptions, groups, expected failures, reasons of survivors."""
    text = "\n".join(
        "\t".join((server.name, server.description, server.kind, *map(str, server.expected)))
        for server in everything().values()
    )
    excused = "\n".join(f"{name}\t{reason}" for name, reason in sorted(survivors().items()))
    return hashlib.sha256(f"{text}\n{excused}".encode()).hexdigest()[:12]


def detection_of(rows: Iterable[Row], *, random_seed: int, **pairs: Any) -> Detection:
    """The detection of rows that were all taken with the catalogue and the faulty servers of this checkout."""
    places = {name: place for place, name in enumerate(everything())}
    return Detection(
        catalogue=catalogue_fingerprint(),
        servers=servers_fingerprint(),
        rows=tuple(sorted(rows, key=lambda row: places[row.name])),
        random_seed=random_seed,
        earlier={},
        **pairs,
    )


def with_rows(kept: Detection, rows: Iterable[Row]) -> Detection:
    """The kept detection with some rows added or replaced; rows of servers that no longer exist are dropped.

    Kept rows that were taken with another catalogue are listed in `earlier`.
    """
    new = {row.name: row for row in rows}
    old = {row.name: row for row in kept.rows if row.name in everything() and row.name not in new}
    merged = detection_of([*old.values(), *new.values()], random_seed=kept.random_seed)
    taken_with = {name: kept.earlier.get(name, kept.catalogue) for name in old}
    return replace(
        merged,
        earlier={name: print_ for name, print_ in taken_with.items() if print_ != merged.catalogue},
        pairs=kept.pairs,
        pairs_random_seed=kept.pairs_random_seed,
        pairs_survived=kept.pairs_survived,
    )


def written(detection: Detection) -> str:
    """JSON lines: a header with the clauses, a line for each faulty server (clauses by their place), a footer."""
    clauses = list(dict.fromkeys([*catalogue(), *(clause for row in detection.rows for clause in row.failed)]))
    places = {clause: place for place, clause in enumerate(clauses)}
    header = {
        "kind": "header", "format": FORMAT, "catalogue": detection.catalogue, "faulty_servers": detection.servers,
        "date": detection.date, "random_seed": detection.random_seed, "clauses": clauses,
    }  # fmt: skip
    rows = [_line(row, places, detection.earlier.get(row.name)) for row in detection.rows]
    footer = {
        "kind": "footer", "servers": len(detection.rows), "caught": detection.caught, "pairs": detection.pairs,
        "pairs_random_seed": detection.pairs_random_seed, "pairs_survived": list(detection.pairs_survived),
    }  # fmt: skip
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in (header, *rows, footer))


def _line(row: Row, places: Mapping[str, int], earlier: str | None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "name": row.name, "group": row.kind, "operator": row.operator, "failed": [places[each] for each in row.failed],
        "first": None if row.first is None else places[row.first], "message": row.message[:LONGEST_MESSAGE],
        "names_it": row.names_it, "shows_it": row.shows_it, "differs_at": row.differs_at, "caught_at": row.caught_at,
        "groups": row.groups,
    }  # fmt: skip
    return line if earlier is None else {**line, "catalogue": earlier}


def read(text: str) -> Detection:
    """The detection that `written` wrote. Raises ValueError where it is incomplete or of another format."""
    header, *lines, footer = [json.loads(line) for line in text.splitlines()]
    if header.get("format") != FORMAT or footer.get("kind") != "footer" or footer["servers"] != len(lines):
        raise ValueError(f"not a complete {FORMAT} file: write it with tox -e detection")
    clauses = header["clauses"]
    rows = tuple(
        Row(
            name=line["name"], kind=line["group"], operator=line["operator"],
            failed={clauses[place]: "" for place in line["failed"]},
            first=None if line["first"] is None else clauses[line["first"]],
            message=line["message"], names_it=line["names_it"], shows_it=line["shows_it"],
            differs_at=line["differs_at"], caught_at=line["caught_at"], groups=line["groups"], seconds=0.0,
        )
        for line in lines
    )  # fmt: skip
    return Detection(
        catalogue=header["catalogue"], servers=header["faulty_servers"], date=header["date"], rows=rows,
        random_seed=header["random_seed"],
        earlier={line["name"]: line["catalogue"] for line in lines if "catalogue" in line}, pairs=footer["pairs"],
        pairs_random_seed=footer["pairs_random_seed"], pairs_survived=tuple(footer["pairs_survived"]),
    )  # fmt: skip


def fingerprints(text: str) -> tuple[str, str]:
    """The fingerprints of catalogue and faulty servers on the page. Raises ValueError on a page without them."""
    found = re.search(r"^Catalogue ([0-9a-f]+), faulty servers ([0-9a-f]+)\.", text, re.M)
    if found is None:
        raise ValueError("the page names no fingerprints: write it with tox -e detection")
    return found[1], found[2]


def figure(detection: Detection) -> str:
    """The README's sentence."""
    groups = len({row.kind for row in detection.rows})
    return (
        f"**Detection rate: {detection.rate:.1%}.** "
        f"The suite catches {detection.caught:,} of {len(detection.rows):,} faulty servers in {groups} groups.\n"
        "Each is a PBX with one deliberate fault (`tox -e detection`; [results](docs/detection.md))."
    )


def with_figure(readme: str, detection: Detection) -> str:
    """The README with the figure between its markers."""
    before, rest = readme.split(MARKERS[0])
    _, after = rest.split(MARKERS[1])
    return f"{before}{MARKERS[0]}\n{figure(detection)}\n{MARKERS[1]}{after}"


def page(detection: Detection, mutation: str = "", peer: Peer | None = None) -> str:
    """docs/detection.md: the rate, group by group, the survivors with their reasons, the idle clauses, and the peer."""
    lines = [*_opening(detection), *_groups(detection.rows, peer), *_survivors(detection.rows), *_idle(detection)]
    caught = {row.name: row.caught for row in detection.rows}
    if peer is not None and peer.sample_of(caught):
        lines += peer_section(peer, caught)
    if detection.pairs:
        survived = ", ".join(f"`{pair}`" for pair in detection.pairs_survived) or "none survived"
        lines += ["", "## Two faults at once", ""]
        lines += [
            (
                f"{detection.pairs} pairs drawn with random seed {detection.pairs_random_seed} "
                f"(each fault alone is caught): {survived}."
            )
        ]
    if mutation:
        lines += ["", mutation.strip()]
    return "\n".join(lines) + "\n"


def _opening(detection: Detection) -> list[str]:
    written_by_persons = len(detection.rows) - detection.mutants
    lines = [
        "# Detection rate",
        "",
        (
            f"Written by `tox -e detection` on {detection.date}; do not edit. "
            "It writes the rows to `results/detection.jsonl`, which is not in git."
        ),
        "",
        (
            f"{len(detection.rows):,} PBXs have one deliberate fault each: "
            f"{written_by_persons:,} faulty servers written by a person and"
        ),
        f"{detection.mutants:,} server mutants generated by operators (`tests/support/faulty_servers`).",
        "Each gives at least one answer that differs from a conformant server's.",
        (
            f"**{detection.caught:,} of them ({detection.rate:.1%}) make some clause fail**, "
            f"half of them within {_median(detection)} requests."
        ),
        (
            f"For {_pointed(detection):.1%} of those, "
            "the first failure of the report names the fault and shows a faulty answer."
        ),
        "",
        (
            f"Catalogue {detection.catalogue}, faulty servers {detection.servers}. "
            "`tox -e detection -- --show NAME` shows one row."
        ),
    ]
    if detection.earlier:
        prints = Counter(detection.earlier.values())
        older = ", ".join(f"{count:,} with catalogue {print_}" for print_, count in sorted(prints.items()))
        lines.append(f"Rows from an earlier run: {older}.")
    return [*lines, "", "![Which clauses catch which faulty servers](detection.svg)", ""]


def _groups(rows: Sequence[Row], peer: Peer | None) -> list[str]:
    column, line = ("", "") if peer is None else (" Schemathesis |", "--:|")
    lines = [
        f"| group | faulty servers | by operators | caught |{column} most often first |",
        f"|---|--:|--:|--:|{line}---|",
    ]
    for kind, members in _by_kind(rows).items():
        first = Counter(row.first for row in members if row.first).most_common(1)
        clause = f"`{first[0][0]}`" if first else ""
        mutants, caught = sum(bool(row.operator) for row in members), sum(row.caught for row in members)
        cell = "" if peer is None else f" {peer_cell(peer, {row.name for row in members})} |"
        lines.append(f"| {kind} | {len(members)} | {mutants} | {caught} |{cell} {clause} |")
    return lines


def _survivors(rows: Sequence[Row]) -> list[str]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if not row.caught:
            reasons[survivors().get(row.name, "Without a reason.")].append(row.name)
    lines = [f"- {reason} " + ", ".join(f"`{name}`" for name in names) for reason, names in reasons.items()]
    return ["", "## Survivors", "", *(lines or ["None."])]


def _idle(detection: Detection) -> list[str]:
    idle = detection.idle()
    return [
        "",
        "## Clauses that catch nothing",
        "",
        ", ".join(f"`{clause}`" for clause in idle) + "." if idle else "No binding clause.",
        "",
        "Clauses about dialect files are tested on faulty replacements (`tests/support/faulty_replacements`) instead.",
    ]


def in_words(row: Row, description: str) -> str:
    """One row as text."""
    operator = f", by the operator {row.operator}" if row.operator else ""
    lines = [f"{row.name} ({row.kind}{operator})", f"  {description}"]
    if not row.caught:
        return "\n".join([*lines, f"  survives: {survivors().get(row.name, 'without a reason')}"])
    lines.append(
        f"  first faulty answer: request {row.differs_at}; caught after request {row.caught_at}; "
        f"{row.groups} failure group(s)"
    )
    lines.append(f"  first failure: {row.first}: {row.message}")
    others = [clause for clause in row.failed if clause != row.first]
    return "\n".join([*lines, f"  also failed: {', '.join(others)}"] if others else lines)


def _pointed(detection: Detection) -> float:
    caught = [row for row in detection.rows if row.caught]
    return sum(row.names_it and row.shows_it for row in caught) / max(1, len(caught))


def _median(detection: Detection) -> int:
    at = sorted(row.caught_at for row in detection.rows if row.caught_at is not None)
    return at[len(at) // 2] if at else 0


def _by_kind(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda each: each.kind):
        found.setdefault(row.kind, []).append(row)
    return found


def mutation_part(text: str) -> str:
    """The section of docs/detection.md that `tox -e mutation` writes."""
    found = re.search(r"^## Code mutants of the fake\n.*?(?=^## |\Z)", text, re.S | re.M)
    return found[0] if found else ""
