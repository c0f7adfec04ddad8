"""`noojee-fake archives`: what the bundled archives hold, and what to ask them for.

`docs/generate` writes the page `reference/archives.md` with the same functions.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from noojee_fake import resources
from noojee_fake.server.sandboxes import SAMPLE_KEY

SUMMARY = "list the bundled archives for serve --archive: calls, tags, hours, and what to ask"
DESCRIPTION = "List the archives that noojee-fake serve --archive NAME serves, with tags, hours and requests."
FLAGS = ()

BASE_URL = "http://127.0.0.1:8000/njadmin/rest/RecordingAPI"
"""The njadmin API of a server on the default port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledArchive:
    """What a bundled archive holds.

    `now` is the time of the clock at the start. `hours` are the hours of local time in which legs ended, in order, each
    with its date as by-hour requests have them, such as `("2021/09/14", 15)`.
    """

    name: str
    same_as: str | None
    description: str
    now: str
    legs: int
    unique_ids: tuple[str, ...]
    tags: tuple[str, ...]
    hours: tuple[tuple[str, int], ...]

    @property
    def counts(self) -> str:
        """How many calls and legs."""
        calls = len(self.unique_ids)
        return f"{calls} {'call' if calls == 1 else 'calls'}, {self.legs} {'leg' if self.legs == 1 else 'legs'}"

    @property
    def days(self) -> str:
        """The hours in which legs ended, by day, such as `2026/03/11 hour 9, 10`."""
        days: dict[str, list[str]] = {}
        for date, hour in self.hours:
            days.setdefault(date, []).append(str(hour))
        return "; ".join(f"{date} hour {', '.join(hours)}" for date, hours in days.items())

    @property
    def requests(self) -> tuple[str, ...]:
        """A request for a tag or a call of the archive, and one for its first hour, as curl commands."""
        if self.tags:
            question = f"retrieveMetaData?tag={quote(self.tags[0], safe='')}"
        else:
            question = f"retrieveMetaDataByUniqueId?uniqueId={quote(self.unique_ids[0], safe='')}"
        date, hour = self.hours[0]
        return tuple(
            f'curl -s -X POST "{BASE_URL}/{each}&apiKey={SAMPLE_KEY}"'
            for each in (question, f"retrieveMetaDataByHour?date={date}&hour={hour}")
        )


def bundled_archives() -> list[BundledArchive]:
    """The bundled archives, in the order of the help of `serve --archive`."""
    return [_read(name) for name in resources.archives()]


def shown(text: str) -> str:
    """A tag or a unique id: as it is, or as a JSON string if it has unusual characters."""
    is_plain = text.isascii() and all(letter.isalnum() or letter in "-._" for letter in text)
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the argument of the command to its parser."""
    parser.add_argument("name", nargs="*", metavar="NAME", help="an archive, such as call-flows (default: all)")


def run(options: argparse.Namespace) -> int:
    """Print the archives. Returns 0, or 2 for an unknown name."""
    names = list(resources.archives())
    unknown = [name for name in options.name if name not in names]
    if unknown:
        near = difflib.get_close_matches(unknown[0], names, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else f"the archives are {', '.join(names)}"
        sys.stderr.write(f"noojee-fake: no bundled archive is named {shown(unknown[0])}; {hint}\n")
        return 2
    found = [_read(name) for name in options.name or names]
    sys.stdout.write("\n".join("\n".join(_lines(each)) + "\n" for each in found))
    return 0


def _lines(archive: BundledArchive) -> list[str]:
    title = f"{archive.name}: {archive.counts}"
    if archive.same_as is not None:
        return [f"{title}, the same as {archive.same_as}", *(f"  {each}" for each in archive.requests)]
    tags = ", ".join(shown(tag) for tag in archive.tags) or "none"
    return [
        title,
        f"  {archive.description}",
        f"  tags: {tags}",
        f"  unique ids: {', '.join(shown(unique_id) for unique_id in archive.unique_ids)}",
        f"  legs ended: {archive.days}",
        f"  clock: starts at {archive.now}",
        *(f"  {each}" for each in archive.requests),
    ]


def _read(name: str) -> BundledArchive:
    paths = resources.archives()
    path = paths[name]
    document = json.loads(path.read_text(encoding="utf-8"))
    zone = ZoneInfo(document["time_zone"])
    legs = [leg for call in document["calls"] for leg in call["legs"]]
    ends = sorted(datetime.fromisoformat(leg["end"]) for leg in legs)
    local = [end.astimezone(zone) for end in ends]
    return BundledArchive(
        name=name,
        same_as=path.stem if path.stem != name else None,
        description=document["description"],
        now=document["now"],
        legs=len(legs),
        unique_ids=tuple(call["unique_id"] for call in document["calls"]),
        tags=tuple(dict.fromkeys(leg["tag"] for leg in legs if leg.get("tag"))),
        hours=tuple(dict.fromkeys((end.strftime("%Y/%m/%d"), end.hour) for end in local)),
    )
