"""A report for people outside of the organisation: numbers, names and addresses are replaced by stand-ins.

The stand-ins are those of redacted recordings: with one key, a report and a recording name the same people. Scripts and
commands that repeat a check are left out, because only the organisation can use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from noojee_contract.model.failure import Failure
from noojee_contract.model.result import Report, Result, TargetRow
from noojee_contract.redaction.redact import HIDDEN
from noojee_contract.redaction.rules import FOLDED_FIELDS, PERSONAL
from noojee_contract.redaction.stand_ins import StandInKey, StandIns
from noojee_contract.redaction.values import ValueRedactor, is_json
from noojee_contract.report.own_words import own_words

PLACES = ("staging", "production", "prod", "legacy", "replacement", "old", "new", "test", "fake", "pbx", "redacted")
"""Words of target names that name nobody."""
FILLER = "x"


def shared_report(report: Report, key: StandInKey) -> Report:
    """The report without personal details, with a note that names the key by its fingerprint."""
    return _Sharing(report, key).report()


class _Sharing:
    """Replaces personal details in one report. All values of its exchanges are known before a text is changed."""

    def __init__(self, report: Report, key: StandInKey) -> None:
        self._report = report
        self._fingerprint = key.fingerprint
        self._values = ValueRedactor(StandIns(key), words=(*own_words(), *PLACES))
        self._texts = self._values.texts
        self._texts.keep_small_numbers = True
        for call in report.calls:
            self._document(call)
        for failure in _failures(report.results):
            if failure.exchange is not None:
                self._exchange(failure.exchange)
            if failure.field is not None and FOLDED_FIELDS.get(failure.field.lower()) is PERSONAL:
                for value in (failure.expected, failure.actual):
                    self._values.personal((value or "").strip("'\""))

    def report(self) -> Report:
        """The report with stand-ins."""
        report, text = self._report, self._texts.text
        note = f"shared report: numbers, names and addresses are stand-ins, made with the key {self._fingerprint}"
        return replace(
            report,
            targets=[self._target(target) for target in report.targets],
            results=[self._result(result) for result in report.results],
            missing=[(text(target), clause) for target, clause in report.missing],
            empty_rows=[(text(target), text(row)) for target, row in report.empty_rows],
            unreachable=[(text(target), text(reason)) for target, reason in report.unreachable],
            differing_options=[replace(each, migration=text(each.migration)) for each in report.differing_options],
            calls=[self._document(call) for call in report.calls],
            caveats=[text(caveat) for caveat in report.caveats],
            notes=[*map(text, report.notes), note],
        )

    def _target(self, target: TargetRow) -> TargetRow:
        return replace(target, name=self._texts.text(target.name), address=self._values.url(target.address))

    def _result(self, result: Result) -> Result:
        failure = None if result.failure is None else self._failure(result.failure)
        return replace(
            result,
            target=self._texts.text(result.target),
            reason=self._text(result.reason),
            failure=failure,
            unanswered=tuple(replace(each, target=self._texts.text(each.target)) for each in result.unanswered),
        )

    def _failure(self, failure: Failure) -> Failure:
        return replace(
            failure,
            message=self._texts.text(failure.message),
            expected=self._text(failure.expected),
            actual=self._text(failure.actual),
            exchange=None if failure.exchange is None else self._exchange(failure.exchange),
            script=None,
            command=None,
            on_the_fake=None,
            elsewhere=None,
            flaky=self._text(failure.flaky),
        )

    def _text(self, text: str | None) -> str | None:
        return None if text is None else self._texts.text(text)

    def _exchange(self, exchange: Mapping[str, Any]) -> dict[str, Any]:
        request, response = exchange["request"], exchange["response"]
        return {
            **exchange,
            "request": {**self._message(request), "url": self._values.url(request["url"])},
            "response": None if response is None else self._message(response),
            "transport_error": self._text(exchange["transport_error"]),
        }

    def _message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        headers = [
            [name, HIDDEN] if value == HIDDEN else list(self._values.header(name, value))
            for name, value in message["headers"]
        ]
        return {**message, "headers": headers, "body": self._body(message["body"])}

    def _body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A body as JSON or a page; of other bodies, only the length."""
        text = body.get("text")
        if text is None:
            return {"omitted_bytes": body.get("omitted_bytes", 0) + len(body.get("base64", "")) * 3 // 4}
        if is_json(text):
            return {**body, "text": self._values.json(text)}
        if text.lstrip().startswith("<"):
            return {**body, "text": self._values.page(text)}
        return {**body, "text": FILLER * len(text)}

    def _document(self, value: Any, name: str = "") -> Any:
        """A JSON document of this project, with values replaced by the names of their keys."""
        if isinstance(value, Mapping):
            return {key: self._document(inner, key) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._document(inner, name) for inner in value]
        if not isinstance(value, str):
            return value
        rule = FOLDED_FIELDS.get(name.replace("_", "").lower())
        return self._texts.text(value) if rule is None else self._values.value(rule, value)


def _failures(results: Sequence[Result]) -> Iterator[Failure]:
    found: Iterable[Failure | None] = (result.failure for result in results)
    yield from (failure for failure in found if failure is not None)
