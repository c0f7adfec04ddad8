"""The first requests to a read-only target: at most ten, to find what makes the rest of a run useless or harmful.

They are questions of the run. Only clear evidence ends a run; an unusual answer of a conformant server does not.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urljoin, urlsplit, urlunsplit

from noojee_contract.cli.one_target import not_reached
from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.clients.retry_after import FIRST_SERVER_ERROR, SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.clients.tls import speaks_tls
from noojee_contract.clients.transport_errors import TLS
from noojee_contract.dialects.dialect import Dialect
from noojee_contract.dialects.schemes import RequestCredentials
from noojee_contract.dialects.vendor_dialect import REST_PATHS, VENDOR_DIALECTS, vendor_dialect
from noojee_contract.engine.read_only_subject import observe
from noojee_contract.engine.subject import UNKNOWN_VALUES
from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Exchange, Request, beginning
from noojee_contract.model.question import Question
from noojee_contract.redaction.redact import Redactor

MOST_REQUESTS = 10
MOST_QUESTIONS = 3
PAUSES_SECONDS = (1.0, 2.0, 4.0)
"""The pauses before a question is asked again that was answered with 429 or 503 only."""
REFUSED = (401, 403)
ABSENT = (404, 405, 410, 501)
BUSY = (TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE)
ABOUT_CREDENTIALS = re.compile(
    "api.?key|hash|authent|authori|credential|permission|denied|forbidden|log.?in|password|signature|"
    "(?:invalid|wrong|bad|unknown) key",
    re.IGNORECASE,
)
ABOUT_RECORDINGS = re.compile(
    r"not (?:be )?found|no (?:\w+ )?(?:call|recording|leg|match|result)|exist|unknown", re.IGNORECASE
)
API_PATH = re.compile(r"/(?:njadmin|servicemanager|rest|RecordingAPI|CallManagementAPI)(?:/|$)")


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """The target refuses the key; `exchange` shows it."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Busy:
    """The target answers with 429 or 503 only; `reason` says so, and what to change."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotHttp:
    """The target answers with bytes that are no valid HTTP; `exchange` shows it."""

    exchange: Exchange


Contact = KeyRefused | NotHttp | Busy | None
"""What the first answers show against a run; None if nothing."""


def first_contact(
    target_client: TargetClient, place: Callable[[str], str], *, sleep: Callable[[float], None] = time.sleep
) -> Contact:
    """Ask a read-only target the first questions; None if nothing stands against a run.

    `place` says where a key of the target is set.
    Raises TargetError with the line to change, Unreachable if nothing answers.
    """
    return _Contact(target_client, place, sleep).examine()


class _Contact:
    """The first questions to one target, and what their answers show."""

    def __init__(
        self, target_client: TargetClient, place: Callable[[str], str], sleep: Callable[[float], None]
    ) -> None:
        self._target_client = target_client
        self._target = target_client.target
        self._root = target_client.root
        self._place = place
        self._sleep = sleep
        self._subject = observe(target_client, 0)
        self._questions = _questions(self._target.recordings, self._target.api)

    def examine(self) -> Contact:
        if not self._questions:
            self._check_reached(self._probe())
            return None
        first = self._ask(0)
        self._check_scheme(first)
        if first.malformed and self._ask(1).malformed:
            return NotHttp(first)
        for pause in PAUSES_SECONDS:
            if first.status not in BUSY or self._sent >= MOST_REQUESTS - MOST_QUESTIONS:
                break
            self._sleep(pause)
            first = self._ask(0)
        if first.status in BUSY:
            return Busy(self._busy())
        for is_wrong, report in (
            (_is_redirect, self._redirected),
            (_is_page, self._page),
            (self._is_absent, self._wrong_path),
        ):
            if is_wrong(first) and is_wrong(self._ask(1)):
                report(first)
        return KeyRefused(first) if self._is_refused(first) else None

    # Questions

    def _probe(self) -> Exchange:
        """The answer to one harmless request with the key: a server may close on a request without one."""
        client = self._subject.client
        credentials = RequestCredentials() if self._subject.by_hash else client.made_with(client.key)
        return client.sender.send(self._target.api.probe_request(self._root, credentials))

    @property
    def _sent(self) -> int:
        return self._target_client.tally.requests

    def _ask(self, number: int) -> Exchange:
        """The answer to a question, or the answer of Time if it gives no time for a hash."""
        question = self._questions[min(number, len(self._questions) - 1)]
        client = self._subject.client
        try:
            return client.by_tag(question.value) if question.kind == "tag" else client.by_unique_id(question.value)
        except TimeUnavailable as unavailable:
            return unavailable.exchange

    def _is_known(self, dialect: Dialect, root: str) -> bool:
        """Whether a server has a dialect's method by unique id: it answers it without a parameter and without a key."""
        if self._sent >= MOST_REQUESTS:
            return False
        asked, client = Question("unique_id", ""), self._subject.client
        request = dialect.listing_request(root, asked, RequestCredentials(), bare=True)
        if request is None:
            return True  # the file has the unique id in the path, so that 404 may mean an unknown recording
        exchange = client.sender.send(request)
        if exchange.response is None and root == self._root and dialect == self._target.api:
            return True  # it answered with a key, so it closes on a request without one
        status = exchange.status
        return (
            status is not None and not self._is_absent(exchange) and not _is_redirect(exchange) and status not in BUSY
        )

    # Evidence

    def _is_absent(self, exchange: Exchange) -> bool:
        return exchange.status in ABSENT and self._subject.error_body(exchange) is None

    def _is_refused(self, first: Exchange) -> bool:
        """Whether an error is about the key. For a recording that no PBX has, any error may come, such as 403."""
        asked = self._questions[0]
        is_known = asked in self._target.recordings
        if first.status in REFUSED and (is_known or first.status == REFUSED[0]):
            return True
        said = self._said(first)
        if said is None:
            return False
        words = said[2].replace(asked.value, "")
        if ABOUT_CREDENTIALS.search(words):
            return True
        if not is_known or first.status in ABSENT or ABOUT_RECORDINGS.search(words):
            return False
        return all(self._said(self._ask(number)) == said for number in range(1, len(self._questions)))

    def _said(self, exchange: Exchange) -> tuple[int, str, str] | None:
        """The status, code and message of an error body; None without one, and for a server error."""
        error = self._subject.error_body(exchange)
        if error is None or exchange.status is None or exchange.status >= FIRST_SERVER_ERROR:
            return None
        return exchange.status, str(error.code), error.message

    def _check_scheme(self, exchange: Exchange) -> None:
        """Raises TargetError if the base URL has the wrong one of http and https, Unreachable without an answer."""
        url = urlsplit(self._root)
        if url.scheme == "http" and exchange.status in (None, 400):
            port = url.port or 80
            if speaks_tls(url.hostname or "", port, timeout_seconds=self._target.timeout_seconds):
                self._advise(
                    "base_url", urlunsplit(url._replace(scheme="https")), f"port {port} speaks https, not http"
                )
        if exchange.response is not None or exchange.malformed:
            return
        if url.scheme == "https" and (exchange.transport_error or "").startswith(TLS):
            plain = urlunsplit(url._replace(scheme="http", netloc=f"{url.hostname}:{url.port or 443}"))
            answer = self._subject.client.sender.send(Request(method="GET", url=f"{plain}/"))
            if answer.response is not None and answer.status != 400:
                self._advise("base_url", plain, f"port {url.port or 443} speaks http, not https")
        self._check_reached(exchange)

    def _check_reached(self, exchange: Exchange) -> None:
        """Raises Unreachable if no byte of an answer came."""
        if exchange.response is None and not exchange.malformed:
            raise not_reached(self._target, self._shown(exchange.transport_error or "no answer"), self._place)

    def _redirected(self, exchange: Exchange) -> NoReturn:
        asked = exchange.request.url.partition("?")[0]
        location = _location(exchange, asked)
        below = asked.removeprefix(self._root)
        says = f"each answer is a redirect to {self._shown(beginning(location, 200))}"
        if location.endswith(below) and location != asked:
            self._advise("base_url", location.removesuffix(below), says)
        self._advise("base_url", None, f"{says}, which is not the API")

    def _page(self, exchange: Exchange) -> NoReturn:
        title = re.search(rb"(?is)<title[^>]*>(.*?)</title>", exchange.body[:4000])
        shown = self._shown(beginning(" ".join(title[1].decode("utf-8", "replace").split()), 60)) if title else ""
        named = f" ({shown})" if shown else ""
        self._advise(
            "base_url",
            None,
            f"each answer is an HTML page{named}, such as of a login",
        )

    def _wrong_path(self, exchange: Exchange) -> None:
        """Raises TargetError if the server has no method of the dialect; None if it has."""
        api = self._target.api
        if api.name == "services" or self._is_known(api, self._root):
            return
        says = f"each method of {self._target.dialect} is answered with {exchange.status}"
        for key, value, dialect, root in self._elsewhere():
            if self._is_known(dialect, root):
                self._advise(key, value, f"{says}, but {value if key == 'dialect' else 'the API'} answers")
        if self._sent < MOST_REQUESTS:
            self._advise("base_url", None, f"{says}, so dialect or base_url is wrong")

    def _elsewhere(self) -> Iterator[tuple[str, str, Dialect, str]]:
        """Where the API may be instead: the key to change, its value, the dialect and the base URL to try."""
        api, target = self._target.api, self._target
        url = urlsplit(self._root)
        in_path = API_PATH.search(url.path)
        if in_path is not None:
            base = urlunsplit(url._replace(path=url.path[: in_path.start()]))
            yield "base_url", base, api, base
        if api.is_custom:
            return
        if target.dialect in ("recording-api", "call-management"):
            for path in REST_PATHS:
                if api.base(self._root) != vendor_dialect(target.dialect, rest_path=path).base(self._root):
                    yield "rest_path", path, vendor_dialect(target.dialect, rest_path=path), self._root
        for name in ("njadmin", "call-management", "recording-api"):
            if name != target.dialect:
                yield "dialect", name, VENDOR_DIALECTS[name], self._root

    def _busy(self) -> str:
        tally, rate = self._target_client.tally, self._target.requests_per_second
        counts = " and ".join(
            f"{tally.answers[str(status)]} times {status}" for status in BUSY if tally.answers[str(status)]
        )
        place = self._place("requests_per_second")
        slower = f"a lower requests_per_second than {rate:g}" if rate else "requests_per_second, such as 1,"
        return f"{self._target.name} answered only {counts}, and was asked nothing more; set {slower} ({place})"

    # Words

    def _advise(self, key: str, value: str | None, says: str) -> NoReturn:
        write = (
            f'write {key} = "{self._shown(value)}"' if value is not None else f"change {key} to the address of the API"
        )
        raise TargetError(f"{self._place(key)}: target {self._target.name!r}: {says}; {write}")

    def _shown(self, text: str) -> str:
        """A text of the server without credentials and control characters."""
        return Redactor(self._target_client.secrets(), names=self._target.api.scheme.names).line(text)


def _questions(recordings: tuple[Question, ...], api: Dialect) -> list[Question]:
    """Known recordings, and a recording that no PBX has. Empty if the dialect lists nothing by tag and by unique id."""
    kinds = [kind for kind in ("unique_id", "tag") if f"by_{kind}" in api.capabilities]
    named = [question for question in recordings if question.kind in kinds][: MOST_QUESTIONS - 1]
    return [*named, *(Question(kind, UNKNOWN_VALUES[0]) for kind in kinds[:1])]


def _location(exchange: Exchange, asked: str) -> str:
    """Where a redirect leads, without a query; its text if it is no URL."""
    location = exchange.header("location") or ""
    with contextlib.suppress(ValueError):
        location = urljoin(asked, location)
    return location.partition("?")[0]


def _is_redirect(exchange: Exchange) -> bool:
    return exchange.status is not None and 300 <= exchange.status < 400 and exchange.header("location") is not None


def _is_page(exchange: Exchange) -> bool:
    start = exchange.body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return exchange.status == 200 and start.startswith((b"<!doctype html", b"<html"))
