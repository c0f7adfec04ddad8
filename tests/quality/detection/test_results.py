"""The detection rate: what makes it bad, and that it is read back whole."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from noojee_contract.catalogue.clauses import FILE, catalogue
from quality.detection.__main__ import main
from quality.detection.detect import Row
from quality.detection.heat_map import heat_map
from quality.detection.results import (
    MARKERS,
    READ_ONLY,
    Detection,
    detection_of,
    figure,
    in_words,
    page,
    read,
    with_figure,
    written,
)
from support.faulty_servers import everything, survivors

CAUGHT = next(name for name in everything() if name not in survivors())
EXCUSED = next(iter(survivors()))
CLAUSE = next(iter(catalogue()))


def row(name: str = CAUGHT, **more: object) -> Row:
    plain: dict[str, object] = {
        "name": name, "kind": "leg-set", "operator": "", "failed": {CLAUSE: "message"}, "first": CLAUSE,
        "message": "message", "names_it": True, "shows_it": True, "differs_at": 1, "caught_at": 2,
        "groups": 1, "seconds": 0.0,
    }  # fmt: skip
    return Row(**{**plain, **more})  # type: ignore[arg-type]


def detection(*rows: Row) -> Detection:
    return replace(detection_of((), random_seed=1), rows=rows or (row(),))


def test_a_good_detection_has_no_complaints() -> None:
    """Caught, the first failure points at the fault, each survivor has a reason, and 97 % are caught."""
    survivor = row(EXCUSED, failed={}, first=None, message="", names_it=False, shows_it=False, caught_at=None, groups=0)
    assert detection(*(row() for _ in range(40)), survivor).complaints() == []


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"failed": {}, "first": None}, "without a reason"),
        ({"name": EXCUSED}, "is caught"),
        ({"differs_at": None}, "no answer that differs"),
        ({"names_it": False}, "does not point at the fault"),
        ({"shows_it": False}, "does not point at the fault"),
        ({"errors": ("KeyError",)}, "an error of the suite"),
    ],
)
def test_each_complaint_is_one_line_with_the_name(bad: dict[str, object], complaint: str) -> None:
    """One line for each."""
    complaints = detection(*(row() for _ in range(40)), row(**bad)).complaints()
    assert any(complaint in line for line in complaints), complaints


def test_a_detection_rate_below_97_percent_is_bad() -> None:
    """Even where each survivor has a reason."""
    survivor = row(EXCUSED, failed={}, first=None, caught_at=None)
    assert any("fewer than 97%" in line for line in detection(row(), survivor).complaints())


def test_a_detection_rate_needs_rows() -> None:
    """No faulty server is not a good detection rate."""
    with pytest.raises(ValueError, match="at least one"):
        _ = replace(detection_of((), random_seed=1), rows=()).rate


def test_a_clause_that_catches_nothing_is_named() -> None:
    """All binding clauses but the one that failed."""
    vendor = {each: clause for each, clause in catalogue().items() if clause.dialects != (FILE,)}
    binding = [each for each, clause in vendor.items() if clause.severity != "may"]
    idle = detection().idle()
    assert set(idle) == set(binding) - {CLAUSE, *READ_ONLY}
    assert f"`{idle[0]}`" in page(detection())


def test_a_detection_is_read_back() -> None:
    """All but the messages of the clauses; an incomplete file is refused."""
    text = written(detection(row(), row(EXCUSED, failed={}, first=None)))
    assert written(read(text)) == text
    with pytest.raises(ValueError, match="not a complete"):
        read("".join(text.splitlines(keepends=True)[:-2]))


def test_an_old_format_is_refused_with_the_new_name() -> None:
    """The message names the format that is read."""
    with pytest.raises(ValueError, match="noojee-detection/1"):
        read(written(detection()).replace("noojee-detection/1", "noojee-score/1"))


def test_the_readme_changes_between_the_markers_only() -> None:
    """The text before and after stays."""
    text = f"before\n{MARKERS[0]}\nold\n{MARKERS[1]}\nafter\n"
    assert with_figure(text, detection()) == f"before\n{MARKERS[0]}\n{figure(detection())}\n{MARKERS[1]}\nafter\n"


def test_the_heat_map_counts_servers_by_group_of_clauses() -> None:
    """Two of three servers of a group fail clauses of one group, whatever the number of clauses."""
    one, other = [clause for clause in catalogue() if clause.startswith(CLAUSE.partition(".")[0])][:2]
    drawn = heat_map([row(failed={one: "", other: ""}), row(failed={one: ""}), row(failed={})])
    texts = [text.text for text in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert texts[-3:] == ["leg-set", "2", "2 of 3"]


def test_a_row_is_shown_in_words() -> None:
    """What caught it, when, and its message; or why nothing did."""
    text = in_words(row(failed={CLAUSE: "", "x.y": ""}), "A description.")
    assert "caught after request 2" in text
    assert f"first failure: {CLAUSE}: message" in text
    assert "also failed: x.y" in text
    assert "A description." in text
    assert "survives: No page" in in_words(row(EXCUSED, failed={}, first=None), "A description.")


def test_an_unknown_faulty_server_is_wrong_use() -> None:
    """Exit 2."""
    for flag in ("--only", "--show", "--add"):
        with pytest.raises(SystemExit, match="2"):
            main([flag, "no-such-server"])
