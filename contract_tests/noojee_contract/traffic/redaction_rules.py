"""What a recording may keep in addition to vendor names: names of the target's dialect file, and its paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.dialect import Dialect
from noojee_contract.dialects.model import Method
from noojee_contract.redaction.exchanges import RedactionRules
from noojee_contract.redaction.rules import CREDENTIAL, EPOCH, FIELDS, HOUR, LEG, PERSONAL, TEXT, Rule
from noojee_contract.targets.target import Target

_ROLE = re.compile(r"\{([a-z_]+)(?::number)?\}")
_ROLES: Mapping[str, Rule] = {"leg": LEG, "hour": HOUR, "date": EPOCH, "from": EPOCH, "until": EPOCH}
_MEANINGS: Mapping[str, Rule] = {
    **FIELDS,
    "Start": EPOCH,
    "End": EPOCH,
}
"""The rule of each field by its name in a dialect file."""


def redaction_rules(
    target: Target, secrets: Iterable[str], *, keep_sound: bool = False, keep_unparsed: bool = False
) -> RedactionRules:
    """The rules for a recording of a target with these credentials."""
    dialect = target.api
    return RedactionRules(
        secrets=tuple(secrets),
        fields={**dict(_template_fields(target.audio or "")), **dict(_dialect_fields(dialect))},
        path_words=frozenset(_path_words(target, dialect)),
        keep_sound=keep_sound,
        keep_unparsed=keep_unparsed,
    )


def _dialect_fields(dialect: Dialect) -> Iterator[tuple[str, Rule]]:
    yield from ((name, CREDENTIAL) for name in dialect.scheme.names)
    if not isinstance(dialect, CustomDialect):
        return
    for method in dialect.methods.values():
        yield from ((key, PERSONAL) for key in method.legs)
        yield from _method_fields(method)
    for place, rule in ((dialect.errors.code, TEXT), (dialect.errors.message, TEXT)):
        if place:
            yield from ((key, PERSONAL) for key in place[:-1])
            yield place[-1], rule


def _method_fields(method: Method) -> Iterator[tuple[str, Rule]]:
    yield from ((name, _rule_of(text)) for name, text in method.query)
    if method.body is not None:
        yield from ((name, _rule_of(text)) for name, text in method.body.parameters)
    for name, place in method.shape.fields.items():
        yield from ((key, PERSONAL) for key in place[:-1])
        if place:
            yield place[-1], _MEANINGS.get(name, PERSONAL)


def _template_fields(template: str) -> Iterator[tuple[str, Rule]]:
    """The parameters of an audio template."""
    query = urlsplit(template.partition(" ")[2]).query
    yield from ((name, _rule_of(text)) for name, text in parse_qsl(query, keep_blank_values=True))


def _rule_of(text: str) -> Rule:
    """The rule of a parameter by the text of its value: a fixed value stays."""
    roles = _ROLE.findall(text)
    if not roles:
        return re.compile(re.escape(text))
    return _ROLES.get(roles[0], PERSONAL) if len(roles) == 1 else PERSONAL


def _path_words(target: Target, dialect: Dialect) -> Iterator[str]:
    """The fixed segments of the paths of its methods."""
    paths = [urlsplit((target.audio or "").partition(" ")[2]).path]
    if isinstance(dialect, CustomDialect):
        paths += [method.path for method in dialect.methods.values()]
    for path in paths:
        yield from (segment for segment in path.split("/") if segment and "{" not in segment)
