"""The page of the bundled archives: what each holds, and requests that it answers."""

from __future__ import annotations

from tables import code, codes, section

from noojee_fake.cli.archives import BundledArchive, bundled_archives, shown

HEAD = """# Bundled archives

`noojee-fake serve --archive NAME` starts a fake PBX with these calls, in the time zone Australia/Melbourne.
`noojee-fake archives` prints this list. The fake has only these calls: another tag gives an empty list.
"""
TABLE = """A by-hour request lists the legs that ended in an hour of local time. A file of your own has the form of an
[archive file](archive-file.md)."""
REQUESTS = """The key is the vendor's published sample. For the other dialects see [the vendor's API](pbx-api.md)."""


def page() -> str:
    """The whole page."""
    archives = bundled_archives()
    own = [archive for archive in archives if archive.same_as is None]
    same = [f"`{each.name}` is the same as `{each.same_as}`.\n" for each in archives if each.same_as is not None]
    return "\n".join(
        [
            HEAD,
            section(
                "What they hold",
                TABLE,
                ["name", "what for", "calls and legs", "tags", "hours in which legs ended"],
                [_row(each) for each in own],
            ),
            *same,
            f"## Requests\n\n{REQUESTS}\n",
            *(f"`{each.name}`:\n\n```bash\n" + "\n".join(each.requests) + "\n```\n" for each in own),
        ]
    )


def _row(archive: BundledArchive) -> list[str]:
    tags = codes(shown(tag) for tag in archive.tags) or "none"
    return [code(archive.name), archive.description, archive.counts, tags, archive.days]
