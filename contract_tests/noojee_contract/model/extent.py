"""How far a difference reaches: how many of the compared legs differ, in which fields, and by which rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ONE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How many legs of a comparison differ.

    `fields` counts the differing legs for each field, most first; a difference without a field counts under its kind,
    such as "missing leg". `pattern` is the rule that the differences follow, None if there is none.
    """

    differing: int
    compared: int
    fields: Mapping[str, int] = field(default_factory=dict)
    pattern: str | None = None

    @property
    def in_words(self) -> str:
        """The extent in words: "37 of 12,040 legs differ (Duration: 20, Tag: 17); ..."."""
        legs = "leg" if self.compared == ONE else "legs"
        text = f"{self.differing:,} of {self.compared:,} {legs} {'differs' if self.differing == ONE else 'differ'}"
        if self.fields:
            text += f" ({', '.join(f'{name}: {count:,}' for name, count in self.fields.items())})"
        return text if self.pattern is None else f"{text}; {self.pattern}"
