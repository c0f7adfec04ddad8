"""The methods that the generations share: metadata by tag and by unique id. The sound of a leg: retrieve.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from noojee_fake.api.dialects.encode import Encoder
from noojee_fake.api.dialects.responses import Failures, Json
from noojee_fake.api.dialects.retrieve import Found, Retrieve
from noojee_fake.api.dialects.route import Authorise, Question, Route
from noojee_fake.messages import Response
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.retention import Locations, Tier
from noojee_fake.pbx.store.base import Store


class Recordings:
    """Answers for one dialect, by one profile. Parameters are checked here; who may ask was settled before."""

    def __init__(
        self,
        *,
        store: Store,
        locations: Locations,
        encoder: Encoder,
        profile: Mapping[str, str],
        answers: Json,
        failures: Failures,
    ) -> None:
        self._store = store
        self._locations = locations
        self._encoder = encoder
        self._answers = answers
        self._failures = failures
        self._unknown = profile["unknown_recording"]
        self._only_tagged_legs = profile["tag_selects"] == "legs"
        self._ignore_case = profile["tag_match"] == "ignore-case"
        self._empty_is_refused = profile["empty_tag"] == "refused"
        self._in_progress_listed = profile["legs_in_progress"] == "listed"
        self._zero_dropped = profile["zero_length_legs"] == "dropped"
        self._newest_first = profile["metadata_order"] == "newest-first"
        self._expired_removed = profile["expired_leg"] == "record-removed"
        self._all_recorded = not (self._zero_dropped or self._expired_removed)
        self._retrieve = Retrieve(
            store=store,
            locations=locations,
            profile=profile,
            failures=failures,
            wanted=self._wanted,
            find=self._find,
        )
        self._audio_methods = ("POST", "GET", "HEAD") if profile["audio_methods"] == "post-and-get" else ("POST",)

    def routes(self, base: str, authorise: Authorise, *, needs_tls: bool = False) -> dict[str, Route]:
        """The shared methods under one base path."""
        sound = self._audio_methods
        methods = {
            "retrieveMetaData": (self.by_tag, ("POST",)),
            "retrieveMetaDataByUniqueId": (self.by_unique_id, ("POST",)),
            "retrieve": (self.sound_by_tag, sound),
            "retrieveByUniqueId": (self.sound_by_unique_id, sound),
        }
        return {
            f"{base}/{name}": Route(answer=answer, authorise=authorise, methods=allowed, needs_tls=needs_tls)
            for name, (answer, allowed) in methods.items()
        }

    def by_tag(self, question: Question) -> Response:
        """All legs of the calls that carry a tag. Source: W-A4 (SPEC), W-D9 (DOC); what a tag selects: row 25."""
        return self._metadata(question, "tag")

    def by_unique_id(self, question: Question) -> Response:
        """All legs of one call. Source: W-A4 (SPEC), W-D9 (DOC)."""
        return self._metadata(question, "uniqueId")

    def sound_by_tag(self, question: Question) -> Response:
        """The sound of a leg of the newest call that carries a tag. UNKNOWN: chosen, rows 1 to 4."""
        return self._retrieve.answer(question, "tag")

    def sound_by_unique_id(self, question: Question) -> Response:
        """The sound of a leg of one call. UNKNOWN: chosen, rows 1 to 4."""
        return self._retrieve.answer(question, "uniqueId")

    def _metadata(self, question: Question, name: str) -> Response:
        wanted = self._wanted(question, name)
        if isinstance(wanted, Response):
            return wanted
        found = self._find(name, wanted, question.now_micros)
        if not found:
            if wanted and self._unknown != "empty-list":
                return self._failures.answer(200 if self._unknown == "failure-200" else 404, "No matching recording")
            return self._answers.answer(200, b"[]")
        return self._answers.answer(200, b"[" + b",".join(self._write(found, question.now_micros)) + b"]")

    def _wanted(self, question: Question, name: str) -> str | Response:
        """The tag or unique id that is asked for, or the refusal."""
        if name not in question.parameters:
            return self._failures.bad_request(f"Missing parameter {name}")
        wanted = question.parameters[name]
        if wanted is None:
            return self._failures.bad_request(f"Malformed parameter {name}")
        if not wanted and self._empty_is_refused:
            return self._failures.bad_request(f"Empty parameter {name}")
        return wanted

    def _find(self, name: str, wanted: str, now_micros: int) -> Found:
        """What matches, oldest call first. Legs that are not listed do not match either."""
        if name == "uniqueId":
            call = self._store.call(wanted)
            legs = self._listed(call, now_micros) if call else ()
            return ((call, legs),) if call and legs else ()
        if not wanted:
            return ()
        calls = self._store.tagged_ignoring_case(wanted) if self._ignore_case else self._store.tagged(wanted)
        found: list[tuple[Call, Sequence[Leg]]] = []
        for call in calls:
            legs = self._listed(call, now_micros)
            carrying = [leg for leg in legs if self._carries(leg, wanted)]
            if carrying:
                found.append((call, carrying if self._only_tagged_legs else legs))
        if len(found) > 1:
            found.sort(key=lambda entry: (entry[0].start_micros, entry[0].legs[0].call_record_id))
        return found

    def _listed(self, call: Call, now_micros: int) -> Sequence[Leg]:
        if self._in_progress_listed:
            legs = [leg for leg in call.legs if leg.start_micros <= now_micros]
        else:
            legs = [leg for leg in call.legs if leg.end_micros <= now_micros]
        return legs if self._all_recorded else [leg for leg in legs if self.has_record(call, leg, now_micros)]

    def has_record(self, call: Call, leg: Leg, now_micros: int) -> bool:
        """Whether there is a record of a leg: one of no second may have none (row 32), and it may go with its sound (31)."""
        if self._zero_dropped and not leg.duration_seconds:
            return False
        return not self._expired_removed or self._locations.tier(call, leg, now_micros) is not Tier.GONE

    def _carries(self, leg: Leg, tag: str) -> bool:
        return leg.tag == tag or (self._ignore_case and leg.tag.casefold() == tag.casefold())

    def _write(self, found: Found, now_micros: int) -> Iterable[bytes]:
        encoder = self._encoder
        written = [
            encoder.plain(call, leg)
            if leg.end_micros <= now_micros
            else encoder.plain_in_progress(call, leg, now_micros)
            for call, legs in found
            for leg in legs
        ]
        if self._newest_first:
            written.reverse()
        return written
