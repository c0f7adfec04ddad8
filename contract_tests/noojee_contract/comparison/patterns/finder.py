"""The rule that the differences of a clause follow, field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from noojee_contract.comparison.difference import Difference, LegName, LegPair
from noojee_contract.comparison.patterns import durations, starts, texts
from noojee_contract.comparison.patterns.circumstances import circumstance
from noojee_contract.comparison.patterns.evidence import Evidence, Finder
from noojee_contract.comparison.patterns.presence import presence, same_leg
from noojee_contract.comparison.patterns.renamed import renamed

LEGS = "legs"
"""What differences are about whose leg only one side lists."""
FINDERS: Mapping[str, Sequence[Finder]] = {
    "Start": starts.FINDERS,
    "Duration": (*durations.FINDERS, *texts.FINDERS),
}
"""The finders of fields that are no texts."""


def pattern_of(differences: Sequence[Difference], pairs: dict[LegName, LegPair], *, zone: ZoneInfo) -> str | None:
    """The rules that differences follow, field by field; None where there is none.

    `pairs` are all legs that were compared. `zone` is the time zone of the old side.
    """
    fields = dict.fromkeys(_topic(each) for each in differences)
    found: dict[str, str] = {}
    for topic in fields:
        evidence = _evidence(topic, [each for each in differences if _topic(each) == topic], pairs, zone)
        rule = _rule(evidence)
        if rule is not None:
            found[topic] = rule
    if len(fields) == 1 or len(set(found.values())) == 1:
        return next(iter(found.values()), None)
    return "; ".join(f"{topic}: {rule}" for topic, rule in found.items()) or None


def _topic(difference: Difference) -> str:
    """What a difference is about. Missing and additional legs are one topic."""
    one_sided = difference.pair.old is None or difference.pair.new is None
    return LEGS if one_sided else difference.about


def _evidence(topic: str, differences: Sequence[Difference], pairs: dict[LegName, LegPair], zone: ZoneInfo) -> Evidence:
    once = {each.name: each for each in reversed(differences)}
    return Evidence(about=topic, differences=tuple(reversed(once.values())), pairs=pairs, zone=zone)


def _rule(evidence: Evidence) -> str | None:
    """The first rule that is found, with the circumstance of the differing legs."""
    finders: Sequence[Finder] = FINDERS.get(evidence.about, texts.FINDERS)
    if evidence.about == LEGS:
        finders = (renamed, presence)
    rules = (finder(evidence) for finder in (same_leg, *finders))
    rule = next((each for each in rules if each is not None), None)
    where = circumstance(evidence, about_presence=evidence.about == LEGS)
    if rule is None or where is None:
        return rule or where
    return rule if "summer time" in rule or "afternoon" in rule else f"{rule}, {where}"
