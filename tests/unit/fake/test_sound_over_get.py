"""With `audio_methods` post-and-get, sound can be fetched in parts and asked about; a POST always gets the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.messages import Response

PATH = "/njadmin/rest/RecordingAPI/retrieveByUniqueId"
SIZE = 44 + 160000


@pytest.fixture(scope="module")
def asked(pbx: Callable[..., Any], call: Any) -> Callable[..., Response]:
    caller = pbx(call("1763589600.1"), audio_methods="post-and-get")

    def ask(method: str = "GET", **headers: str) -> Response:
        given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        query = f"apiKey={caller.key}&uniqueId=1763589600.1&leg=1"
        answer: Response = caller.ask(PATH, query, method=method, headers=given)
        return answer

    return ask


def header(answer: Response, name: str) -> str | None:
    return dict(answer.headers).get(name)


def test_get_and_post_send_the_same_bytes(asked: Any) -> None:
    """GET adds what ranges need; POST has neither ETag nor Accept-Ranges. Source: option audio_methods."""
    got, posted = asked(), asked("POST")
    assert got.body == posted.body
    assert len(got.body) == SIZE
    assert header(got, "Accept-Ranges") == "bytes"
    assert header(got, "ETag")
    assert not {"Accept-Ranges", "ETag"} & set(dict(posted.headers))


def test_head_has_the_headers_of_get(asked: Any) -> None:
    """All headers, no body; a Range does not touch it."""
    assert asked("HEAD").headers == asked().headers
    assert asked("HEAD", range="bytes=0-1").headers == asked().headers


@pytest.mark.parametrize(
    ("wanted", "first", "after"),
    [
        ("bytes=0-43", 0, 44),
        ("bytes=44-", 44, SIZE),
        ("bytes=-10", SIZE - 10, SIZE),
        ("bytes=-999999", 0, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=100-999999999", 100, SIZE),
        (" bytes=5-5 ", 5, 6),
        ("Bytes=5-5", 5, 6),
        (f"bytes=2-{'9' * 300}", 2, SIZE),
        (f"bytes=-{'9' * 300}", 0, SIZE),
    ],
)
def test_a_range_gives_its_part(asked: Any, wanted: str, first: int, after: int) -> None:
    """206 with the bytes that were asked for, and where they lie."""
    answer = asked(range=wanted)
    assert answer.status == 206
    assert answer.body == asked().body[first:after]
    assert header(answer, "Content-Range") == f"bytes {first}-{after - 1}/{SIZE}"


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", "bytes=999999-1000000", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_met(asked: Any, wanted: str) -> None:
    """416, with the size that there is, and nothing that says it were a sound."""
    answer = asked(range=wanted)
    assert (answer.status, answer.body) == (416, b"")
    assert header(answer, "Content-Range") == f"bytes */{SIZE}"
    assert not {"Content-Type", "Content-Disposition"} & set(dict(answer.headers))


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "bytes=",
        "bytes=-",
        "bytes=9-3",
        "bytes=a-b",
        "items=0-1",
        "bytes=٠-١",
        "0-1",
        "bytes",
        "bytes=,,",
        "bytes=0-1;2-3",
        "bytes=0-1,9-3",
        "bytes=0-1,x",
    ],
)
def test_a_range_that_is_not_understood_is_ignored(asked: Any, wanted: str) -> None:
    """The whole file comes, with 200."""
    answer = asked(range=wanted)
    assert (answer.status, len(answer.body)) == (200, SIZE)


def test_a_range_holds_only_for_the_file_it_was_meant_for(asked: Any) -> None:
    """If-Range with the ETag gives the part, with anything else the whole: it compares strongly (RFC 9110, 13.1.5)."""
    tag = header(asked(), "ETag")
    assert asked(range="bytes=0-1", if_range=tag).status == 206
    assert asked(if_range='"another"').status == 200
    assert asked(range=f"bytes={SIZE}-", if_range='"another"').status == 200
    assert asked(range="bytes=0-1", if_range='"another"').status == 200
    assert asked(range="bytes=0-1", if_range=f"W/{tag}").status == 200
    assert asked(range="bytes=0-1", if_range="Tue, 24 Nov 2026 00:00:00 GMT").status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_unchanged_file_is_not_sent_again(asked: Any, method: str) -> None:
    """If-None-Match with its ETag, strong or weak, gives 304 (RFC 9110); it goes before Range."""
    tag = header(asked(), "ETag")
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        answer = asked(method, if_none_match=known, range="bytes=0-1")
        assert answer.status == 304
        assert header(answer, "ETag") == tag
        assert "Content-Type" not in dict(answer.headers)
    assert asked(method, if_none_match='"x"').status == 200
    assert asked(method, if_none_match=tag.strip('"')).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_part_of_another_file_can_be_refused(asked: Any, method: str) -> None:
    """If-Match without its ETag, or with a weak one, gives 412 (RFC 9110, 13.1.1); it goes before If-None-Match."""
    tag = header(asked(), "ETag")
    for known in (tag, f'"x", {tag}', "*"):
        assert asked(method, if_match=known).status == 200
    for known in ('"x"', f"W/{tag}", ""):
        answer = asked(method, if_match=known, if_none_match=tag)
        assert (answer.status, answer.body, header(answer, "ETag")) == (412, b"", tag)


def test_dates_count_for_nothing(asked: Any) -> None:
    """There is no Last-Modified, so no date can be one (RFC 9110, 13.1.3 and 13.1.4)."""
    assert header(asked(), "Last-Modified") is None
    for name in ("if_modified_since", "if_unmodified_since"):
        assert asked(**{name: "Tue, 24 Nov 2020 00:00:00 GMT"}).status == 200


def test_a_post_ignores_ranges_and_etags(asked: Any) -> None:
    """Range on POST is ignored. Source: option audio_methods."""
    for headers in ({"if_none_match": "*"}, {"if_match": '"x"'}, {"if_range": '"x"'}):
        answer = asked("POST", range="bytes=0-1", **headers)
        assert (answer.status, len(answer.body)) == (200, SIZE)


def test_two_legs_have_two_etags(pbx: Any, call: Any, leg: Any) -> None:
    """Legs of the same length, generated or stored, differ."""
    caller = pbx(call("1.1", leg(), leg()), audio_methods="post-and-get")
    tags = [
        header(caller.njadmin("retrieveByUniqueId", method="HEAD", uniqueId="1.1", leg=number), "ETag")
        for number in (1, 2)
    ]
    assert len(set(tags)) == 2


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_needs_credentials_and_a_leg_too(pbx: Any, call: Any, method: str) -> None:
    """Refusals are the same by every method; HEAD leaves the body out."""
    caller = pbx(call("1.1"), audio_methods="post-and-get")
    assert caller.ask(PATH, "uniqueId=1.1&leg=1", method=method).status == 401
    assert caller.njadmin("retrieveByUniqueId", method=method, uniqueId="1.1", leg=2).status == 404
    assert caller.legacy("retrieveByUniqueId", method=method, uniqueId="1.1", leg=1).status == 200


def test_the_body_of_a_get_is_not_read(pbx: Any, call: Any) -> None:
    """A servlet reads form bodies of POST alone."""
    caller = pbx(call("1.1"), audio_methods="post-and-get")
    body = f"apiKey={caller.key}&uniqueId=1.1&leg=1".encode()
    assert caller.ask(PATH, method="GET", body=body).status == 401
    assert caller.ask(PATH, method="POST", body=body).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"])
def test_no_other_method_is_served(asked: Any, method: str) -> None:
    """405 names the served methods."""
    answer = asked(method)
    assert (answer.status, header(answer, "Allow")) == (405, "POST, GET, HEAD")
