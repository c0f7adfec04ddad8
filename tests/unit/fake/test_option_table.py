"""The table of options as the fake reads it, and the defaults that its sources support."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.errors import FakeError, ProfileError
from noojee_fake.pbx.options import Profile, option_table
from noojee_fake.resources import schema_text

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[3] / "schemas" / "own" / "options.toml").read_text("utf-8")
)
DEFAULTS = {
    "audio_methods": "post",
    "audio_without_leg": "first-leg",
    "audio_format": "wav-pcm",
    "audio_aged_form": "as-recorded",
    "audio_unknown_leg": "404",
    "unknown_recording": "empty-list",
    "expired_hash_status": "200",
    "recording_api_refused_status": "200",
    "njadmin_refused_status": "401",
    "call_management_refused_status": "200",
    "hash_reuse": "within-window",
    "hash_hour_from": "first-use",
    "clock_ahead_seconds": "2",
    "time_body": "digits",
    "concurrent_authentications": "unlimited",
    "njadmin_failure_envelope": "capitalised",
    "by_hour_limit_status": "429",
    "get_on_post": "refused",
    "content_type_check": "any",
    "parameters_in": "query-and-body",
    "recording_api_bad_request_status": "200",
    "njadmin_bad_request_status": "400",
    "call_management_bad_request_status": "200",
    "unknown_path": "html",
    "recording_message": "texts",
    "start_while_recording": "splits",
    "stop_not_recording": "error",
    "services_failure_status": "400",
    "several_calls": "newest",
    "extension_or_unique_id": "by-dot",
    "stop_permission": "roles",
    "stop_without_agent": "allowed",
    "tag_selects": "calls",
    "tag_inherited": "inherited",
    "tag_on_several_calls": "all-calls",
    "tag_match": "exact",
    "empty_tag": "refused",
    "call_record_id": "the-leg",
    "legs_in_progress": "hidden",
    "metadata_order": "oldest-first",
    "expired_leg": "metadata-stays",
    "zero_length_legs": "kept",
    "default_account": "Administrator",
    "internal_word": "Internal",
    "outbound_did": "empty",
    "eastern_abbreviation": "AEST",
    "start_fraction": "zero",
    "repeated_hour": "both",
    "bad_hour": "refused",
    "future_hour": "empty-list",
    "user_key_status": "403",
    "address_refused": "403",
    "plain_http": "served",
    "json_content_type": "application/json;charset=UTF-8",
    "query_charset": "utf-8",
    "other_methods": "absent",
    "bare_rest": "served",
    "legacy_after_4": "gone",
    "time_stamp_seconds": "refused",
}


def test_the_first_options_keep_their_defaults() -> None:
    """Profiles and target files rely on the defaults of these options. A newer option needs no entry."""
    assert {key: TABLE[key]["default"] for key in DEFAULTS} == DEFAULTS


def test_the_fake_reads_the_table_whole() -> None:
    """Keys, defaults and alternatives in force are those of the table."""
    assert {key: (q.default, list(q.alternatives), list(q.dialects)) for key, q in option_table().items()} == {
        key: (row["default"], row["alternatives"], row["dialects"]) for key, row in TABLE.items()
    }


def test_an_empty_profile_has_all_defaults() -> None:
    """Nothing chosen is the same as every default chosen."""
    defaults = {key: row["default"] for key, row in TABLE.items()}
    assert dict(Profile()) == dict(Profile(defaults)) == defaults


@pytest.mark.parametrize(
    ("choices", "path", "what"),
    [
        ({"tag_matches": "exact"}, "$.tag_matches", r"there is no option 'tag_matches'; did you mean tag_match\?"),
        ({"x": "exact"}, "$.x", "there is no option 'x'; the options are address_"),
        ({"tag_match": "Exact"}, "$.tag_match", "tag_match is 'Exact'; allowed are exact, ignore-case"),
        ({"time_body": ""}, "$.time_body", "allowed are digits, digits-newline"),
    ],
)
def test_a_value_that_the_table_lacks_is_refused(choices: dict[str, str], path: str, what: str) -> None:
    """With what may be chosen, so that a typing error never runs against the default."""
    with pytest.raises(ProfileError, match=what) as refused:
        Profile(choices)
    assert refused.value.path == path


def test_a_missing_data_file_is_named_with_its_folders() -> None:
    """A broken installation says so."""
    with pytest.raises(FakeError, match=r"nothing\.toml is missing; looked in"):
        schema_text("nothing.toml")
