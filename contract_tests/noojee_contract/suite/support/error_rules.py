"""Checks of answers against the kinds of errors that a dialect file describes."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite.support.queries import describe_exchange, is_refused, kind_without_refusal, shows_recording


def check_rule(subject: Subject, check: Check, name: str, exchange: Exchange, what: str, *, method: str) -> None:
    """Check that an answer of a method has the status and code of an error rule, if the dialect file has it."""
    rule = subject.target.api.error_rule(name, method)
    if rule is None:
        return
    expected = " or ".join(map(str, rule.statuses))
    actual = describe_exchange(subject, exchange)
    kind = FailureKind.UNEXPECTED_STATUS
    if not is_refused(subject, exchange):
        kind = kind_without_refusal(exchange, shown=shows_recording(subject, exchange))
    message = f"{what}: expected {expected} ({name}), got {actual}"
    check(exchange.status in rule.statuses, message, exchange, kind=kind, expected=expected, actual=actual)
    if rule.code is not None:
        error_body = subject.error_body(exchange)
        code = None if error_body is None else error_body.code
        check(
            code == rule.code,
            f"{what}: expected the code {rule.code!r} ({name}), got {code!r}",
            exchange,
            kind=FailureKind.INVALID_ERROR_BODY,
            field="Code",
            expected=str(rule.code),
            actual=str(code),
        )
