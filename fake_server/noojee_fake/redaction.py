"""Redacts requests and responses for the access log and the journal.

The value of a parameter is shown only if `PUBLIC` has its name. Known secrets and hashes are hidden everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[redacted]"
PUBLIC = frozenset(
    {
        "agentloginname", "answerstring", "autoanswer", "callerid", "date", "exten", "extenoruniqueid", "hour",
        "instanceid", "lastsequencenumber", "leg", "method", "monitored", "number", "phonecaption", "record", "tag",
        "timeout", "timestamp", "uniqueid", "unique_id", "xdebugarg",
    }
)  # fmt: skip
"""The names, in lower case, of the parameters whose values are shown."""
FILTERS = frozenset({"from", "limit", "status", "unmatched"})
"""Parameters of the control API whose values are numbers and words; shown in its own requests."""

_NAMES = r"api[-_]?key|hash|pass(?:word|wd)?|secret|token|auth|authori[sz]ation|signature|credentials?|j?sessionid"
_HEADER = re.compile(rf".*(?:{_NAMES}|cookie|-key).*", re.IGNORECASE)
_PARAMETER = re.compile(
    rf"((?:(?<![A-Za-z0-9_])|(?<=%3F)|(?<=%26))(?:{_NAMES})(?:=|%3D))((?:(?!%26)[^&\s\"'<>;,])+)", re.IGNORECASE
)
_MEMBER = re.compile(rf'("(?:{_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[0-9.eE+-]+)', re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{4,}", re.IGNORECASE)
_HASH_LETTERS = 63  # the length of one published sample (W-A1); other samples have 64
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{63,64}(?![0-9a-f])", re.IGNORECASE)
_PUBLIC_WORD = re.compile("|".join(sorted(PUBLIC, key=len, reverse=True)), re.IGNORECASE)


class Redaction:
    """Hides secrets in any letter case, plain, percent-encoded or escaped as in JSON.

    Empty secrets and None are ignored.
    """

    def __init__(self, secrets: Iterable[str | None]) -> None:
        known = sorted({secret.lower() for secret in secrets if secret}, key=len, reverse=True)
        self._raw = tuple({form for secret in known for form in (secret, secret.replace(" ", "+"))})
        self._coded = re.compile("|".join(map(_any_coding, known)), re.IGNORECASE) if known else None
        self._longest = 6 * max(map(len, known), default=0)

    def target(self, path: str, query: str) -> str:
        """A redacted request target."""
        if not query:
            return self.text(path)
        shown = PUBLIC | FILTERS if path.startswith("/__noojee") else PUBLIC
        return f"{self.text(path)}?{self._pairs(query, shown)}"

    def query(self, query: str) -> str:
        """A redacted query or form: values are hidden, except those of the names in `PUBLIC`."""
        return self._pairs(query, PUBLIC)

    def header(self, name: str, value: str) -> str:
        """The redacted value of a header."""
        return HIDDEN if _HEADER.fullmatch(name) else self.text(value)

    def text(self, text: str) -> str:
        """Any other redacted text: known secrets, hashes and the values of credential names are hidden."""
        return self._without_names(self._without_known(text))

    def cut(self, text: str) -> str:
        """A redacted text that was truncated before, without its end, which may hold a part of a secret."""
        return text[: len(text) - self._longest] if self._longest else text

    def _without_names(self, text: str) -> str:
        if len(text) >= _HASH_LETTERS:
            text = _HASH.sub(HIDDEN, text)
        if "=" in text or "%3" in text:
            text = _PARAMETER.sub(rf"\1{HIDDEN}", text)
        if '"' in text:
            text = _MEMBER.sub(rf'\1"{HIDDEN}"', text)
        return _BEARER.sub(rf"\1 {HIDDEN}", text) if " " in text else text

    def _pairs(self, query: str, shown: frozenset[str]) -> str:
        return "&".join(self._pair(pair, shown) for pair in self._without_known(query).split("&"))

    def _pair(self, pair: str, shown: frozenset[str]) -> str:
        name, equals, value = pair.partition("=")
        if equals and name.lower() in shown:
            return f"{name}={self._without_names(value)}"
        if not pair:
            return pair
        if equals:
            return f"{self._without_names(name)}={HIDDEN}"
        word = _PUBLIC_WORD.match(pair)  # `&tag22`, as the vendor's Java client sends it (CLIENT C-J)
        return f"{word[0] if word else ''}{HIDDEN}"

    def _without_known(self, text: str) -> str:
        if self._coded is None:
            return text
        lowered = text.lower()
        if "%" in lowered or "\\" in lowered or any(form in lowered for form in self._raw):
            return self._coded.sub(HIDDEN, text)
        return text


def _any_coding(secret: str) -> str:
    return "".join(map(_any_form, secret))


def _any_form(letter: str) -> str:
    """A pattern for a letter: plain, percent-encoded (once or twice), or escaped as in JSON."""
    forms = {re.escape(letter), rf"\\u{ord(letter):04x}", rf"\\{re.escape(letter)}"}
    for case in {letter.lower(), letter.upper()}:
        forms.add("".join(rf"%(?:25)*{byte:02x}" for byte in case.encode()))
        forms.add(rf"\\u{ord(case):04x}")
    if letter == " ":
        forms.add(r"\+")
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"
