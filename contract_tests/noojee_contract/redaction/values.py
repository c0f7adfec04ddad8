"""Redacts values by the name that they have: in a query, a form, a header, a JSON document or a page. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from noojee_contract.redaction.codings import Change, entities_changed, json_changed, json_text, percent_changed
from noojee_contract.redaction.rules import (
    ELEMENTS,
    FOLDED_FIELDS,
    HEADERS,
    LITERALS,
    PATH_WORDS,
    Rule,
    Treatment,
    keeps,
)
from noojee_contract.redaction.stand_ins import StandIns
from noojee_contract.redaction.texts import TextRedactor

CACHED_TOKENS = 50_000
_PAIR = re.compile(r"([^&;]*)([&;]|\Z)")
_STRING = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_DIGITS = r"(-?[0-9][0-9.eE+-]*)"
_TOKEN = re.compile(rf"{_STRING}(?:(\s*:\s*)(?:{_STRING}|{_DIGITS})?)?|{_DIGITS}|([\]}}])", re.DOTALL)
"""A key with its value, a value alone, or the end of an object or array."""
_NUMBER = re.compile(r"(-?)([0-9]+)((?:\.[0-9]+)?)((?:[eE][+-]?[0-9]+)?)")
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)([^/?#]*)(.*)", re.DOTALL)
_PAGE = re.compile(r"(<[^<>]*>)")
_NAME_IN_TAG = re.compile(r"(=\s*)(\"[^\"]*\"|'[^']*'|[^\s>\"']+)|([^\s=<>\"'/?!]+)")
_HOST = re.compile(r"(\s*)(\[[^\]]*\]|[^:\s]*)((?::[0-9]{1,5})?\s*)")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_CALL = re.compile(r"[0-9]{10}\.[0-9]{1,15}|legs?")
_LEG = re.compile(r"[0-9]{1,3}")
"""A leg in a path: a short number behind a unique id, or behind the word."""
_WORDS_OF_NAME = re.compile(r"[^\s:]+")


class ValueRedactor:
    """Redacts values with the stand-ins of one key.

    `fields` are more names with their rules, such as those of a custom dialect; `path_words` more segments of paths
    that stay; `words` more words of texts that stay.
    """

    def __init__(
        self,
        stand_ins: StandIns,
        *,
        fields: Mapping[str, Rule] | None = None,
        path_words: Iterable[str] = (),
        words: Iterable[str] = (),
    ) -> None:
        self.texts = TextRedactor(stand_ins, words=(*path_words, *words))
        self._stand_ins = stand_ins
        self._fields = {**FOLDED_FIELDS, **{name.lower(): rule for name, rule in (fields or {}).items()}}
        self._path_words = PATH_WORDS | frozenset(path_words)
        self._json_string = lru_cache(maxsize=CACHED_TOKENS)(self._json_string_of)
        self._json_member = lru_cache(maxsize=CACHED_TOKENS)(self._json_member_of)

    def personal(self, value: str) -> str:
        """The stand-in of a personal value, which is remembered for texts."""
        if value.strip().lower() in LITERALS or not value.strip():
            return value
        self.texts.remember(value)
        return self._stand_ins.of(value)

    def value(self, rule: Rule, value: str) -> str:
        """A value by its rule."""
        if keeps(rule, value):
            return value
        if rule is Treatment.CREDENTIAL:
            return self._stand_ins.credential(value) if value else value
        if rule is Treatment.TEXT:
            return self.texts.text(value)
        if rule is Treatment.HOST:
            return self.host(value)
        return self.url(value) if rule is Treatment.URL else self.personal(value)

    def name(self, name: str) -> str:
        """A name of a field, replaced if no table knows it."""
        return name if name.lower() in self._fields else self._stand_ins.of(name)

    def header(self, name: str, value: str) -> tuple[str, str]:
        """A header, given as Latin-1."""
        rule = HEADERS.get(name.lower())
        if rule is None:
            rule = self._fields.get(name.lower())
        if rule is None:
            return self._stand_ins.of(name), _as_utf8(value, self.personal)
        if rule is Treatment.URL:
            return name, self.url(value)
        return name, _as_utf8(value, lambda text: self._header_value(rule, text))

    def url(self, url: str) -> str:
        """An absolute URL, or a path with a query, given as Latin-1."""
        absolute = _ABSOLUTE.fullmatch(url)
        if absolute is not None:
            return f"{absolute[1]}{self._authority(absolute[2])}{self.url(absolute[3])}"
        rest, hash_sign, fragment = url.partition("#")
        path, question_mark, query = rest.partition("?")
        segments = path.split("/")
        shown = "/".join(
            segment if _LEG.fullmatch(segment) and _CALL.fullmatch(before) else self._segment(segment)
            for before, segment in zip(["", *segments], segments, strict=False)
        )
        if hash_sign:
            fragment = percent_changed(fragment, self.personal)
        return f"{shown}{question_mark}{self.form(query)}{hash_sign}{fragment}"

    def host(self, host: str) -> str:
        """A host with or without a port, or a list of hosts. The port stays, and so does the loopback."""
        return ",".join(self._host(each) for each in host.split(","))

    def form(self, form: str) -> str:
        """A query or a form body, given as Latin-1."""
        return _PAIR.sub(lambda pair: self._pair(pair[1]) + pair[2], form)

    def json(self, document: str) -> str:
        """A JSON document, which must be valid, with its layout. A value has the name of the last key before it."""
        name: str | None = None

        def token(match: re.Match[str]) -> str:
            nonlocal name
            string, colon, value, number, alone, end = match.groups()
            if end is not None:
                name = None
                return str(end)
            if alone is not None:
                return self._json_number(name, alone)
            if colon is None:
                return f'"{self._json_string(name, string)}"'
            name = string
            return self._json_member(string, colon, value, number)

        return _TOKEN.sub(token, document)

    def page(self, page: str) -> str:
        """A page of HTML or XML: unknown names, values of attributes and words of its text are replaced."""
        parts = _PAGE.split(page)
        return "".join(self._tag(part) if place % 2 else self._page_text(part) for place, part in enumerate(parts))

    def _json_member_of(self, key: str, colon: str, string: str | None, number: str | None) -> str:
        """A key and its value, which is a string, a number, or something that follows."""
        value = "" if number is None else self._json_number(key, number)
        if string is not None:
            value = f'"{self._json_string_of(key, string)}"'
        return f'"{json_changed(key, self.name)}"{colon}{value}'

    def _json_string_of(self, key: str | None, string: str) -> str:
        rule = Treatment.TEXT if key is None else self._json_rule(key)
        return json_changed(string, lambda text: self.value(rule, text))

    def _json_rule(self, key: str) -> Rule:
        """The rule of a key as it is written, perhaps with escapes."""
        return self._fields.get(json_text(key).lower(), Treatment.PERSONAL)

    def _json_number(self, key: str | None, number: str) -> str:
        rule = Treatment.PERSONAL if key is None else self._json_rule(key)
        parts = _NUMBER.fullmatch(number)
        if keeps(rule, number) or parts is None:
            return number
        self.texts.remember(parts[2])
        fraction = self._stand_ins.number(parts[3]) if parts[3] else ""
        return f"{parts[1]}{self._stand_ins.number(parts[2])}{fraction}{parts[4]}"

    def _authority(self, authority: str) -> str:
        user, at, host = authority.rpartition("@")
        return f"{self._stand_ins.credential(user)}@{self.host(host)}" if at else percent_changed(host, self.host)

    def _host(self, host: str) -> str:
        parts = _HOST.fullmatch(host)
        if parts is None:
            return self.personal(host)
        if parts[2].lower() in LOOPBACK:
            return host
        self.texts.remember(parts[2])
        shown = self._stand_ins.address(parts[2]) or self._stand_ins.of(parts[2])
        return f"{parts[1]}{shown}{parts[3]}"

    def _header_value(self, rule: Rule, value: str) -> str:
        if rule is not Treatment.CREDENTIAL:
            return self.value(rule, value)
        scheme, blank, rest = value.partition(" ")
        if blank and scheme.lower() in ("basic", "bearer", "digest", "negotiate", "apikey", "token"):
            return f"{scheme} {self._stand_ins.credential(rest)}"
        return self._stand_ins.credential(value) if value else value

    def _segment(self, segment: str) -> str:
        return segment if segment in self._path_words else percent_changed(segment, self.personal)

    def _pair(self, pair: str) -> str:
        coded, equals, value = pair.partition("=")
        if not equals:
            return percent_changed(pair, self.personal)
        plain = _plain(coded)
        rule = self._fields.get(plain.lower(), Treatment.PERSONAL)
        name = coded if plain.lower() in self._fields else percent_changed(coded, self._stand_ins.of)
        return f"{name}={percent_changed(value, lambda text: self.value(rule, text))}"

    def _page_text(self, text: str) -> str:
        return entities_changed(text, self.texts.text) if text.strip() else text

    def _tag(self, tag: str) -> str:
        if tag.startswith("<!--"):
            return f"<!--{self._page_text(tag[4:])}"

        def part(match: re.Match[str]) -> str:
            if match[2] is None:
                return _WORDS_OF_NAME.sub(self._element, match[0])
            return f"{match[1]}{entities_changed(match[2], self.texts.text)}"

        return _NAME_IN_TAG.sub(part, tag)

    def _element(self, match: re.Match[str]) -> str:
        return match[0] if match[0].lower() in ELEMENTS else self.texts.text(match[0])


def is_json(text: str) -> bool:
    """Whether a text is a JSON document."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _plain(coded: str) -> str:
    seen: list[str] = []

    def keep(text: str) -> str:
        seen.append(text)
        return text

    percent_changed(coded, keep)
    return seen[0]


def _as_utf8(value: str, change: Change) -> str:
    """Change a text of Latin-1 that may be UTF-8."""
    try:
        return change(value.encode("latin-1").decode("utf-8")).encode().decode("latin-1")
    except UnicodeDecodeError:
        return change(value).encode("latin-1", "replace").decode("latin-1")
