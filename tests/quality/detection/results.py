"""The score: what was judged, what was caught, and what the files in `docs` and the README say of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import FILE, catalogue
from noojee_contract.catalogue.clauses import fingerprint as catalogue_fingerprint
from quality.detection.judge import Row
from support.faulty_servers import everything, survivors

ROOT = Path(__file__).parents[3]
DATA = ROOT / "docs" / "score.jsonl"
PAGE = ROOT / "docs" / "score.md"
PICTURE = ROOT / "docs" / "score.svg"
README = ROOT / "README.md"
MARKS = ("<!-- score -->", "<!-- /score -->")
FORMAT = "noojee-score/1"
REQUIRED_CLAUSES = 0.97
LONGEST_SAID = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The rows of a whole run, with the fingerprints of what they are about. `pairs`: how many were drawn, and which survived."""

    catalogue: str
    servers: str
    rows: tuple[Row, ...]
    random_seed: int
    pairs: int = 0
    pairs_random_seed: int = 0
    pairs_survived: tuple[str, ...] = ()

    @property
    def caught(self) -> int:
        """How many faulty servers some clause broke on."""
        return sum(row.caught for row in self.rows)

    @property
    def share(self) -> float:
        """The part of all that was caught. Raises ValueError where nothing was judged."""
        if not self.rows:
            raise ValueError("a score of no faulty servers is none")
        return self.caught / len(self.rows)

    @property
    def made(self) -> int:
        """How many were made by operators."""
        return sum(bool(row.operator) for row in self.rows)

    def catches(self) -> Counter[str]:
        """How many faulty servers each clause broke on; a clause that broke on none is there with 0."""
        times = Counter(dict.fromkeys(catalogue(), 0))
        times.update(clause for row in self.rows for clause in row.broken)
        return times

    def complaints(self) -> list[str]:
        """Why the score is not good enough; nothing where it is."""
        told: list[str] = []
        if self.share < REQUIRED_CLAUSES:
            told.append(f"{self.share:.1%} are caught, fewer than {REQUIRED_CLAUSES:.0%}")
        known = survivors()
        for row in self.rows:
            if not row.caught and row.name not in known:
                told.append(f"{row.name} survives, without a reason in survivors.toml")
            if row.caught and row.name in known:
                told.append(f"{row.name} is caught (by {row.first}), yet survivors.toml has a reason why not")
            if row.differs_at is None:
                told.append(f"{row.name} gave no answer that a conformant server would not give")
            if row.caught and not (row.names_it and row.shows_it):
                told.append(f"{row.name}: the first failure does not point at the fault: {row.first}: {row.said}")
            told += [f"{row.name}: an error of the suite's own: {error}" for error in row.errors]
        return told

    def idle(self) -> list[str]:
        """The clauses that bind and broke on nothing. Those about dialect files meet replacements, and none of these servers."""
        binding = {
            clause.id for clause in catalogue().values() if clause.severity != "may" and clause.dialects != (FILE,)
        }
        return [each for each, times in self.catches().items() if not times and each in binding]


def servers_fingerprint() -> str:
    """A short digest of the faulty servers: names, stories, groups, expected words, and reasons of survivors."""
    text = "\n".join(
        "\t".join((server.name, server.description, server.kind, server.says)) for server in everything().values()
    )
    known = "\n".join(f"{name}\t{reason}" for name, reason in sorted(survivors().items()))
    return hashlib.sha256(f"{text}\n{known}".encode()).hexdigest()[:12]


def score_of(rows: Iterable[Row], *, random_seed: int, **pairs: Any) -> Score:
    """A score of today's catalogue and faulty servers."""
    places = {name: place for place, name in enumerate(everything())}
    ordered = tuple(sorted(rows, key=lambda row: places[row.name]))
    return Score(
        catalogue=catalogue_fingerprint(), servers=servers_fingerprint(), rows=ordered, random_seed=random_seed, **pairs
    )  # fmt: skip


def written(score: Score) -> str:
    """The score as JSON lines: a header with the clauses, a line a faulty server (clauses by their place), a footer."""
    clauses = list(catalogue())
    header = {
        "kind": "header", "format": FORMAT, "catalogue": score.catalogue, "faulty_servers": score.servers, "random_seed": score.random_seed,
        "clauses": clauses,
    }  # fmt: skip
    rows = [
        {
            "name": row.name, "group": row.kind, "operator": row.operator, "broken": [clauses.index(each) for each in row.broken],
            "first": None if row.first is None else clauses.index(row.first), "said": row.said[:LONGEST_SAID],
            "names_it": row.names_it, "shows_it": row.shows_it, "differs_at": row.differs_at, "caught_at": row.caught_at,
            "groups": row.groups,
        }
        for row in score.rows
    ]  # fmt: skip
    footer = {
        "kind": "footer", "servers": len(score.rows), "caught": score.caught, "pairs": score.pairs, "pairs_random_seed": score.pairs_random_seed,
        "pairs_survived": list(score.pairs_survived),
    }  # fmt: skip
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in (header, *rows, footer))


def read(text: str) -> Score:
    """The score that `written` wrote. Raises ValueError where it was cut off."""
    header, *lines, footer = [json.loads(line) for line in text.splitlines()]
    if header.get("format") != FORMAT or footer.get("kind") != "footer" or footer["servers"] != len(lines):
        raise ValueError("this is no whole score: write it anew with tox -e prove")
    clauses = header["clauses"]
    rows = tuple(
        Row(
            name=line["name"], kind=line["group"], operator=line["operator"],
            broken={clauses[place]: "" for place in line["broken"]}, first=None if line["first"] is None else clauses[line["first"]],
            said=line["said"], names_it=line["names_it"], shows_it=line["shows_it"], differs_at=line["differs_at"],
            caught_at=line["caught_at"], groups=line["groups"], seconds=0.0,
        )
        for line in lines
    )  # fmt: skip
    return Score(
        catalogue=header["catalogue"], servers=header["faulty_servers"], rows=rows, random_seed=header["random_seed"], pairs=footer["pairs"],
        pairs_random_seed=footer["pairs_random_seed"], pairs_survived=tuple(footer["pairs_survived"]),
    )  # fmt: skip


def figure(score: Score) -> str:
    """The README's sentence."""
    groups = len({row.kind for row in score.rows})
    return (
        f"**Of {len(score.rows):,} faulty servers in {groups} groups, {score.caught:,} are caught ({score.share:.1%})**: PBXs that are"
        " wrong on purpose, by one\nsmall change each, judged by this suite (`tox -e prove`; [the score](docs/score.md))."
    )


def with_figure(readme: str, score: Score) -> str:
    """The README with the figure between its marks."""
    before, rest = readme.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return f"{before}{MARKS[0]}\n{figure(score)}\n{MARKS[1]}{after}"


def page(score: Score, mutation: str = "") -> str:
    """docs/score.md: the figure, group by group, the survivors with their reasons, what catches nothing."""
    lines = ["# What the suite catches", ""]
    lines += ["Written by `tox -e prove`; do not edit. The rows are in [score.jsonl](score.jsonl).", ""]
    by_hand = len(score.rows) - score.made
    lines += [
        f"{len(score.rows):,} PBXs are wrong on purpose: {score.made:,} made by operators, {by_hand:,} written by hand, each with its",
        "description (`tests/faulty_servers`). Each gives some answer that a right one would not give, to the same requests.",
        f"**{score.caught:,} of them ({score.share:.1%}) break some clause**, half of them within {_median(score)} requests.",
        f"In {_pointed(score):.1%} of those, the first failure of the report names the fault (the field, the header, the words) and shows a wrong answer.",
        "",
        f"Catalogue {score.catalogue}, faulty servers {score.servers}. `tox -e prove -- --show NAME` tells what caught one of them.",
        "",
        "![Which clauses catch which faulty servers](score.svg)",
        "",
        "| group | faulty servers | by operators | caught | most often first |",
        "|---|--:|--:|--:|---|",
    ]
    for kind, rows in _by_kind(score.rows).items():
        first = Counter(row.first for row in rows if row.first).most_common(1)
        told = f"`{first[0][0]}`" if first else ""
        lines.append(
            f"| {kind} | {len(rows)} | {sum(bool(row.operator) for row in rows)} | {sum(row.caught for row in rows)} | {told} |"
        )
    lines += ["", "## Survivors", ""]
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in score.rows:
        if not row.caught:
            reasons[survivors().get(row.name, "no reason is known")].append(row.name)
    for reason, names in reasons.items():
        lines += [f"- {reason} " + ", ".join(f"`{name}`" for name in names)]
    lines += [] if reasons else ["None."]
    lines += ["", "## Clauses that catch nothing", ""]
    idle = score.idle()
    lines += [", ".join(f"`{clause}`" for clause in idle) + "." if idle else "None that binds."]
    lines += [
        "",
        "Clauses about dialect files meet faulty replacements (`tests/faulty_replacements`), none of these servers.",
    ]
    if score.pairs:
        lines += ["", "## Two faults at once", ""]
        told = ", ".join(f"`{pair}`" for pair in score.pairs_survived) or "none survived"
        lines += [f"{score.pairs} pairs drawn with random seed {score.pairs_random_seed} (both of a pair are caught alone): {told}."]
    if mutation:
        lines += ["", mutation.strip()]
    return "\n".join(lines) + "\n"


def in_words(row: Row, description: str) -> str:
    """One row of a score, to be read."""
    lines = [f"{row.name} ({row.kind}{f', by the operator {row.operator}' if row.operator else ''})", f"  {description}"]
    if not row.caught:
        return "\n".join([*lines, f"  survives: {survivors().get(row.name, 'no reason is known')}"])
    lines.append(
        f"  its first wrong answer is to request {row.differs_at}; caught after {row.caught_at}, in {row.groups} cause(s)"
    )
    lines.append(f"  first: {row.first}: {row.said}")
    others = [clause for clause in row.broken if clause != row.first]
    return "\n".join([*lines, f"  also: {', '.join(others)}"] if others else lines)


def _pointed(score: Score) -> float:
    caught = [row for row in score.rows if row.caught]
    return sum(row.names_it and row.shows_it for row in caught) / max(1, len(caught))


def _median(score: Score) -> int:
    at = sorted(row.caught_at for row in score.rows if row.caught_at is not None)
    return at[len(at) // 2] if at else 0


def _by_kind(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda each: each.kind):
        found.setdefault(row.kind, []).append(row)
    return found


def mutation_part(text: str) -> str:
    """What docs/score.md says of the other score, which another command writes."""
    found = re.search(r"^## Mutants of the fake\n.*?(?=^## |\Z)", text, re.S | re.M)
    return found[0] if found else ""
