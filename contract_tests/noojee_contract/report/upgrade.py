"""The report of an upgrade check: go or no-go, then what was compared, then what changed, worst first."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from importlib import resources

from noojee_contract.comparison.noise.change import NO_GO, Change, ChangeKind, UpgradeResult
from noojee_contract.redaction.printable import escaped

MOST_SHOWN = 20
COLUMNS = ("what", "reading or rule", "old", "new", "times", "example")
BADGES = {"go": "passed", "no-go": "failed", "inconclusive": "inconclusive"}
"""The class of a verdict in the style of the report of `verify`."""
WIDE = "td { min-width: 7em; } td:last-child { min-width: 16em; } td:nth-child(5) { min-width: 3em; }"
"""The columns of narrow screens, which scroll."""
COUNTED = {
    ChangeKind.BREAKS: ("breaks clients", "break clients"),
    ChangeKind.DOCUMENTED: ("changes what is documented", "change what is documented"),
    ChangeKind.INCONCLUSIVE: ("is inconclusive", "are inconclusive"),
    ChangeKind.UNDOCUMENTED: ("changes what is not documented", "change what is not documented"),
    ChangeKind.NOISE: ("is noise", "are noise"),
}
"""What one difference does, and what several do."""
VERDICTS = {"go": "GO", "no-go": "NO-GO", "inconclusive": "INCONCLUSIVE"}


def verdict_line(result: UpgradeResult) -> str:
    """The verdict with its reasons in one line."""
    counts = [_counted(kind, sum(each.count for each in result.of_kind(kind))) for kind in ChangeKind]
    counts = [words for words in counts if words]
    if result.verdict == "inconclusive":
        counts = [*(result.gaps or ("not every answer says something",)), *counts]
    return f"{VERDICTS[result.verdict]} for {result.target}: {'; '.join(counts) or 'nothing changed'}"


def _counted(kind: ChangeKind, count: int) -> str:
    one, several = COUNTED[kind]
    return f"1 difference {one}" if count == 1 else f"{count} differences {several}" if count else ""


def _title(kind: ChangeKind) -> str:
    return f"{kind.value[:1].upper()}{kind.value[1:]}"


def compared_line(result: UpgradeResult) -> str:
    """What was compared."""
    return "compared: " + ", ".join(f"{count} {name}" for name, count in result.compared)


def in_words(change: Change) -> str:
    """A change in one line, on screens and in files: control characters are escaped."""
    times = f" ({change.count} times)" if change.count > 1 else ""
    reading = f" [{change.reading.value}]" if change.reading is not None else ""
    rule = f" [{change.rule}]" if change.rule is not None else ""
    values = f": {change.old} -> {change.new}" if change.old or change.new else ""
    return escaped(f"{change.about}{reading}{rule}{values}{times}")


def render_text(result: UpgradeResult) -> str:
    """The report for a terminal."""
    lines = [
        verdict_line(result),
        *filter(None, [result.about]),
        compared_line(result),
        *(f"note: {note}" for note in (*result.gaps, *result.notes)),
    ]
    for kind in ChangeKind:
        lines += _section(result, kind)
    return "\n".join(lines) + "\n"


def _section(result: UpgradeResult, kind: ChangeKind) -> Iterator[str]:
    found = result.of_kind(kind)
    if not found:
        return
    yield ""
    yield f"{_title(kind)}:"
    for change in found[:MOST_SHOWN]:
        yield f"  {in_words(change)}"
        if change.example and kind is not ChangeKind.NOISE:
            yield f"    {escaped(change.example)}"
    if len(found) > MOST_SHOWN:
        yield f"  and {len(found) - MOST_SHOWN} more"


def render_markdown(result: UpgradeResult) -> str:
    """The report for a pull request."""
    lines = [
        f"## {verdict_line(result)}",
        "",
        *([_cell(result.about), ""] if result.about else []),
        compared_line(result),
        "",
        *(f"- note: {note}" for note in (*result.gaps, *result.notes)),
    ]
    for kind in ChangeKind:
        found = result.of_kind(kind)
        if not found:
            continue
        lines += [
            "",
            f"### {_title(kind)}",
            "",
            f"| {' | '.join(COLUMNS)} |",
            "|---" * len(COLUMNS) + "|",
        ]
        lines += [_row(change) for change in found]
    return "\n".join(lines) + "\n"


def _cells(change: Change) -> tuple[str, ...]:
    """The texts of `COLUMNS`."""
    why = change.reading.value if change.reading is not None else change.rule or ""
    return (change.about, why, change.old, change.new, str(change.count), change.example)


def _row(change: Change) -> str:
    return "| " + " | ".join(_cell(text) for text in _cells(change)) + " |"


def _cell(text: str) -> str:
    """A text in a cell: no text of a server becomes Markdown or HTML."""
    plain = " ".join(escaped(text).split())
    return html.escape("".join(f"\\{letter}" if letter in "\\`*_[]|<>!#" else letter for letter in plain), quote=False)


def render_html(result: UpgradeResult) -> str:
    """The report as one HTML page, without a script."""
    style = (resources.files("noojee_contract.report.html") / "report.css").read_text(encoding="utf-8")
    verdict, _, reasons = verdict_line(result).partition(": ")
    title = f"{verdict}: upgrade check"
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title>",
        f"<style>{style}{WIDE}</style>",
        f'<header><span class="verdict {BADGES[result.verdict]}">{VERDICTS[result.verdict]}</span>',
        f"<h1>{_text(verdict)}: {_text(reasons)}</h1>",
        f'<p class="soft">{_text(result.about)}</p><p>{_text(compared_line(result))}</p></header><main>',
        *(f"<p>note: {_text(note)}</p>" for note in (*result.gaps, *result.notes)),
    ]
    for kind in ChangeKind:
        found = result.of_kind(kind)
        if found:
            head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
            parts.append(f'<h2>{_title(kind)}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>')
            parts += [*map(_html_row, found), "</tbody></table></div>"]
    return "\n".join([*parts, "</main></html>"]) + "\n"


def _html_row(change: Change) -> str:
    return "<tr>" + "".join(f"<td>{_text(text)}</td>" for text in _cells(change)) + "</tr>"


def _text(text: str) -> str:
    return html.escape(escaped(text))


def render_junit(result: UpgradeResult) -> str:
    """JUnit XML with a case for each kind of change. The kinds that forbid the upgrade are failures."""
    suite = ET.Element("testsuite", name=f"upgrade check of {result.target}")
    failures = errors = 0
    for kind in ChangeKind:
        case = ET.SubElement(suite, "testcase", classname=f"upgrade.{result.target}", name=kind.value)
        found = result.of_kind(kind)
        text = "\n".join(in_words(change) for change in found)
        if found and kind in NO_GO:
            ET.SubElement(case, "failure", message=in_words(found[0])).text = text
            failures += 1
        elif found:
            ET.SubElement(case, "system-out").text = text
    if result.verdict == "inconclusive":
        case = ET.SubElement(suite, "testcase", classname=f"upgrade.{result.target}", name="compared")
        ET.SubElement(case, "error", message="; ".join(result.gaps) or "not every answer says something")
        errors = 1
    suite.attrib |= {"tests": str(len(suite)), "failures": str(failures), "errors": str(errors)}
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
