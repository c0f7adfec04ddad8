"""docs/score.svg: which group of clauses catches which group of faulty servers, as a map of heat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from noojee_contract.catalogue.clauses import catalogue
from quality.detection.judge import Row

LEFT, TOP, WIDE, HIGH = 190, 84, 92, 22
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1d2226}.soft{fill:#5a646d}.light{fill:#fff}.right{text-anchor:end}"
    ".middle{text-anchor:middle}.strong{font-weight:650}"
)


def picture(rows: Sequence[Row]) -> str:
    """An SVG document: a line for each group of faulty servers, a column for each group of clauses.

    A cell says how many of the faulty servers broke a clause of that group, and is the darker the greater a part of the line that is.
    """
    groups = list(dict.fromkeys(_group(clause) for clause in catalogue()))
    kinds = sorted({row.kind for row in rows})
    seen = {kind: Counter[str]() for kind in kinds}
    total, caught = Counter(row.kind for row in rows), Counter(row.kind for row in rows if row.caught)
    for row in rows:
        seen[row.kind].update({_group(clause) for clause in row.broken})
    groups = [group for group in groups if any(seen[kind][group] for kind in kinds)]
    across, down = LEFT + WIDE * (len(groups) + 1) + 12, TOP + HIGH * len(kinds) + 12
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" viewBox="0 0 {across} {down}" role="img"'
            ' aria-labelledby="title">'
        ),
        '<title id="title">How many faulty servers of each group break a clause of each group</title>',
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fbfbfa"/>',
        '<text x="12" y="24" class="strong">Which clauses catch which faulty servers</text>',
        '<text x="12" y="44" class="soft">A cell: so many faulty servers of the line broke a clause of the column.</text>',
    ]
    for column, group in enumerate([*groups, "caught"]):
        x = LEFT + WIDE * column + WIDE // 2
        lines.append(f'<text x="{x}" y="{TOP - 10}" class="middle soft">{escape(group)}</text>')
    for line, kind in enumerate(kinds):
        y = TOP + HIGH * line
        lines.append(f'<text x="{LEFT - 10}" y="{y + 15}" class="right">{escape(kind)}</text>')
        for column, group in enumerate(groups):
            lines += _cell(LEFT + WIDE * column, y, seen[kind][group], total[kind])
        told = f"{caught[kind]} of {total[kind]}"
        lines.append(
            f'<text x="{LEFT + WIDE * len(groups) + WIDE // 2}" y="{y + 15}" class="middle strong">{told}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def _group(clause: str) -> str:
    return clause.partition(".")[0]


def _cell(x: int, y: int, number: int, of: int) -> list[str]:
    share = number / of
    box = f'<rect x="{x + 1}" y="{y + 1}" width="{WIDE - 2}" height="{HIGH - 2}" rx="3" fill="#1f5fa8" fill-opacity="{share:.2f}"/>'
    if not number:
        return []
    shade = " light" if share > 0.55 else ""
    return [box, f'<text x="{x + WIDE // 2}" y="{y + 15}" class="middle{shade}">{number}</text>']
