"""Which calls and legs a request for recordings selects: by tag or by unique id, as the options say."""

from __future__ import annotations

from collections.abc import Sequence

from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.responses import ErrorWriter
from noojee_fake.api.dialects.route import ApiCall
from noojee_fake.messages import Response
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.retention import Tier

SelectedCalls = Sequence[tuple[Call, Sequence[Leg]]]
"""Calls with their selected legs, at least one leg each; oldest call first."""


class Selection:
    """Selects calls and legs for one dialect."""

    def __init__(self, context: DialectContext, errors: ErrorWriter) -> None:
        profile = context.profile
        self._store = context.store
        self._retention = context.retention
        self._errors = errors
        self._only_tagged_legs = profile["tag_selects"] == "legs"
        self._ignore_case = profile["tag_match"] == "ignore-case"
        self._empty_is_refused = profile["empty_tag"] == "refused"
        self._in_progress_listed = profile["legs_in_progress"] == "listed"
        self._zero_dropped = profile["zero_length_legs"] == "dropped"
        self._expired_removed = profile["expired_leg"] == "record-removed"
        self._all_recorded = not (self._zero_dropped or self._expired_removed)

    def wanted(self, api_call: ApiCall, name: str) -> str | Response:
        """The value of the parameter `tag` or `uniqueId`, or the refusal."""
        if name not in api_call.parameters:
            return self._errors.bad_request(f"Missing parameter {name}")
        wanted = api_call.parameters[name]
        if wanted is None:
            return self._errors.bad_request(f"Malformed parameter {name}")
        if not wanted and self._empty_is_refused:
            return self._errors.bad_request(f"Empty parameter {name}")
        return wanted

    def find(self, name: str, wanted: str, now_micros: int) -> SelectedCalls:
        """The calls that match, from the store."""
        return self.listed(name, wanted, self.candidates(name, wanted), now_micros)

    def candidates(self, name: str, wanted: str) -> Sequence[Call]:
        """The calls of a unique id or a tag, listed or not."""
        if name == "uniqueId":
            call = self._store.call(wanted)
            return (call,) if call else ()
        if not wanted:
            return ()
        return self._store.tagged_ignoring_case(wanted) if self._ignore_case else self._store.tagged(wanted)

    def listed(self, name: str, wanted: str, candidates: Sequence[Call], now_micros: int) -> SelectedCalls:
        """The calls among the candidates that match. Legs that are not listed do not match either."""
        found: list[tuple[Call, Sequence[Leg]]] = []
        for call in candidates:
            legs = matching = self._listed(call, now_micros)
            if name == "tag":
                matching = [leg for leg in legs if self._has_tag(leg, wanted)]
            if matching:
                found.append((call, matching if self._only_tagged_legs else legs))
        if len(found) > 1:
            found.sort(key=lambda selected: (selected[0].start_micros, selected[0].legs[0].call_record_id))
        return found

    def settled_since(self, candidates: Sequence[Call], now_micros: int) -> int | None:
        """The time since which the selection is the same, if no call changes: all legs of its calls have ended.

        None if a leg has not ended, if the retention may remove a record, or if nothing was found: unknown values are
        endless.
        """
        if not self._all_recorded:
            return None
        since = max((leg.end_micros for call in candidates for leg in call.legs), default=None)
        return since if since is not None and since <= now_micros else None

    def has_record(self, call: Call, leg: Leg, now_micros: int) -> bool:
        """Whether a leg has a database record.

        The option `zero_length_legs` drops legs shorter than a second. The option `expired_leg` removes the record
        together with the sound.
        """
        if self._zero_dropped and not leg.duration_seconds:
            return False
        return not self._expired_removed or self._retention.tier(call, leg, now_micros) is not Tier.GONE

    def _listed(self, call: Call, now_micros: int) -> Sequence[Leg]:
        if self._in_progress_listed:
            legs = [leg for leg in call.legs if leg.start_micros <= now_micros]
        else:
            legs = [leg for leg in call.legs if leg.end_micros <= now_micros]
        return legs if self._all_recorded else [leg for leg in legs if self.has_record(call, leg, now_micros)]

    def _has_tag(self, leg: Leg, tag: str) -> bool:
        return leg.tag == tag or (self._ignore_case and leg.tag.casefold() == tag.casefold())
