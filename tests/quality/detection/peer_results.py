"""docs/detection-peer.jsonl: what Schemathesis found on the same faulty servers, and the text for docs/detection.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PEER_DATA = Path(__file__).parents[3] / "docs" / "detection-peer.jsonl"
PEER_FORMAT = "noojee-detection-peer/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """What Schemathesis found on one faulty server.

    `failures` are named "check: kind of failure: METHOD path", without the failures of conformant servers. `requests`
    were sent. `suite_seconds` is the processor time of the suite on this server, `seconds` that of Schemathesis.
    `drawn`: the server belongs to the random sample.
    """

    name: str
    failures: Sequence[str]
    requests: int
    suite_seconds: float
    seconds: float
    drawn: bool = True

    @property
    def caught(self) -> bool:
        """Whether Schemathesis reported something that it does not report of a conformant server."""
        return bool(self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A run of Schemathesis on faulty servers, in the order in which they were drawn.

    `version` is that of Schemathesis, `random_seed` draws the servers and the requests. `baseline` are the failures on
    a conformant server, which do not count.
    """

    version: str
    random_seed: int
    baseline: Sequence[str]
    rows: Sequence[PeerRow] = ()

    def sample_of(self, names: Collection[str]) -> Sequence[PeerRow]:
        """The rows of the random sample that have one of these names: servers that no longer exist do not count."""
        return [row for row in self.rows if row.drawn and row.name in names]


def drawn(names: Iterable[str], random_seed: int) -> list[str]:
    """Names in random order: a sample is the start of it, so that a longer run continues a shorter one."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{random_seed} {name}".encode()).digest())


def header_line(peer: Peer) -> str:
    """The first line of the file."""
    header = {
        "kind": "header", "format": PEER_FORMAT, "schemathesis": peer.version, "random_seed": peer.random_seed,
        "baseline": list(peer.baseline),
    }  # fmt: skip
    return json.dumps(header, separators=(",", ":")) + "\n"


def row_line(row: PeerRow) -> str:
    """The line of a faulty server. A run appends it as soon as the server is done, so that a run can be resumed."""
    return json.dumps(asdict(row), separators=(",", ":")) + "\n"


def own_failures(failures: Iterable[str], baseline: Collection[str]) -> list[str]:
    """The failures that a conformant server does not have.

    A generation that refuses with status 200 fails negative_data_rejection: there the check counts for no method, also
    for one that the runs on a conformant server happened to miss.
    """
    spoilt = {each.rpartition("/")[0] for each in baseline if each.startswith("negative_data_rejection")}
    return [each for each in failures if each not in baseline and each.rpartition("/")[0] not in spoilt]


def read_peer(text: str) -> Peer:
    """The run that a file holds. Raises ValueError where it has another format."""
    header, *lines = [json.loads(line) for line in text.splitlines()]
    if header.get("format") != PEER_FORMAT:
        raise ValueError(f"not a {PEER_FORMAT} file: write it with tox -e detection-peer")
    baseline = tuple(header["baseline"])
    rows = [PeerRow(**{**line, "failures": own_failures(line["failures"], baseline)}) for line in lines]
    return Peer(
        version=header["schemathesis"],
        random_seed=header["random_seed"],
        baseline=baseline,
        rows=tuple({row.name: row for row in rows}.values()),
    )


def committed_peer() -> Peer | None:
    """The run in docs; None where there is none."""
    return read_peer(PEER_DATA.read_text(encoding="utf-8")) if PEER_DATA.exists() else None


def peer_cell(peer: Peer, members: Collection[str]) -> str:
    """The cell of a group in the table of docs/detection.md: how many of the sample were caught."""
    run = peer.sample_of(members)
    return f"{sum(row.caught for row in run)} of {len(run)}" if run else ""


def peer_section(peer: Peer, caught_by_suite: Mapping[str, bool]) -> list[str]:
    """The section of docs/detection.md. `caught_by_suite` maps each faulty server to whether the suite catches it."""
    sample, everyone = peer.sample_of(caught_by_suite), len(caught_by_suite)
    number = len(sample)
    caught = sum(row.caught for row in sample)
    ours = sum(caught_by_suite[row.name] for row in sample)
    both = sum(row.caught and caught_by_suite[row.name] for row in sample)
    which = "All" if number == everyone else f"A random sample of {number:,} (random seed {peer.random_seed})"
    given, spent = (sum(row.suite_seconds for row in sample), sum(row.seconds for row in sample))
    requests = sum(row.requests for row in sample)
    return [
        "",
        "## Next to Schemathesis",
        "",
        (
            f"{which} of the {everyone:,} faulty servers: Schemathesis {peer.version} catches "
            f"**{caught:,} ({caught / number:.1%})**, the"
        ),
        (
            f"suite **{ours:,} ({ours / number:.1%})**, both of them {both:,}. "
            "Each had the same processor time a server: on average"
        ),
        (
            f"{given / number:.1f} s for the suite, {spent / number:.1f} s for Schemathesis, "
            f"which sent {requests // number:,} requests in it."
        ),
        "[How Schemathesis is set up](detection-peer.md). Written by `tox -e detection-peer`.",
        "",
        *_only_the_peer([row for row in peer.rows if row.caught and not caught_by_suite.get(row.name, True)]),
    ]


def _only_the_peer(rows: Sequence[PeerRow]) -> list[str]:
    if not rows:
        return ["Schemathesis catches none that the suite misses."]
    return [
        "Schemathesis catches these, which the suite misses ([why](detection-peer.md#what-only-schemathesis-catches)):",
        "",
        *(f"- `{row.name}`: {row.failures[0]}" for row in rows),
    ]
