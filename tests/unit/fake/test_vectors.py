"""Hashes and dates against known answers that were not made by the fake."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noojee_fake.api.dialects.encode import date_text, timestamp_text
from noojee_fake.pbx.clock import EARLIEST, EPOCH, LATEST, format_instant, parse_instant
from noojee_fake.pbx.credentials import hash_of

VECTORS = Path(__file__).parents[3] / "fixtures" / "vectors"


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / name).read_text("utf-8"))["vectors"]
    assert found
    return found


@pytest.mark.parametrize("vector", vectors("hashes.json"), ids=lambda vector: vector["time_stamp"])
def test_hashes_equal_the_known_vectors(vector: dict[str, Any]) -> None:
    """sha256Hex(key:timeStamp), lower case. Source: W-A1 (DOC)."""
    assert hash_of(vector["api_key"], vector["time_stamp"]) == vector["hash"]


@pytest.mark.parametrize("vector", vectors("dates.json"), ids=lambda v: f"{v['time_zone']}-{v['instant']}")
def test_dates_are_written_as_java_does(vector: dict[str, Any]) -> None:
    """Both forms of date, through both nights on which the clocks change."""
    zone, micros = ZoneInfo(vector["time_zone"]), parse_instant(vector["instant"])
    assert timestamp_text(micros, zone) == vector["timestamp"]
    assert timestamp_text(micros, zone, fraction="milliseconds") == vector["timestamp_milliseconds"]
    assert date_text(micros, zone) == vector["date"]


def test_old_java_wrote_est_summer_and_winter() -> None:
    """The option touches Australian eastern time and nothing else. Source: option eastern_abbreviation."""
    melbourne, new_york = ZoneInfo("Australia/Melbourne"), ZoneInfo("America/New_York")
    winter, summer = parse_instant("2021-07-01T00:00:00Z"), parse_instant("2021-01-01T00:00:00Z")
    assert date_text(winter, melbourne, eastern="EST") == "Thu Jul 01 10:00:00 EST 2021"
    assert date_text(summer, melbourne, eastern="EST") == "Fri Jan 01 11:00:00 EST 2021"
    assert date_text(winter, new_york, eastern="EST") == "Wed Jun 30 20:00:00 EDT 2021"


@given(
    micros=st.integers(EARLIEST, parse_instant("2500-01-01T00:00:00Z")),
    zone=st.sampled_from(["Australia/Melbourne", "UTC", "Asia/Kolkata", "America/New_York"]),
)
@example(micros=parse_instant("2022-04-02T16:30:00Z"), zone="Australia/Melbourne")
def test_dates_read_back(micros: int, zone: str) -> None:
    """An independent reader gets the same local second from both forms, and by the abbreviation the same instant."""
    area = ZoneInfo(zone)
    local = datetime.fromtimestamp(micros // 1_000_000, UTC).astimezone(area)
    naive = local.replace(tzinfo=None, fold=0)
    assert datetime.strptime(timestamp_text(micros, area), "%Y-%m-%d %H:%M:%S.%f") == naive  # noqa: DTZ007
    day, month, date, clock, abbreviation, year = date_text(micros, area).split(" ")
    read = datetime.strptime(f"{day} {month} {date} {clock} {year}", "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007
    assert read == naive
    assert micros // 1_000_000 in {
        (read.replace(tzinfo=area, fold=fold) - EPOCH) // timedelta(seconds=1)
        for fold in (0, 1)
        if read.replace(tzinfo=area, fold=fold).tzname() == abbreviation
    }


@given(st.integers(EARLIEST, LATEST))
def test_instants_read_back(micros: int) -> None:
    """What the control API writes as a time it reads as the same microsecond."""
    assert parse_instant(format_instant(micros)) == micros


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-24",
        "2026-11-24T00:00:00",
        "2026-11-24 00:00:00Z",
        "2026-W48-2T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T00:00:60Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "2026-11-24T00:00:00+24:00",
        "２０２６-11-24T00:00:00Z",
    ],
)
def test_other_texts_are_no_instants(text: str) -> None:
    """Only RFC 3339 with an offset is read, within the years that every zone can show."""
    with pytest.raises(ValueError, match=r"is (no|outside)"):
        parse_instant(text)
