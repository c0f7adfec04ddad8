"""The dialect of recorded traffic by its paths: only where no other dialect has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.errors import TargetError
from noojee_contract.traffic.spoken_dialect import SpokenDialect, spoken_dialect
from support.recorded import exchange

FILE = Path("day.jsonl")
NJADMIN = "/njadmin/rest/RecordingAPI/retrieveMetaData?tag=1"
ANY = "recording-api, call-management, njadmin or a dialect file"
RECORDING_API = "/rest/RecordingAPI/retrieveMetaData?tag=1"


@pytest.mark.parametrize(
    ("targets", "spoken"),
    [
        ([NJADMIN, "/njadmin/login", "/favicon.ico"], SpokenDialect(name="njadmin", rest_path=None, by_hash=False)),
        (
            ["/servicemanager/rest/Time", f"{RECORDING_API}&timeStamp=1&hash=2"],
            SpokenDialect(name="recording-api", rest_path=None, by_hash=True),
        ),
        (
            [f"/servicemanager{RECORDING_API}&timeStamp=1&hash=2"],
            SpokenDialect(name="recording-api", rest_path="/servicemanager/rest", by_hash=True),
        ),
        (
            ["/servicemanager/rest/CallManagementAPI/retrieveMetaDataByUniqueId?uniqueId=1.2&apiKey=x"],
            SpokenDialect(name="call-management", rest_path=None, by_hash=False),
        ),
        (["https://pbx.example/njadmin/rest/RecordingAPI/retrieveMetaDataByHour?hour=1"],
         SpokenDialect(name="njadmin", rest_path=None, by_hash=False)),
    ],
    ids=["njadmin", "recording-api", "other prefix", "call-management", "absolute URL"],
)  # fmt: skip
def test_paths_of_one_dialect_name_it(targets: list[str], spoken: SpokenDialect) -> None:
    """Requests that ask for no recording do not count."""
    assert spoken_dialect(map(exchange, targets), FILE) == spoken


@pytest.mark.parametrize(
    ("targets", "choice"),
    [
        ([], ANY),
        ([NJADMIN, RECORDING_API], "njadmin, recording-api or a dialect file"),
        ([NJADMIN, "/other/retrieveMetaData?tag=1"], "njadmin or a dialect file"),
        (
            ["/pbx2/rest/RecordingAPI/retrieveMetaData?tag=1"],
            ANY,
        ),
    ],
    ids=["no request", "two dialects", "another path", "behind a prefix"],
)
def test_other_paths_ask_for_the_flag(targets: list[str], choice: str) -> None:
    """One line with the dialects to choose from."""
    with pytest.raises(TargetError) as raised:
        spoken_dialect(map(exchange, targets), FILE)
    assert str(raised.value).endswith(f"give --dialect: {choice}")
    assert "\n" not in str(raised.value)
