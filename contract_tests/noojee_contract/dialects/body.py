"""Parameters in the body of a request, as JSON or as a form, and the replacement of names in braces. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

Values = Mapping[str, str]
NAME = re.compile(r"\{([a-z_]+)\}")
AS_NUMBER = re.compile(r"\{([a-z_]+):number\}")
"""A value that is sent as a JSON number; it must be the whole text."""
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_LEFT_OUT = object()


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A JSON document whose strings hold {names}. Parts without a value are left out."""

    document: Any
    content_type: ClassVar[str] = "application/json"

    @property
    def texts(self) -> tuple[str, ...]:
        """The strings that may hold names."""
        return tuple(_texts_in(self.document))

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The keys of its objects, each with its string or number, or with an empty text."""
        return tuple(_members_in(self.document))

    def written(self, values: Values) -> bytes:
        """The document with values, as ASCII JSON."""
        return json.dumps(_given(self.document, values)).encode("ascii")


@dataclass(frozen=True, slots=True)
class FormBody:
    """The parameters of a form. Parameters without a value are left out."""

    pairs: tuple[tuple[str, str], ...]
    content_type: ClassVar[str] = "application/x-www-form-urlencoded"

    @property
    def texts(self) -> tuple[str, ...]:
        """See `JsonBody.texts`."""
        return tuple(text for _, text in self.pairs)

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """See `JsonBody.parameters`."""
        return self.pairs

    def written(self, values: Values) -> bytes:
        """The parameters with values, percent-encoded as UTF-8."""
        given = ((name, filled(text, values, str)) for name, text in self.pairs)
        return "&".join(f"{quoted(name)}={quoted(text)}" for name, text in given if text is not None).encode("ascii")


Body = JsonBody | FormBody


def names_in(*texts: str) -> frozenset[str]:
    """The names in braces in some strings."""
    return frozenset(name for text in texts for form in (NAME, AS_NUMBER) for name in form.findall(text))


def _members_in(document: Any) -> Iterator[tuple[str, str]]:
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield key, str(value) if isinstance(value, str | int | float) else ""
            yield from _members_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from _members_in(value)


def _texts_in(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping | list):
        for value in document.values() if isinstance(document, Mapping) else document:
            yield from _texts_in(value)


def filled(text: str, values: Values, written: Callable[[str], str]) -> str | None:
    """A string with its names replaced by values, each encoded by `written`; None if a value is missing."""
    if not values.keys() >= set(NAME.findall(text)):
        return None
    return NAME.sub(lambda name: written(values[name[1]]), text)


def _given(document: Any, values: Values) -> Any:
    if isinstance(document, str):
        number = AS_NUMBER.fullmatch(document)
        if number is None:
            text = filled(document, values, str)
            return _LEFT_OUT if text is None else text
        value = values.get(number[1])
        if value is None:
            return _LEFT_OUT
        return int(value) if _WHOLE.fullmatch(value) else value  # a value that is no number is sent as a string
    if isinstance(document, Mapping):
        members = ((key, _given(value, values)) for key, value in document.items())
        return {key: value for key, value in members if value is not _LEFT_OUT}
    if isinstance(document, list):
        return [each for each in (_given(value, values) for value in document) if each is not _LEFT_OUT]
    return document


def quoted(text: str) -> str:
    """A value for a URL or a form, percent-encoded as UTF-8."""
    return quote(text, safe="")
