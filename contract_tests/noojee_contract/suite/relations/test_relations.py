"""Relations: what one answer brings is part of what another does, and together they are the whole."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.archive import hour_of
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import told
from noojee_contract.suite.support.listing import LegName, asked, carries, ends_of, name_of, named, names
from noojee_contract.suite.support.relations import check_rows, rows

MOST_CALLS = 20  # calls met by hour that are asked for by unique id
MOST_TAGS = 10  # tags met on legs that an observed target is asked for
VARIED_TAGS = 4  # tags that are asked for with a letter more, and one fewer


@clause("relations.tag-within-call")
def test_a_leg_by_tag_is_one_of_its_call(subject: Subject, check: Check) -> None:
    """SPEC: both commands tell of the legs of calls; a call has the same legs, whichever finds it."""
    known = set(subject.unique_ids)
    for tag in subject.tags:
        answer = subject.by_tag(tag)
        for unique_id in dict.fromkeys(leg.unique_id for leg in answer.legs if leg.unique_id in known):
            tagged = {name: row for name, row in rows([answer]).items() if name[0] == unique_id}
            check_rows(check, tagged, subject.by_unique_id(unique_id), f"a call of {asked(answer)}")


@clause("relations.hour-within-call")
def test_a_leg_by_hour_is_one_of_its_call(subject: Subject, check: Check) -> None:
    """DOC W-H, W-D9: the legs by hour are legs of calls, and a call has an entry for each."""
    calls: dict[str, None] = {}
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        for leg in answer.legs:
            if leg.unique_id in calls or len(calls) < MOST_CALLS:
                calls[leg.unique_id] = None
                whole = subject.by_unique_id(leg.unique_id)
                there = names(whole.legs)
                said = f"hour {answer.asked.value} lists {named(name_of(leg))}, {asked(whole)} brings {there}"
                check(name_of(leg) in there, said, answer.exchange if there else whole.exchange)


@clause("relations.tag-and-back")
def test_a_tag_that_a_leg_shows_brings_the_leg(subject: Subject, check: Check) -> None:
    """SPEC: Tag is the tag attached to the recording, and by its tag the recording is found."""
    there, met = set(subject.tags), set[str]()
    for unique_id in subject.unique_ids:
        for leg in subject.by_unique_id(unique_id).legs:
            if subject.archive is None and leg.tag and subject.client.can_say(leg.tag) and len(met) < MOST_TAGS:
                met.add(leg.tag)
            if leg.tag in there | met:
                answer = subject.by_tag(leg.tag)
                said = f"{named(name_of(leg))} carries the tag {leg.tag!r}, which brings {names(answer.legs)}"
                check(name_of(leg) in names(answer.legs), said, answer.exchange)


@clause("relations.hours-apart")
def test_no_leg_is_listed_in_two_hours(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour: an end lies in one hour."""
    if len(subject.hours) < 2:
        return
    where: dict[LegName, Answer] = {}
    for day, hour in subject.hours:
        answer = subject.by_hour(day, hour)
        for leg in answer.legs:
            other = where.setdefault(name_of(leg), answer)
            said = f"{named(name_of(leg))} is listed in hour {other.asked.value} and in hour {answer.asked.value}"
            check(other is answer, said, answer.exchange)


@clause("relations.call-over-hours")
def test_the_legs_of_a_call_are_listed_in_their_hours(subject: Subject, check: Check) -> None:
    """DOC W-H: legs that ended in that hour. Duration is rounded down, so an end near the hour may lie in either."""
    hours = set(subject.hours)
    left_out = subject.profile.get("repeated_hour") != "both"
    for unique_id in subject.unique_ids:
        for leg in subject.by_unique_id(unique_id).legs:
            ends = ends_of(leg, more=(0, 2))
            ended = {hour_of(end, subject.zone) for end in ends} & hours if len(set(ends)) == 2 else set()
            if len({hour_of(end, subject.zone) for end in ends}) != 1 or not ended:
                continue
            if left_out and any(end.astimezone(subject.zone).fold for end in ends):
                continue  # the second of two hours of one name may be left out (row 38)
            answer = subject.by_hour(*ended.pop())
            said = f"{named(name_of(leg))} ended in hour {answer.asked.value}, which does not list it ({told(answer)})"
            check(name_of(leg) in names(answer.legs), said, answer.exchange)


@clause("relations.longer-tag")
def test_a_longer_or_shorter_tag_brings_no_call_that_does_not_carry_it(subject: Subject, check: Check) -> None:
    """SPEC: by its tag: a tag asked for with a letter more, or fewer, is another."""
    for tag in subject.tags[:VARIED_TAGS]:
        calls = {leg.unique_id for leg in subject.by_tag(tag).legs}
        for other in (f"{tag}0", tag[:-1]):
            if not other or not calls:
                continue
            answer = subject.by_tag(other)
            for unique_id in calls:
                legs = [leg for leg in answer.legs if leg.unique_id == unique_id]
                carried = any(carries(subject, leg, other) for leg in legs)
                said = f"{asked(answer)}: call {unique_id!r} came, which carries the tag {tag!r} and not {other!r}"
                check(not legs or carried, said, answer.exchange)
