"""How to make the credentials of a request again: a time stamp and its hash expire before a request is repeated."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from noojee_contract.clients.hashes import HashParameters, TimeUnavailable
from noojee_contract.model.exchange import Request

TIME_STAMP = re.compile(r"timeStamp=([^&;\s]*)")


class Renewals:
    """The time stamps that a client sent, each with its hash and the way to make both again."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, Callable[[], HashParameters]]] = {}

    def keep(self, made: HashParameters, renew: Callable[[], HashParameters] | None) -> HashParameters:
        """Keep how to make a time stamp and its hash again. Returns them.

        `renew` is None for a hash whose age or earlier use is tested: another hash would test nothing.
        """
        (_, stamp), (_, digest) = made
        if renew is None:
            self._made.pop(stamp, None)
        else:
            self._made[stamp] = digest, renew
        return made

    def renewed(self, request: Request) -> Request | None:
        """The request with a new time stamp and a new hash; None if it has a time stamp of another origin."""
        parts = (request.url, request.body.decode("latin-1"), *(value for _, value in request.headers))
        stamp = next((match[1] for part in parts if (match := TIME_STAMP.search(part))), None)
        if stamp is None:
            return request
        if stamp not in self._made:
            return None
        digest, renew = self._made[stamp]
        try:
            (_, new_stamp), (_, new_digest) = renew()
        except TimeUnavailable:
            return None

        def written(text: str) -> str:
            return text.replace(stamp, new_stamp).replace(digest or new_digest, new_digest)

        return replace(
            request,
            url=written(request.url),
            headers=tuple((name, written(value)) for name, value in request.headers),
            body=written(request.body.decode("latin-1")).encode("latin-1"),
        )
