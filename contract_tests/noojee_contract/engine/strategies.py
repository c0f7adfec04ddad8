"""Hypothesis strategies: calls as they flow through a PBX, as archive files (data that any writable target takes).

The grammar is the specification page's: a call enters a queue, is answered, is transferred, is hung up; each transition splits
the recording, recording can begin late, be started again and be stopped. Simple calls come first, so finds shrink
towards one plain leg. Ids and times are mapped from integers: fast, and they shrink.
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
ALPHABET = "aZ09 -_.~:/?#[]@!$&'()*+,;=%\"\\<>^`{|}\u00e9\u0301\u00df\u0130\u4e2d\u202e\ufeff\U0001f4de"  # no character table to load
USERS = (("400", "Barney"), ("410", "Fred"), ("420", "Wilma"), ("430", "Zoë O'Neil & Söhne"))
CALLERS = ("0491570156", "0491570157", "", "+61491570158", "500")
QUEUES = ("600", "610")
STEP_MS = (4000, 31000, 0, 999, 1000, 1001, 118_250, 5, 61_437)


@dataclass(slots=True)
class _Flow:
    """A call in the making: where it is, whether it is recorded, and the legs so far."""

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
    """One call as it flows through the PBX; `counter` makes its unique id, `tag_pool` its tags."""
    moment = draw(st.sampled_from(MOMENTS)) + draw(st.integers(0, 90)) + 120 * counter
    flow = _Flow(at=datetime.fromtimestamp(moment, UTC) + timedelta(milliseconds=draw(st.integers(0, 999))))
    direction = draw(st.sampled_from(("inbound", "inbound", "inbound", "inbound", "internal", "outbound")))
    steps = st.sampled_from(STEP_MS)
    flow.recorded = draw(st.integers(0, 9)) != 9  # else switched on at a later transition
    flow.tag = draw(st.sampled_from(tag_pool))
    call: dict[str, Any] = {"unique_id": f"{moment}.{counter * 3 + 2}", "direction": direction}
    flow.move(draw(steps) % 5000)
    if direction == "inbound":
        call |= {"source": draw(st.sampled_from(CALLERS)), "did": draw(st.sampled_from(("0390000002", "7601")))}
        for _ in range(draw(st.sampled_from((1, 2, 1, 2, 0)))):  # greeting, queue
            flow.go_to(draw(st.sampled_from(QUEUES)), None)
            flow.move(draw(steps))
        parties = draw(st.sampled_from((2, 3, 2, 3, 1, 4, 0)))
    else:
        extension, username = draw(st.sampled_from(USERS))
        call["source"] = extension
        parties = draw(st.sampled_from((3, 1, 2, 4)))
        if direction == "outbound":
            flow.go_to("0390000099", username)
            flow.move(draw(steps))
            parties -= 1
    for _ in range(parties):  # answered, then transferred
        extension, username = draw(st.sampled_from(USERS))
        flow.go_to(extension, username)
        flow.move(draw(steps))
        switch = draw(st.integers(0, 9))
        if switch == 9:  # recording is started, or started again with another tag
            flow.close()
            flow.recorded = True
            flow.tag = draw(st.sampled_from(tag_pool))
            flow.open()
            flow.move(draw(steps))
        elif switch == 8 and flow.legs:  # recording is stopped
            flow.close()
            flow.recorded = False
            flow.move(draw(steps))
    if not flow.legs and flow.opened is None:
        flow.recorded = True
        flow.destination = flow.destination or "410"
        flow.open()
        flow.move(draw(steps))
    flow.close()
    call["legs"] = flow.legs
    return call


@st.composite
def archive_files(draw: st.DrawFn) -> dict[str, Any]:
    """An archive of one to four calls; `call_record_id`s are given, in order, some apart."""
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
    """`number` archives for a random seed: the same random seed gives the same archives, with or without CI=true."""
    drawn: list[dict[str, Any]] = []
    shrink_archive(drawn.append, number=number, random_seed=random_seed)
    return drawn[:number]


def shrink_archive(function: Callable[[dict[str, Any]], None], *, number: int, random_seed: int) -> None:
    """Report a function over the archives of a random seed; what the function raises for the smallest archive found comes through.

    The archives are those of `draw_archives` with the same numbers.
    """
    phases = (Phase.generate, Phase.shrink)

    @seed(random_seed)
    @settings(PROFILE, max_examples=max(1, number), phases=phases)
    @given(archive_files())
    def run(document: dict[str, Any]) -> None:
        function(document)

    run()
