"""The rows of the peer are read back, drawn in a stable order, and summarized next to those of the suite."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quality.detection.detect import Row
from quality.detection.peer_results import Peer, PeerRow, drawn, header_line, peer_section, read_peer, row_line
from quality.detection.results import detection_of, page
from support.faulty_servers import everything, survivors

CAUGHT = [name for name in everything() if name not in survivors()][:3]
SURVIVOR = next(iter(survivors()))
FAILURE = "unsupported_method: Wrong response to undeclared method: POST /servicemanager/rest/Time"


def peer_row(name: str, *failures: str, drawn: bool = True) -> PeerRow:
    return PeerRow(name=name, failures=list(failures), requests=500, suite_seconds=2.0, seconds=2.5, drawn=drawn)


def peer(*rows: PeerRow) -> Peer:
    return Peer(version="4.32.5", random_seed=1, baseline=("a: b: c",), rows=rows)


def suite_row(name: str, *, caught: bool = True) -> Row:
    return Row(
        name=name, kind="method", operator="", failed={"a.b": ""} if caught else {}, first="a.b" if caught else None,
        message="", names_it=True, shows_it=True, differs_at=1, caught_at=2, groups=1, seconds=0.0,
    )  # fmt: skip


def test_a_run_is_read_back_row_by_row() -> None:
    """A row is appended as soon as its server is done; a server that was run again keeps its last row."""
    kept = peer(peer_row(CAUGHT[0], FAILURE), peer_row(SURVIVOR, drawn=False))
    lines = [header_line(kept), *map(row_line, kept.rows)]
    assert read_peer("".join(lines)) == kept
    again = peer_row(CAUGHT[0])
    assert read_peer("".join([*lines, row_line(again)])).rows[0] == again


def test_failures_of_a_conformant_server_do_not_count() -> None:
    """A check that a generation fails with its refusals counts for none of its methods."""
    accepted = "negative_data_rejection: accepted: POST /servicemanager/rest/RecordingAPI"
    baseline = (f"{accepted}/stop", "positive_data_acceptance: rejected: POST /njadmin/rest/RecordingAPI/retrieve")
    kept = [f"{accepted.replace('servicemanager', 'njadmin')}/start", f"{baseline[1]}MetaData", FAILURE]
    rows = replace(peer(peer_row(CAUGHT[0], *baseline, f"{accepted}/start", *kept)), baseline=baseline)
    assert read_peer(header_line(rows) + row_line(rows.rows[0])).rows[0].failures == kept


def test_another_format_is_refused() -> None:
    """The message names the command that writes the file."""
    with pytest.raises(ValueError, match="tox -e detection-peer"):
        read_peer(header_line(peer()).replace("peer/1", "peer/0"))


def test_a_longer_sample_continues_a_shorter_one() -> None:
    """New faulty servers do not change the order of the others."""
    order = drawn(["a", "b", "c", "d"], 1)
    assert sorted(order) == ["a", "b", "c", "d"]
    assert [name for name in drawn(["a", "b", "c", "d", "e"], 1) if name != "e"] == order
    assert any(drawn("abcd", seed) != order for seed in range(2, 9))


def test_the_sample_leaves_out_other_rows() -> None:
    """Survivors of the suite are run in addition to the sample; servers that no longer exist do not count."""
    rows = peer(peer_row(CAUGHT[0]), peer_row(SURVIVOR, FAILURE, drawn=False), peer_row("no-such-server", FAILURE))
    assert [row.name for row in rows.sample_of(everything())] == [CAUGHT[0]]


def test_the_section_states_both_rates_and_what_only_the_peer_caught() -> None:
    """With the size of the sample, its random seed, and both processor times."""
    rows = peer(peer_row(CAUGHT[0], FAILURE), peer_row(CAUGHT[1]), peer_row(SURVIVOR, FAILURE, drawn=False))
    text = "\n".join(peer_section(rows, {CAUGHT[0]: True, CAUGHT[1]: True, CAUGHT[2]: True, SURVIVOR: False}))
    assert "A random sample of 2 (random seed 1) of the 4 faulty servers" in text
    assert "**1 (50.0%)**" in text
    assert "**2 (100.0%)**" in text
    assert "2.0 s for the suite, 2.5 s for Schemathesis, which sent 500 requests" in text
    assert f"- `{SURVIVOR}`: {FAILURE}" in text
    assert CAUGHT[0] not in text


def test_the_page_has_a_column_for_the_peer() -> None:
    """How many of the sample of a group it caught; without a run there is no column and no section."""
    detection = replace(detection_of((), random_seed=1), rows=tuple(suite_row(name) for name in CAUGHT))
    with_peer = page(detection, peer=peer(peer_row(CAUGHT[0], FAILURE), peer_row(CAUGHT[1])))
    assert "| group | faulty servers | by operators | caught | Schemathesis | most often first |" in with_peer
    assert "| method | 3 | 0 | 3 | 1 of 2 | `a.b` |" in with_peer
    assert "## Next to Schemathesis" in with_peer
    assert "Schemathesis" not in page(detection)
