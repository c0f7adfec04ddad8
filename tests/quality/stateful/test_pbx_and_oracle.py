"""The fake and the oracle go through the same calls, hours and hashes over HTTP, and give the same answers.

`--hypothesis-profile=stateful` runs many examples. The oracle (tests/support/oracle) shares no code with the fake.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from noojee_fake.pbx.clock import CountedIds
from noojee_fake.server.sandboxes import build
from support.oracle import answers, calendar
from support.oracle.answers import SHAPE_1, SHAPE_2, Archive
from support.oracle.asking import LEGACY, MANAGED, NJADMIN, SandboxClient
from support.oracle.calls import DIRECTORY, PEOPLE, QUEUES, ROUTES, Call, Calls
from support.oracle.tickets import Limit, Ticket

LONG = settings.get_current_profile_name() == "stateful"
SERVER = build(ids=CountedIds())
OUTSIDE = ("0355500042", "0390000099")
TAGS = ("INV-1", "inv-1", "Zoë & 50% +1")
AGENTS = (*PEOPLE.values(), "Administrator", "Pebbles")
STARTS = (calendar.SUMMER_ENDS, calendar.SUMMER_BEGINS, calendar.MIDNIGHT, calendar.NEW_YEAR)
STEPS = (0.001, 0.25, 1, 7, 9.999, 10, 10.001, 59.999, 60, 61, 600, 1799.5, 1800, 3599.999, 3600, 5400, 10800)
USES = (0, 0, 0.5, 5, 9.999, 10, 10.001, 1800, 3590, 3599.999, 3600)
"""Seconds between the uses of a ticket."""
OPTIONS = {
    "hash_hour_from": ("first-use", "last-use", "time-stamp"),
    "hash_reuse": ("within-window", "once"),
    "tag_inherited": ("inherited", "start-only"),
    "tag_selects": ("calls", "legs"),
    "zero_length_legs": ("kept", "dropped"),
    "repeated_hour": ("both", "first"),
    "start_while_recording": ("splits", "ignored", "refused"),
}

which = st.integers(0, 5)
tags = st.none() | st.sampled_from(TAGS)
agents = st.none() | st.sampled_from(AGENTS)
numbers = st.sampled_from((*PEOPLE, *QUEUES, *OUTSIDE))
mostly = st.sampled_from((True, True, True, False))
waits = st.sampled_from((0, *STEPS))


class PbxAndOracle(RuleBasedStateMachine):
    """One sandbox of a server, used over HTTP only.

    Hypothesis evaluates preconditions before `begin`, and calls `teardown` even if `begin` was cut short.
    """

    began = False
    spare = 0

    @initialize(
        start=st.sampled_from(STARTS),
        before=st.integers(0, 3 * 3600),
        options=st.fixed_dictionaries({key: st.sampled_from(choices) for key, choices in OPTIONS.items()}),
    )
    def begin(self, start: int, before: int, options: dict[str, str]) -> None:
        self.now = start - before * calendar.SECOND
        clock = {"now": calendar.utc(self.now), "frozen": True}
        spec = {"directory": DIRECTORY, "profile": options, "clock": clock, "time_zone": "Australia/Melbourne"}
        self.client = SandboxClient(SERVER, spec)
        self.options = options
        self.calls = Calls(inherited=options["tag_inherited"] == "inherited")
        self.archive = Archive(
            self.calls,
            tagged_legs=options["tag_selects"] == "legs",
            short_dropped=options["zero_length_legs"] == "dropped",
            first_pass=options["repeated_hour"] == "first",
        )
        self.limit = Limit()
        self.tickets: list[Ticket] = []
        self.sequence = 0
        self.seen: dict[str, dict[str, str]] = {extension: {} for extension in PEOPLE}
        self.began = True

    def teardown(self) -> None:
        """End every call, list every leg by each method, and delete the sandbox."""
        if self.began:
            for call in self.calls.live():
                self.step(0.75)
                self.end(call.unique_id, call)
            self.every_extension_sees_what_it_should()
            self.every_call_is_reported()
            self.every_tag_lists_its_calls()
            for date, hour in self.archive.hours():
                self.step(60)
                self.ask_hour(date, hour)
            self.client.drop()

    def fresh(self) -> str:
        """An unused hash, so that `once` does not matter."""
        self.spare += 1
        stamp = self.now // 1000 - 8000 + self.spare
        while any(ticket.stamp == stamp for ticket in self.tickets):
            stamp += 1
        return Ticket(stamp, right=True).query(self.client.key)

    def call(self, at: int) -> Call:
        live = self.calls.live()
        return live[at % len(live)]

    def some_call(self) -> bool:
        return self.began and bool(self.calls.live())

    # What happens

    @rule(seconds=st.sampled_from(STEPS))
    def step(self, seconds: float) -> None:
        """The clock advances, and Time returns it."""
        self.now += round(seconds * calendar.SECOND)
        self.client.step(seconds)
        assert self.client.time() == self.now // 1000

    def call_began(self, unique_id: str, **fields: Any) -> None:
        assert unique_id.split(".")[0] == str(self.now // calendar.SECOND)
        assert all(call.unique_id != unique_id for call in self.calls.all)
        self.calls.begin(Call(unique_id=unique_id, **fields), self.now)

    @rule(did=st.sampled_from(tuple(ROUTES)), source=st.sampled_from(("0491570156", "", "500", "410")), tag=tags)
    def inbound(self, did: str, source: str, tag: str | None) -> None:
        reported = self.client.play(
            "inbound", did=did, source=source, **({} if tag is None else {"tag": tag}), **{"as": "a"}
        )
        to, record, account = ROUTES[did]
        self.call_began(
            reported["calls"]["a"]["unique_id"],
            direction="inbound",
            source=source,
            did=did,
            place="greeting" if record == "greeting" else "",
            number=to,
            record=record,
            held=source,
            account=account,
            tag=tag or "",
        )

    @rule(
        extension=st.sampled_from(tuple(PEOPLE)), number=numbers, record=st.booleans(), tag=tags, by_api=st.booleans()
    )
    def call_out(self, extension: str, number: str, record: bool, tag: str | None, by_api: bool) -> None:
        """From the phone, or dialled by the API; then the caller's phone rings first."""
        reported: Any
        if by_api:
            given = {"number": number, "extenOrUniqueId": f"SIP/{extension}", "record": str(record).lower()}
            reported = json.loads(self.client.ask(MANAGED, "dial", **given, tag=tag or "").body)
            fine = reported["Code"] == 0
        else:
            how = {"from": extension, "number": number, "record": "answer" if record else "never", "as": "a"}
            reported = self.client.play("place", **how, **({} if tag is None else {"tag": tag}))
            fine = "error" not in reported
        assert fine is (extension != number)
        if not fine:
            return
        if by_api:
            newest = self.client.subscribed(0, extension)["Data"][extension][-1]["CallData"]
            assert newest["isClickToDialCall"] is True
            unique_id = newest["uniqueCallId"]
        else:
            unique_id = reported["calls"]["a"]["unique_id"]
        inside = number in PEOPLE or number in QUEUES
        self.call_began(
            unique_id,
            direction="internal" if inside else "outbound",
            source=extension,
            did="internal" if inside else "",
            place="dials" if by_api else "",
            number=number,
            record="answer" if record else "never",
            held=extension,
            caller=extension,
            owner=PEOPLE[extension],
            tag=tag or "",
        )

    @precondition(some_call)
    @rule(at=which)
    def proceed(self, at: int) -> None:
        call = self.call(at)
        reported = self.client.play("proceed", call=call.unique_id)
        assert ("error" not in reported) is (call.place == "greeting")
        if call.place == "greeting":
            self.calls.lead(call, self.now)

    @rule(did=st.sampled_from(tuple(ROUTES)), tag=tags, after=waits, who=which, then=waits)
    def call_in(self, did: str, tag: str | None, after: float, who: int, then: float) -> None:
        """An answered call from outside."""
        self.inbound(did, "0491570156", tag)
        self.step(after)
        at = len(self.calls.live()) - 1
        self.proceed(at)
        self.answer(at, who, True, False)
        self.step(then)

    @precondition(some_call)
    @rule(at=which, who=which, ringing=mostly, by_api=st.booleans())
    def answer(self, at: int, who: int, ringing: bool, by_api: bool) -> None:
        """A ringing party may answer; the API answers for extensions only."""
        call = self.call(at)
        able = [each for each in (*PEOPLE, *OUTSIDE) if self.calls.may_answer(call, each)]
        anybody = able if ringing and able else (*PEOPLE, *OUTSIDE)
        by = anybody[who % len(anybody)]
        allowed = self.calls.may_answer(call, by)
        if by_api and by in PEOPLE:
            reported = json.loads(self.client.ask(MANAGED, "answer", uniqueId=call.unique_id, exten=f"SIP/{by}").body)
            assert (reported["Code"] == 0) is allowed
        else:
            assert ("error" not in self.client.play("answer", call=call.unique_id, by=by)) is allowed
        if allowed:
            self.calls.answer(call, by, self.now)

    @precondition(some_call)
    @rule(at=which, to=numbers, after=waits, who=which, taken=mostly, then=waits)
    def hand_on(self, at: int, to: str, after: float, who: int, taken: bool, then: float) -> None:
        """The connected party transfers the call; usually another one answers."""
        talking = [call for call in self.calls.live() if call.place == "talks"]
        call = talking[at % len(talking)] if talking else self.call(at)
        self.step(after)
        allowed = self.calls.may_hand_on(call, to)
        assert ("error" not in self.client.play("transfer", call=call.unique_id, to=to)) is allowed
        if allowed:
            self.calls.hand_on(call, to, self.now)
            if taken:
                self.step(then)
                self.answer(self.calls.live().index(call), who, True, True)

    @precondition(some_call)
    @rule(at=which, by_extension=st.none() | st.sampled_from(tuple(PEOPLE)))
    def hang_up(self, at: int, by_extension: str | None) -> None:
        name = self.call(at).unique_id if by_extension is None else by_extension
        self.end(name, self.calls.of(name))

    def end(self, name: str, call: Call | None) -> None:
        reported = json.loads(self.client.ask(MANAGED, "hangup", extenOrUniqueId=name).body)
        assert (reported["Code"] == 0) is (call is not None)
        if call is not None:
            self.calls.hang_up(call, self.now)

    @precondition(some_call)
    @rule(
        at=which,
        extension=st.none() | st.sampled_from(tuple(PEOPLE)),
        agent=agents,
        tag=tags,
        how=st.integers(0, 3),
        then=waits,
    )
    def start(self, at: int, extension: str | None, agent: str | None, tag: str | None, how: int, then: float) -> None:
        name = self.call(at).unique_id if extension is None else f"SIP/{extension}-12FA7B"
        call = self.calls.of(self.call(at).unique_id if extension is None else extension)
        given = {"extenOrUniqueId": name}
        given |= {} if agent is None else {"agentLoginName": agent}
        given |= {} if tag is None else {"tag": tag}
        again = self.options["start_while_recording"] if call is not None and call.recording else "splits"
        refused = call is None or agent == "Pebbles" or again == "refused"
        assert self.client.order(how, self.fresh(), "start", **given) == (-1 if refused else 0)
        if call is not None and not refused and again == "splits":
            self.calls.start(call, tag, agent or PEOPLE.get(extension or call.talks), self.now)
            self.step(then)

    @precondition(some_call)
    @rule(at=which, extension=st.none() | st.sampled_from(tuple(PEOPLE)), agent=agents, how=st.integers(0, 3))
    def stop(self, at: int, extension: str | None, agent: str | None, how: int) -> None:
        recorded = [call for call in self.calls.live() if call.recording] or [self.call(at)]
        name = recorded[at % len(recorded)].unique_id if extension is None else extension
        call = self.calls.of(name)
        given = {"extenOrUniqueId": name} | ({} if agent is None else {"agentLoginName": agent})
        allowed = call is not None and call.recording and (agent is None or self.calls.may_stop(call, agent))
        assert self.client.order(how, self.fresh(), "stop", **given) == (0 if allowed else -1)
        if call is not None and allowed:
            self.calls.stop(call, self.now)

    # Tickets and limits

    @rule(
        ahead=st.sampled_from((0, 0, 0, -9000, 1999, 2000, 2001)),
        right=mostly,
        uses=st.lists(st.tuples(st.sampled_from(USES), mostly), max_size=4),
        edges=st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 1)), max_size=2),
    )
    def take_ticket(
        self, ahead: int, right: bool, uses: list[tuple[float, bool]], edges: list[tuple[int, int]]
    ) -> None:
        """A time stamp from Time or from another clock, used several times, also at the edges of its hour."""
        ticket = Ticket(self.now // 1000 + ahead, right)
        self.tickets.append(ticket)
        for after, managed in uses:
            self.step(after)
            self.use_ticket(0, managed, TAGS[0])
        for begin, off in edges:
            moments = (ticket.stamp, *ticket.uses[:1], *ticket.uses[-1:])
            millis = moments[begin % len(moments)] + 3_600_000 + off - self.now // 1000
            if millis > 0:
                self.step(millis / 1000)
                self.use_ticket(0, True, TAGS[0])

    @precondition(lambda self: self.began and bool(self.tickets))
    @rule(at=which, managed=st.booleans(), tag=st.sampled_from(TAGS))
    def use_ticket(self, at: int, managed: bool, tag: str) -> None:
        ticket = self.tickets[-1 - at % len(self.tickets)]
        body = self.client.ask(
            MANAGED if managed else LEGACY, "retrieveMetaData", ticket.query(self.client.key), tag=tag
        ).body
        twins = [each for each in self.tickets if (each.stamp, each.right) == (ticket.stamp, ticket.right)]
        if managed:
            refusal = twins[0].managed(self.now // 1000, hour_from=self.options["hash_hour_from"])
        else:
            refusal = twins[0].legacy(self.now // 1000, once=self.options["hash_reuse"] == "once")
        if refusal:
            assert json.loads(body) == {"Message": refusal, "Code": -1}
        else:
            self.archive.same_by_tag(answers.read(body, SHAPE_1), tag)

    @rule(back=st.integers(-1, 4), wait=mostly)
    def ask_recent_hour(self, back: int, wait: bool) -> None:
        """A past, the running or a future hour; usually a minute after the last request."""
        self.step(60 if wait else 0.001)
        self.ask_hour(*calendar.hour_of(self.now - back * calendar.HOUR))

    def ask_hour(self, date: str, hour: int) -> None:
        answer = self.client.ask(NJADMIN, "retrieveMetaDataByHour", date=date, hour=hour)
        assert answer.status == (200 if self.limit.take(self.now) else 429)
        if answer.status == 200:
            reported = answers.read(answer.body, SHAPE_2)
            due = {(row["UniqueId"], row["Leg"]): row for row in self.archive.by_hour(date, hour)}
            assert {(row["UniqueId"], row["Leg"]) for row in reported} == set(due)
            self.archive.same(reported, [due[row["UniqueId"], row["Leg"]] for row in reported])
            ids = [int(row["CallRecordId"]) for row in reported]
            ends = {(call.unique_id, str(leg.number)): leg.end or 0 for call in self.calls.all for leg in call.legs}
            order = [ends[row["UniqueId"], row["Leg"]] // calendar.SECOND for row in reported]
            assert list(zip(order, ids, strict=True)) == sorted(zip(order, ids, strict=True))

    # What holds after each step

    @invariant()
    def every_extension_sees_what_it_should(self) -> None:
        """The state now; and since the last time each change, reported once, and nothing else."""
        due = {extension: self.calls.seen(extension) for extension in PEOPLE}
        whole = self.client.subscribed(0, ",".join(PEOPLE))
        assert statuses(whole) == {extension: seen for extension, seen in due.items() if seen}
        if self.sequence:
            news = statuses(self.client.subscribed(self.sequence, ",".join(PEOPLE)))
            for extension in PEOPLE:
                before, reported = self.seen[extension], news.get(extension, {})
                gone = {unique_id: "Hungup" for unique_id in before if unique_id not in due[extension]}
                changed = {uid: now for uid, now in due[extension].items() if before.get(uid) != now}
                assert (changed | gone).items() <= reported.items()
                assert {uid: now for uid, now in reported.items() if now != "Hungup"}.items() <= due[extension].items()
        assert self.client.subscribed(whole["seq"], ",".join(PEOPLE)) == {"Data": {}, "seq": whole["seq"], "Code": 0}
        assert whole["seq"] >= self.sequence
        self.sequence, self.seen = whole["seq"], due

    @invariant()
    def every_call_is_reported(self) -> None:
        for call in self.calls.all:
            body = self.client.ask(NJADMIN, "retrieveMetaDataByUniqueId", uniqueId=call.unique_id).body
            self.archive.same(answers.read(body, SHAPE_1), self.archive.by_unique_id(call.unique_id))

    @invariant()
    def every_tag_lists_its_calls(self) -> None:
        for tag in TAGS:
            body = self.client.ask(NJADMIN, "retrieveMetaData", tag=tag).body
            self.archive.same_by_tag(answers.read(body, SHAPE_1), tag)


def statuses(reported: Any) -> dict[str, dict[str, str]]:
    """By extension, the status of each call in an answer of subscribe."""
    return {
        extension: {row["CallData"]["uniqueCallId"]: row["CallData"]["status"] for row in rows}
        for extension, rows in reported["Data"].items()
    }


TestPbxAndOracle = PbxAndOracle.TestCase
TestPbxAndOracle.settings = settings(
    max_examples=1500 if LONG else 40, stateful_step_count=60 if LONG else 30, deadline=None
)


def test_teardown_ends_every_call_and_deletes_the_sandbox() -> None:
    """The checks at the end of an example are not skipped."""
    machine = PbxAndOracle()
    machine.begin(start=calendar.MIDNIGHT, before=0, options={key: choices[0] for key, choices in OPTIONS.items()})
    machine.call_in(did="7601", tag=None, after=1, who=0, then=7)
    assert machine.calls.live()
    machine.teardown()
    assert not machine.calls.live()
    assert len(machine.archive.hours()) == 1
    assert machine.client.ask(NJADMIN, "retrieveMetaData", tag="").status == 404
