"""Declared differences of a migration: how the new side writes numbers, user names and unique ids of the old side.

Pure values. Everything that they rewrite is one to one: two old values never become one new value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

NUMBER_FIELDS = ("Source", "Destination", "DID")
"""The fields with phone numbers, as the vendor spells them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """A prefix of phone numbers that becomes another one. `shortest` is the length from which the rule applies.

    An empty number stays empty.
    """

    old_prefix: str
    new_prefix: str
    fields: tuple[str, ...] = NUMBER_FIELDS
    shortest: int = 1

    def applies_to(self, name: str, number: str) -> bool:
        """Whether the rule is about this field and number."""
        return name in self.fields and len(number) >= self.shortest and number.startswith(self.old_prefix)

    def rewrite(self, number: str) -> str:
        """A number with the new prefix."""
        return self.new_prefix + number.removeprefix(self.old_prefix)


@dataclass(frozen=True, kw_only=True, eq=False)
class MigrationMap:
    """What a target file declares under `[migration.map]`. Values that it does not name stay as they are."""

    numbers: tuple[NumberRule, ...] = ()
    usernames: Mapping[str, str] = field(default_factory=dict)
    unique_ids: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str, number: str) -> str:
        """A number of a field as the new side writes it: the first rule that applies rewrites it."""
        rule = next((rule for rule in self.numbers if rule.applies_to(name, number)), None)
        return number if rule is None else rule.rewrite(number)

    def username(self, name: str) -> str:
        """A user name as the new side writes it."""
        return self.usernames.get(name, name)

    def new_id(self, unique_id: str) -> str:
        """The unique id on the new side of a call of the old side."""
        return self.unique_ids.get(unique_id, unique_id)

    def old_id(self, unique_id: str) -> str:
        """The unique id on the old side of a call of the new side."""
        return self._old_ids.get(unique_id, unique_id)

    def is_new_id(self, unique_id: str) -> bool:
        """Whether it is the unique id of a renumbered call on the new side."""
        return unique_id in self._old_ids

    @cached_property
    def _old_ids(self) -> Mapping[str, str]:
        return {new: old for old, new in self.unique_ids.items()}
