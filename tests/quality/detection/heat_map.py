"""docs/detection.svg: a heat map of which group of clauses catches which group of faulty servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from noojee_contract.catalogue.clauses import catalogue
from quality.detection.detect import Row

LEFT, TOP, WIDE, HIGH = 190, 84, 92, 22
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1d2226}.soft{fill:#5a646d}.light{fill:#fff}.right{text-anchor:end}"
    ".middle{text-anchor:middle}.strong{font-weight:650}"
)


def heat_map(rows: Sequence[Row]) -> str:
    """An SVG document: a row for each group of faulty servers, a column for each group of clauses.

    A cell holds the number of faulty servers that failed a clause of that group. The larger its share, the darker the
    cell.
    """
    groups = list(dict.fromkeys(_group(clause) for clause in catalogue()))
    kinds = sorted({row.kind for row in rows})
    seen = {kind: Counter[str]() for kind in kinds}
    for row in rows:
        seen[row.kind].update({_group(clause) for clause in row.failed})
    groups = [group for group in groups if any(seen[kind][group] for kind in kinds)]
    across, down = LEFT + WIDE * (len(groups) + 1) + 12, TOP + HIGH * len(kinds) + 12
    lines = [*_head(across, down), *_columns([*groups, "caught"])]
    for place, kind in enumerate(kinds):
        members = [row for row in rows if row.kind == kind]
        lines += _row(kind, TOP + HIGH * place, [(seen[kind][group]) for group in groups], members)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _head(across: int, down: int) -> list[str]:
    return [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" viewBox="0 0 {across} {down}" '
            'role="img" aria-labelledby="title">'
        ),
        '<title id="title">How many faulty servers of each group fail a clause of each group</title>',
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fbfbfa"/>',
        '<text x="12" y="24" class="strong">Which clauses catch which faulty servers</text>',
        (
            '<text x="12" y="44" class="soft">'
            "A cell: the number of faulty servers of the row that fail a clause of the column.</text>"
        ),
    ]


def _columns(names: Sequence[str]) -> Iterator[str]:
    for column, name in enumerate(names):
        x = LEFT + WIDE * column + WIDE // 2
        yield f'<text x="{x}" y="{TOP - 10}" class="middle soft">{escape(name)}</text>'


def _row(kind: str, y: int, numbers: Sequence[int], members: Sequence[Row]) -> Iterator[str]:
    yield f'<text x="{LEFT - 10}" y="{y + 15}" class="right">{escape(kind)}</text>'
    for column, number in enumerate(numbers):
        yield from _cell(LEFT + WIDE * column, y, number, len(members))
    caught = f"{sum(row.caught for row in members)} of {len(members)}"
    x = LEFT + WIDE * len(numbers) + WIDE // 2
    yield f'<text x="{x}" y="{y + 15}" class="middle strong">{caught}</text>'


def _group(clause: str) -> str:
    return clause.partition(".")[0]


def _cell(x: int, y: int, number: int, of: int) -> Iterator[str]:
    if not number:
        return
    share = number / of
    shade = " light" if share > 0.55 else ""
    yield (
        f'<rect x="{x + 1}" y="{y + 1}" width="{WIDE - 2}" height="{HIGH - 2}" rx="3" '
        f'fill="#1f5fa8" fill-opacity="{share:.2f}"/>'
    )
    yield f'<text x="{x + WIDE // 2}" y="{y + 15}" class="middle{shade}">{number}</text>'
