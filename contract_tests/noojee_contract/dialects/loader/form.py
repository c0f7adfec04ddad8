"""The form of a dialect file, `schemas/own/dialect.schema.json`, and a check of the time patterns in it."""

from __future__ import annotations

from datetime import date, datetime

from noojee_contract.model.form import Form, FormError
from noojee_contract.redaction.redact import names_a_credential

CREDENTIAL_HINT = "would keep a credential in the file: the key stays in the environment; write {key} where it goes"
MOMENT = datetime(2021, 9, 14, 15, 3, 30)  # noqa: DTZ001  a local time to try patterns with


def _credential_hint(place: str, key: str) -> str | None:
    if names_a_credential(key) and place.endswith(("authentication", "$")):
        return CREDENTIAL_HINT
    return None


FORM = Form(schema="own/dialect", credential_hint=_credential_hint)


def check_pattern(written: str, place: str, moment: date, sample: str) -> None:
    """Raises FormError for a pattern that does not read back the time that it wrote."""
    try:
        shown = moment.strftime(written.replace("%z", "+1000"))
        back = datetime.strptime(shown, written).replace(tzinfo=None)  # noqa: DTZ007  a local time to try the pattern
    except ValueError:
        back = None
    if "%Z" in written or back is None or (back if isinstance(moment, datetime) else back.date()) != moment:
        raise FormError(place, f"the pattern does not write a whole time; write one such as {sample}")
