"""The dialect of recorded traffic by its paths: only where no other dialect has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.errors import TargetError
from noojee_contract.traffic.spoken_dialect import SpokenDialect, base_path_of, spoken_dialect
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
        ([f"/pbx/two{NJADMIN}"], SpokenDialect(name="njadmin", rest_path=None, by_hash=False, base_path="/pbx/two")),
        ([f"/pbx{RECORDING_API}&timeStamp=1&hash=2"],
         SpokenDialect(name="recording-api", rest_path=None, by_hash=True, base_path="/pbx")),
    ],
    ids=["njadmin", "recording-api", "other prefix", "call-management", "absolute URL", "njadmin behind a proxy",
         "recording-api behind a proxy"],
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
        ([NJADMIN, f"/pbx2{NJADMIN}"], "njadmin or a dialect file"),
    ],
    ids=["no request", "two dialects", "another path", "behind a prefix", "with and without a prefix"],
)
def test_other_paths_ask_for_the_flag(targets: list[str], choice: str) -> None:
    """One line with the dialects to choose from."""
    with pytest.raises(TargetError) as raised:
        spoken_dialect(map(exchange, targets), FILE)
    assert str(raised.value).endswith(f"give --dialect: {choice}")
    assert "\n" not in str(raised.value)


def test_a_path_of_no_dialect_is_named() -> None:
    """The message says which path, and that a proxy may be the cause."""
    with pytest.raises(TargetError, match="the path /recorder/api of its requests is that of no dialect"):
        spoken_dialect([exchange("/recorder/api/retrieveMetaData?tag=1")], FILE)


@pytest.mark.parametrize(
    ("targets", "base_path"),
    [
        ([f"/pbx{NJADMIN}", "/favicon.ico"], "/pbx"),
        ([NJADMIN], ""),
        ([NJADMIN, f"/pbx{NJADMIN}"], ""),
        (["/other/retrieveMetaData?tag=1"], ""),
    ],
    ids=["behind a proxy", "usual", "both", "another path"],
)
def test_the_path_in_front_of_a_named_dialect_is_found(targets: list[str], base_path: str) -> None:
    """Only if all requests for recordings have the same one."""
    assert base_path_of([exchange(target) for target in targets], "njadmin") == base_path
