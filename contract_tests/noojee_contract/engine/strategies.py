"""Hypothesis strategies: calls as they flow through a PBX, as archive files.

The grammar is the specification page's: a call enters a queue, is answered, transferred and hung up. Each transition
splits the recording; recording can start late, start again, and stop. Simple calls come first, so that counterexamples
shrink towards one plain leg. Ids and times are mapped from integers, which is fast and shrinks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from noojee_contract.model.archive import ARCHIVE_FORMAT, NOW

PROFILE = settings(
    database=None,
    deadline=None,
    derandomize=False,  # with CI=true Hypothesis would repeat the same examples whatever the random seed
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
settings.register_profile("noojee", PROFILE)
settings.register_profile("noojee-deep", PROFILE, max_examples=1000)

ZONES = ("Australia/Melbourne", "UTC", "Australia/Adelaide", "America/New_York")
# Seconds since the epoch at which local dates are hard: an ordinary noon, midnights, the ends of hours, both
# daylight-saving nights of Melbourne (2026-04-05 03:00 AEDT becomes 02:00 AEST; 2026-10-04 02:00 becomes 03:00).
MOMENTS = tuple(
    int(datetime.fromisoformat(text).timestamp())
    for text in (
        "2026-03-11T12:20:00+11:00",
        "2026-03-11T23:59:30+11:00",
        "2026-03-11T14:59:50+11:00",
        "2025-12-31T23:59:20+11:00",
        "2026-04-05T02:59:10+11:00",
        "2026-04-05T02:58:50+10:00",
        "2026-10-04T01:59:20+10:00",
        "2024-02-29T00:00:05+11:00",
    )
)
PLAIN_TAGS = ("", "INV-7", "1234", "CRM 88")
HOSTILE = (
    "Ünïcödé ß 漢字",
    "a&b=c",
    "50% off",
    "1+1",
    "%2B",
    'O\'Brien "quoted"',
    "<script>alert(1)</script>",
    "☎️📞",
    "back\\slash/slash",
    "x; DROP TABLE legs",
    " spaces ",
    "tab\tnewline\n",
    "null",
    "0",
    "é",
    "e\u0301",
)
# A fixed alphabet, so that no character table is loaded.
ALPHABET = "aZ09 -_.~:/?#[]@!$&'()*+,;=%\"\\<>^`{|}\u00e9\u0301\u00df\u0130\u4e2d\u202e\ufeff\U0001f4de"
USERS = (("400", "Barney"), ("410", "Fred"), ("420", "Wilma"), ("430", "Zoë O'Neil & Söhne"))
CALLERS = ("0491570156", "0491570157", "", "+61491570158", "500")
QUEUES = ("600", "610")
STEPS = st.sampled_from((4000, 31000, 0, 999, 1000, 1001, 118_250, 5, 61_437))
"""Milliseconds between two events of a call."""


@dataclass(slots=True, kw_only=True)
class _Flow:
    """A call that is being generated: its party, whether it is recorded, and its legs so far."""

    at: datetime
    legs: list[dict[str, Any]] = field(default_factory=list)
    destination: str = ""
    username: str | None = None
    tag: str = ""
    recorded: bool = False
    opened: datetime | None = None

    def move(self, milliseconds: int) -> None:
        self.at += timedelta(milliseconds=milliseconds)

    def open(self) -> None:
        if self.recorded and self.opened is None:
            self.opened = self.at

    def close(self) -> None:
        if self.opened is None:
            return
        leg: dict[str, Any] = {
            "start": self.opened.isoformat(timespec="milliseconds"),
            "end": self.at.isoformat(timespec="milliseconds"),
            "tag": self.tag,
            "destination": self.destination,
        }
        if self.username is not None:
            leg["username"] = self.username
        self.legs.append(leg)
        self.opened = None
        self.move(2)

    def go_to(self, destination: str, username: str | None) -> None:
        """A transition: the leg so far ends, the next one begins with the new party."""
        self.close()
        self.destination, self.username = destination, username
        self.open()


def tags() -> st.SearchStrategy[str]:
    """A tag: mostly plain, sometimes hostile, sometimes any printable text."""
    free = st.text(ALPHABET, min_size=1, max_size=12)
    return st.one_of(st.sampled_from(PLAIN_TAGS), st.sampled_from(HOSTILE), free)


@st.composite
def calls(draw: st.DrawFn, counter: int, tag_pool: tuple[str, ...]) -> dict[str, Any]:
    """One call as it flows through the PBX; `counter` makes its unique id, `tag_pool` are its possible tags."""
    moment = draw(st.sampled_from(MOMENTS)) + draw(st.integers(0, 90)) + 120 * counter
    flow = _Flow(at=datetime.fromtimestamp(moment, UTC) + timedelta(milliseconds=draw(st.integers(0, 999))))
    direction = draw(st.sampled_from(("inbound", "inbound", "inbound", "inbound", "internal", "outbound")))
    flow.recorded = draw(st.integers(0, 9)) != 9  # else started at a later transition
    flow.tag = draw(st.sampled_from(tag_pool))
    flow.move(draw(STEPS) % 5000)
    parties, ends = _enter_inbound(draw, flow) if direction == "inbound" else _dial(draw, flow, direction)
    for _ in range(parties):  # answered, then transferred
        _connect(draw, flow, tag_pool)
    if not flow.legs and flow.opened is None:
        flow.recorded = True
        flow.destination = flow.destination or "410"
        flow.open()
        flow.move(draw(STEPS))
    flow.close()
    return {"unique_id": f"{moment}.{counter * 3 + 2}", "direction": direction, **ends, "legs": flow.legs}


def _enter_inbound(draw: st.DrawFn, flow: _Flow) -> tuple[int, dict[str, str]]:
    """An outside caller passes greetings and queues. Returns how many parties answer, and the caller with the DID."""
    ends = {"source": draw(st.sampled_from(CALLERS)), "did": draw(st.sampled_from(("0390000002", "7601")))}
    for _ in range(draw(st.sampled_from((1, 2, 1, 2, 0)))):  # greeting, queue
        flow.go_to(draw(st.sampled_from(QUEUES)), None)
        flow.move(draw(STEPS))
    return draw(st.sampled_from((2, 3, 2, 3, 1, 4, 0))), ends


def _dial(draw: st.DrawFn, flow: _Flow, direction: str) -> tuple[int, dict[str, str]]:
    """An extension dials. Returns how many parties answer, and the caller."""
    extension, username = draw(st.sampled_from(USERS))
    parties = draw(st.sampled_from((3, 1, 2, 4)))
    if direction == "outbound":
        flow.go_to("0390000099", username)
        flow.move(draw(STEPS))
        parties -= 1
    return parties, {"source": extension}


def _connect(draw: st.DrawFn, flow: _Flow, tag_pool: tuple[str, ...]) -> None:
    """A party answers; then recording may be started, started again with another tag, or stopped."""
    extension, username = draw(st.sampled_from(USERS))
    flow.go_to(extension, username)
    flow.move(draw(STEPS))
    change = draw(st.integers(0, 9))
    if change == 9:
        flow.close()
        flow.recorded = True
        flow.tag = draw(st.sampled_from(tag_pool))
        flow.open()
        flow.move(draw(STEPS))
    elif change == 8 and flow.legs:
        flow.close()
        flow.recorded = False
        flow.move(draw(STEPS))


@st.composite
def archive_files(draw: st.DrawFn) -> dict[str, Any]:
    """An archive of one to four calls. `call_record_id`s are set, in order."""
    pool = tuple(dict.fromkeys(draw(st.lists(tags(), min_size=1, max_size=3))))
    count = draw(st.sampled_from((2, 1, 3, 4)))
    drawn = [draw(calls(counter, pool)) for counter in range(count)]
    record = 500 + draw(st.integers(0, 50))
    for call in drawn:
        for leg in call["legs"]:
            leg["call_record_id"] = record
            record += 1
    zone = draw(st.sampled_from(ZONES))
    return {"format": ARCHIVE_FORMAT, "time_zone": zone, "now": NOW, "calls": drawn}


def draw_archives(number: int, random_seed: int) -> list[dict[str, Any]]:
    """`number` archives. The same random seed gives the same archives, with or without CI=true."""
    drawn: list[dict[str, Any]] = []
    shrink_archive(drawn.append, number=number, random_seed=random_seed)
    return drawn[:number]


def shrink_archive(function: Callable[[dict[str, Any]], None], *, number: int, random_seed: int) -> None:
    """Run a function on the archives that `draw_archives` gives for the same numbers.

    Raises what the function raises for the smallest archive that Hypothesis reaches.
    """
    phases = (Phase.generate, Phase.shrink)

    @seed(random_seed)
    @settings(PROFILE, max_examples=max(1, number), phases=phases)
    @given(archive_files())
    def run(document: dict[str, Any]) -> None:
        function(document)

    run()
