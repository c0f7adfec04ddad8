"""What both control clients share: how requests are written and answers are read. Nothing here sends anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from noojee_fake.client.types import Document, JournalEntry, Time
from noojee_fake.errors import ControlError


def authorization(token: str | None, token_env: str | None) -> dict[str, str]:
    """The headers with the token, or with the value of the variable that `token_env` names.

    Raises ControlError if that variable is not set.
    """
    if token_env is not None:
        token = os.environ.get(token_env)
        if not token:
            raise ControlError(f"the variable {token_env} of the control token is not set: export it")
    return {"Authorization": f"Bearer {token}"} if token else {}


def document_of(answer: httpx.Response, method: str, path: str) -> Document:
    """The JSON object of an accepted answer, {} for an empty one. Raises ControlError as `accepted` does."""
    document: Document = accepted(answer, method, path).json() if answer.content else {}
    return document


def accepted(answer: httpx.Response, method: str, path: str) -> httpx.Response:
    """The answer itself. Raises ControlError, with the reason that the server gives, unless its status is 2xx."""
    if answer.is_success:
        return answer
    document = _error_of(answer)
    reason = document.get("error") or f"{answer.reason_phrase}; is this server a noojee-fake?"
    where = f" ({document['path']})" if "path" in document else ""
    raise ControlError(
        f"{method} {path} was refused with {answer.status_code}: {reason}{where}",
        status=answer.status_code,
        document=document,
    )


def unanswered(base_url: str, error: httpx.HTTPError) -> ControlError:
    """The error of a control API that does not answer."""
    return ControlError(f"the control API at {base_url} does not answer: {error}")


def clock_spec(now: Time | None, frozen: bool | None) -> Document:
    """The clock of a sandbox spec."""
    return {"now": None if now is None else rfc3339(now), "frozen": frozen}


def leg_of(unique_id: str, leg: int | None) -> dict[str, str | int]:
    """The query that names a leg, or a whole call."""
    return {"unique_id": unique_id} if leg is None else {"unique_id": unique_id, "leg": leg}


def journal_query(filters: Mapping[str, str | int | None], unmatched: bool | None) -> dict[str, str | int]:
    """The query of the filters that are set."""
    query: dict[str, str | int] = {name: value for name, value in filters.items() if value is not None}
    if unmatched is not None:
        query["unmatched"] = "true" if unmatched else "false"
    return query


def with_pairs(entry: Document) -> JournalEntry:
    """An entry of the journal with its headers as tuples, which JSON does not have."""
    answer = {**entry["answer"], "headers": [tuple(pair) for pair in entry["answer"]["headers"]]}
    shown: Any = {**entry, "headers": [tuple(pair) for pair in entry["headers"]], "answer": answer}
    typed: JournalEntry = shown
    return typed


def rfc3339(time: Time) -> str:
    """A time as text. Raises ValueError for a datetime without a zone."""
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise ValueError("the datetime has no time zone; give it one, as in datetime.now(UTC)")
        return time.isoformat()
    return time


def time_of(clock: Document) -> datetime:
    """The time of a Clock object, in UTC."""
    return datetime.fromisoformat(clock["now"])


def _error_of(answer: httpx.Response) -> Document:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
