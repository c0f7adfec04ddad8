"""What looks like a refusal, and is none: the by-hour limit with a text that varies, a time-out, a proxy that fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import httpx
import pytest

from support import probing
from support.probing import ChangedTransport, fake_with, probe_fake, target_for

WORDS = itertools.cycle(["soon", "later", "in a minute"])
NUMBERS = itertools.count(1)


@pytest.mark.parametrize("varied", [lambda: f"at {next(NUMBERS)}", lambda: next(WORDS)], ids=["number", "words"])
@pytest.mark.parametrize("bad_hour", ["empty-list", "refused"])
@pytest.mark.parametrize("limit", ["400", "429", "200"])
def test_limit_whose_text_varies_is_no_refusal_of_an_hour(limit: str, bad_hour: str, varied: Callable[[], str]) -> None:
    """An error may name the time or the request. Hour 24 is asked again when the limit is over."""

    def change(answer: httpx.Response) -> httpx.Response:
        if b"Message" not in answer.read():
            return answer
        return httpx.Response(answer.status_code, json={"Code": -1, "Message": f"refused, try again {varied()}"})

    served = fake_with({"by_hour_limit_status": limit, "bad_hour": bad_hour})
    learnt = probe_fake(served, target_for("njadmin"), change=change).learnt
    assert {name: learnt[name].value for name in ("by_hour_limit_status", "bad_hour")} == {
        "by_hour_limit_status": limit,
        "bad_hour": bad_hour,
    }


@pytest.mark.parametrize(
    ("error", "value"),
    [
        (httpx.ConnectError("Connection refused"), "refused"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "refused"),
        (httpx.ConnectTimeout("timed out"), None),
        (httpx.ReadTimeout("timed out"), None),
        (httpx.ProxyError("through the proxy p:3128: 502 Bad Gateway"), None),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else str(each),
)
def test_plain_http_without_an_answer_in_time_is_not_learnt(
    error: httpx.HTTPError, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall drops packets, a server is slow: neither is the refusal of a port that nothing listens on."""

    class WithoutPlain(ChangedTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.scheme == "http":
                raise error
            return super().handle_request(request)

    monkeypatch.setattr(probing, "ChangedTransport", WithoutPlain)
    result = probe_fake(fake_with({}), target_for("njadmin"))
    assert (result.learnt["plain_http"].value if "plain_http" in result.learnt else None) == value
    assert ("plain_http" in result.not_learnt) == (value is None)
