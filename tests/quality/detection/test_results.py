"""The score: what makes it bad, and that it is read back whole."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from noojee_contract.catalogue.clauses import FILE, catalogue
from quality.detection.__main__ import main
from quality.detection.judge import Row
from quality.detection.picture import picture
from quality.detection.score import (
    MARKS,
    Score,
    figure,
    in_words,
    page,
    read,
    score_of,
    with_figure,
    written,
)
from support.faulty_servers import everything, survivors

CAUGHT = next(name for name in everything() if name not in survivors())
EXCUSED = next(iter(survivors()))
CLAUSE = next(iter(catalogue()))


def row(name: str = CAUGHT, **more: object) -> Row:
    plain: dict[str, object] = {
        "name": name, "kind": "leg-set", "operator": "", "broken": {CLAUSE: "said"}, "first": CLAUSE, "said": "said", "names_it": True,
        "shows_it": True, "differs_at": 1, "caught_at": 2, "groups": 1, "seconds": 0.0,
    }  # fmt: skip
    return Row(**{**plain, **more})  # type: ignore[arg-type]


def score(*rows: Row) -> Score:
    return replace(score_of((), random_seed=1), rows=rows or (row(),))


def test_a_good_score_has_no_complaints() -> None:
    """Caught, pointed at, and each survivor with its reason, as long as 97 % are caught."""
    spared = row(EXCUSED, broken={}, first=None, said="", names_it=False, shows_it=False, caught_at=None, groups=0)
    assert score(*(row() for _ in range(40)), spared).complaints() == []


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"broken": {}, "first": None}, "without a reason"),
        ({"name": EXCUSED}, "is caught"),
        ({"differs_at": None}, "no answer that a conformant server would not give"),
        ({"names_it": False}, "does not point at the fault"),
        ({"shows_it": False}, "does not point at the fault"),
        ({"errors": ("KeyError",)}, "own"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(bad: dict[str, object], says: str) -> None:
    """One line each, with the name."""
    told = score(*(row() for _ in range(40)), row(**bad)).complaints()
    assert any(says in line for line in told), told


def test_a_score_below_97_percent_is_red() -> None:
    """Whatever the reasons."""
    spared = row(EXCUSED, broken={}, first=None, caught_at=None)
    assert any("fewer than 97%" in line for line in score(row(), spared).complaints())


def test_a_score_of_nothing_is_none() -> None:
    """Nothing judged is not good."""
    with pytest.raises(ValueError, match="none"):
        _ = replace(score_of((), random_seed=1), rows=()).share


def test_a_clause_that_catches_nothing_is_named() -> None:
    """All that bind but one, where one broke."""
    vendor = {each: clause for each, clause in catalogue().items() if clause.dialects != (FILE,)}
    binding = [each for each, clause in vendor.items() if clause.severity != "may"]
    idle = score().idle()
    assert set(idle) == set(binding) - {CLAUSE}
    assert f"`{idle[0]}`" in page(score())


def test_a_score_is_read_back() -> None:
    """All but what each clause said; a cut-off one is refused."""
    text = written(score(row(), row(EXCUSED, broken={}, first=None)))
    assert written(read(text)) == text
    with pytest.raises(ValueError, match="no whole score"):
        read("".join(text.splitlines(keepends=True)[:-2]))


def test_the_readme_keeps_what_stands_around_the_figure() -> None:
    """Only what is between the marks changes."""
    text = f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n"
    assert with_figure(text, score()) == f"before\n{MARKS[0]}\n{figure(score())}\n{MARKS[1]}\nafter\n"


def test_the_picture_counts_servers_by_group_of_clauses() -> None:
    """Two of three of a group break clauses of one group of clauses, whatever their number."""
    one, other = [clause for clause in catalogue() if clause.startswith(CLAUSE.partition(".")[0])][:2]
    drawn = picture([row(broken={one: "", other: ""}), row(broken={one: ""}), row(broken={})])
    told = [text.text for text in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert told[-3:] == ["leg-set", "2", "2 of 3"]


def test_a_row_is_told_in_words() -> None:
    """What caught it, when, and what it said; or why nothing did."""
    told = in_words(row(broken={CLAUSE: "", "x.y": ""}), "A description.")
    assert "caught after 2" in told
    assert f"first: {CLAUSE}: said" in told
    assert "also: x.y" in told
    assert "A description." in told
    assert "survives: No page" in in_words(row(EXCUSED, broken={}, first=None), "A description.")


def test_an_unknown_faulty_server_is_wrong_use() -> None:
    """Exit 2."""
    for option in ("--only", "--show"):
        with pytest.raises(SystemExit, match="2"):
            main([option, "no-such-server"])
