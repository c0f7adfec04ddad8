"""What no option covers is listed, and is never taken for the nearest value of an option."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import httpx
import pytest

from support.probing import fake_with, probe_fake, target_for


def changed(
    answer: httpx.Response, *, status: int | None = None, body: bytes | None = None, **headers: str
) -> httpx.Response:
    """An answer with another status or body, and more headers."""
    kept = {name: value for name, value in answer.headers.items() if body is None or name != "content-length"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(
        status or answer.status_code, headers={**kept, **names}, content=answer.read() if body is None else body
    )


def with_numbers(answer: httpx.Response) -> httpx.Response:
    """Durations as numbers."""
    content = answer.read()
    if not content.startswith(b"[{"):
        return answer
    legs = [{**leg, "Duration": int(leg["Duration"])} for leg in json.loads(content)]
    return changed(answer, body=json.dumps(legs).encode())


def wrapped(answer: httpx.Response) -> httpx.Response:
    """Lists in an object."""
    content = answer.read()
    return changed(answer, body=b'{"entities":' + content + b"}") if content.startswith(b"[") else answer


def as_418(answer: httpx.Response) -> httpx.Response:
    """Refusals of the key with 418."""
    return changed(answer, status=418) if answer.status_code == 401 else answer


def as_xml(answer: httpx.Response) -> httpx.Response:
    """Errors with a status as XML."""
    return changed(answer, body=b"<error/>", content_type="text/xml") if answer.status_code == 400 else answer


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda answer: changed(answer, x_powered_by="Servlet/3.0"), "the header x-powered-by: Servlet/3.0"),
        (with_numbers, "Duration of a leg is a number, and not a string"),
        (wrapped, "object with the keys entities"),
        (as_418, "418"),
        (as_xml, "an answer with 400 that is no JSON"),
    ],
)
def test_behaviour_without_an_option_is_listed(change: Callable[[httpx.Response], httpx.Response], says: str) -> None:
    """Another header, JSON type, envelope, status or body."""
    result = probe_fake(fake_with({}), target_for("njadmin"), change=change)
    assert any(says in each.saw for each in result.uncovered), [each.saw for each in result.uncovered]


def test_status_without_an_option_leaves_the_option_unset() -> None:
    """418 is no value of the option, so the profile does not name it."""
    result = probe_fake(fake_with({}), target_for("njadmin"), change=as_418)
    assert "njadmin_refused_status" not in result.learnt
    assert "njadmin_refused_status" in result.not_learnt


def test_header_with_a_new_value_in_each_answer_is_listed_once() -> None:
    """A request id would fill the profile, and look like new behaviour in the next probe."""
    numbers = itertools.count()
    result = probe_fake(
        fake_with({}), target_for("njadmin"), change=lambda answer: changed(answer, x_request_id=f"a{next(numbers)}")
    )
    assert [each.saw for each in result.uncovered] == ["the header x-request-id"]


def test_usual_answers_have_no_other_behaviour() -> None:
    """Else the list would say nothing."""
    assert probe_fake(fake_with({}), target_for("njadmin")).uncovered == []
