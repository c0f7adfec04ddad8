"""The recording methods that the dialects share: metadata and sound, each by tag and by unique id."""

from __future__ import annotations

from collections.abc import Iterable

from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.kept_answers import KeptAnswers
from noojee_fake.api.dialects.responses import ErrorWriter
from noojee_fake.api.dialects.retrieve import Retrieve
from noojee_fake.api.dialects.route import ApiCall, ApiRoute, Authorise
from noojee_fake.api.dialects.selection import SelectedCalls, Selection
from noojee_fake.messages import Response


class Recordings:
    """The shared methods for one dialect. They check parameters; the route checks the caller."""

    def __init__(self, context: DialectContext, errors: ErrorWriter) -> None:
        profile = context.profile
        self.selection = Selection(context, errors)
        self._encoder = context.encoder
        self._json = context.json
        self._errors = errors
        self._unknown = profile["unknown_recording"]
        self._newest_first = profile["metadata_order"] == "newest-first"
        self._store = context.store
        self._kept = {name: KeptAnswers(context.budget) for name in ("tag", "uniqueId")}
        self._retrieve = Retrieve(context, errors, self.selection)
        self._audio_methods = ("POST", "GET", "HEAD") if profile["audio_methods"] == "post-and-get" else ("POST",)

    def routes(self, base: str, authorise: Authorise, *, needs_tls: bool = False) -> dict[str, ApiRoute]:
        """The shared methods under one base path."""
        sound = self._audio_methods
        methods = {
            "retrieveMetaData": (self.by_tag, ("POST",)),
            "retrieveMetaDataByUniqueId": (self.by_unique_id, ("POST",)),
            "retrieve": (self.sound_by_tag, sound),
            "retrieveByUniqueId": (self.sound_by_unique_id, sound),
        }
        return {
            f"{base}/{name}": ApiRoute(
                handle=handle,
                authorise=authorise,
                methods=allowed,
                needs_tls=needs_tls,
                is_slow=handle in (self.sound_by_tag, self.sound_by_unique_id),
            )
            for name, (handle, allowed) in methods.items()
        }

    def by_tag(self, api_call: ApiCall) -> Response:
        """The legs of the calls that carry a tag; the option `tag_selects` narrows them.

        Source: W-A4 (SPEC), W-D9 (DOC).
        """
        return self._metadata(api_call, "tag")

    def by_unique_id(self, api_call: ApiCall) -> Response:
        """The legs of one call. Source: W-A4 (SPEC), W-D9 (DOC)."""
        return self._metadata(api_call, "uniqueId")

    def sound_by_tag(self, api_call: ApiCall) -> Response:
        """The sound of a leg of the newest call that carries a tag. UNKNOWN: chosen, see the `audio_*` options."""
        return self._retrieve.handle(api_call, "tag")

    def sound_by_unique_id(self, api_call: ApiCall) -> Response:
        """The sound of a leg of one call. UNKNOWN: chosen, see the `audio_*` options."""
        return self._retrieve.handle(api_call, "uniqueId")

    def _metadata(self, api_call: ApiCall, name: str) -> Response:
        wanted = self.selection.wanted(api_call, name)
        if isinstance(wanted, Response):
            return wanted
        now_micros = api_call.now_micros
        changes, kept = self._store.changes, self._kept[name]
        answer = kept.find(wanted, changes, now_micros)
        if answer is None:
            candidates = self.selection.candidates(name, wanted)
            answer = self._make(wanted, self.selection.listed(name, wanted, candidates, now_micros), now_micros)
            since_micros = self.selection.settled_since(candidates, now_micros)
            if since_micros is not None:
                kept.keep(wanted, changes, since_micros, answer)
        return answer

    def _make(self, wanted: str, found: SelectedCalls, now_micros: int) -> Response:
        """The answer with the metadata of the selected legs."""
        if not found:
            if wanted and self._unknown != "empty-list":
                return self._errors.response(200 if self._unknown == "failure-200" else 404, "No matching recording")
            return self._json.response(200, b"[]")
        return self._json.response(200, b"[" + b",".join(self._write(found, now_micros)) + b"]")

    def _write(self, found: SelectedCalls, now_micros: int) -> Iterable[bytes]:
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
