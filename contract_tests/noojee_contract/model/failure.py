"""What a failed check says: its kind, the field or header, what was expected, what came, and the exchange.

Reports group failures by these fields, never by the text of a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from noojee_contract.model.extent import Extent


class FailureKind(StrEnum):
    """What is wrong with an answer. The set is closed, and independent of the clause that found it."""

    NO_ANSWER = "no_answer"
    """The exchange has no whole answer: timed out, closed, cut off, too large."""
    UNEXPECTED_STATUS = "unexpected_status"
    """The HTTP status is not the expected one."""
    REFUSED = "refused"
    """A refusal or an error body came where a result is due."""
    NOT_REFUSED = "not_refused"
    """A result came where a refusal is due."""
    INVALID_BODY = "invalid_body"
    """The body is not what the method answers with: not JSON, not an array of legs, not digits, not audio."""
    INVALID_ERROR_BODY = "invalid_error_body"
    """The Code/Message object is not as documented."""
    MISSING_FIELD = "missing_field"
    """A field of a leg is absent."""
    INVALID_FIELD = "invalid_field"
    """A field has a value of a wrong type or form."""
    WRONG_VALUE = "wrong_value"
    """A field has a well-formed value that is not the right one."""
    MISSING_LEG = "missing_leg"
    """A leg, call or row that must be listed is not."""
    UNEXPECTED_LEG = "unexpected_leg"
    """A leg, call or row is listed that must not be."""
    REPEATED_LEG = "repeated_leg"
    """A leg is listed more than once."""
    WRONG_ORDER = "wrong_order"
    """Legs or events are in a wrong order."""
    WRONG_HEADER = "wrong_header"
    """A response header is absent, malformed, or has a wrong value."""
    INVALID_AUDIO = "invalid_audio"
    """The audio cannot be decoded, or is not whole."""
    WRONG_AUDIO = "wrong_audio"
    """The audio can be decoded, but is not the right recording, length or format."""
    ANSWERS_DIFFER = "answers_differ"
    """Two answers that must agree do not."""
    OPTION_DIFFERS = "option_differs"
    """The target does not do what its profile declares for an option."""
    LEAKED_CREDENTIAL = "leaked_credential"
    """An answer repeats a credential."""
    WRONG_TIME = "wrong_time"
    """The Time method does not answer with the PBX's time."""
    WRONG_CALL_STATE = "wrong_call_state"
    """A live call is not in the state that its events imply."""
    SLOW_ANSWER = "slow_answer"
    """Answers take longer than the target file or the clause allows."""
    LIMIT_NOT_HELD = "limit_not_held"
    """A documented limit of the API is not applied, or applied too early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed check, ready to print: everything in it is redacted.

    `field` is a leg's field or `Code`/`Message`, as the vendor spells it; `header` is a response header, in its usual
    spelling; `option` is the key of a declared option. `exchange` has the form of `schemas/own/exchange.schema.json`.
    `archive` is the smallest archive that shows the failure, if the calls were generated. `script` repeats the request
    with curl, `command` repeats the check on the same target, `on_the_fake` on the embedded PBX, `elsewhere` on another
    target. `flaky` says what differed when the check ran again. `extent` says how many of the compared legs differ.
    """

    message: str
    kind: FailureKind
    field: str | None = None
    header: str | None = None
    option: str | None = None
    expected: str | None = None
    actual: str | None = None
    exchange: Mapping[str, Any] | None = None
    archive: Mapping[str, Any] | None = None
    script: str | None = None
    command: str | None = None
    on_the_fake: str | None = None
    elsewhere: str | None = None
    flaky: str | None = None
    extent: Extent | None = None

    @property
    def headline(self) -> str:
        """The message; where several legs were compared, after the extent."""
        return self.message if self.extent is None else f"{self.extent.in_words}. First: {self.message}"
