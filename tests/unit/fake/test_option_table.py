"""The table of open questions, as the fake reads it, and the defaults that the reference argues for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from noojee_fake import resources as _data
from noojee_fake.errors import FakeError, ProfileError
from noojee_fake.pbx.options import Profile, questions

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[3] / "schemas" / "own" / "options.toml").read_text("utf-8")
)
DEFAULTS = {
    "audio_methods": (1, "post"),
    "audio_without_leg": (2, "first-leg"),
    "audio_format": (3, "wav-pcm"),
    "audio_aged_form": (3, "as-recorded"),
    "audio_unknown_leg": (4, "404"),
    "unknown_recording": (5, "empty-list"),
    "expired_hash_status": (6, "200"),
    "recording_api_refused_status": (7, "200"),
    "njadmin_refused_status": (7, "401"),
    "call_management_refused_status": (7, "200"),
    "hash_reuse": (8, "within-window"),
    "hash_hour_from": (8, "first-use"),
    "clock_ahead_seconds": (9, "2"),
    "time_body": (10, "digits"),
    "concurrent_authentications": (11, "unlimited"),
    "njadmin_failure_envelope": (12, "capitalised"),
    "by_hour_limit_status": (13, "429"),
    "get_on_post": (14, "refused"),
    "content_type_check": (15, "any"),
    "parameters_in": (16, "query-and-body"),
    "recording_api_bad_request_status": (17, "200"),
    "njadmin_bad_request_status": (17, "400"),
    "call_management_bad_request_status": (17, "200"),
    "unknown_path": (18, "html"),
    "recording_message": (19, "texts"),
    "start_while_recording": (20, "splits"),
    "stop_not_recording": (21, "error"),
    "services_failure_status": (21, "400"),
    "several_calls": (22, "newest"),
    "extension_or_unique_id": (23, "by-dot"),
    "stop_permission": (24, "roles"),
    "stop_without_agent": (24, "allowed"),
    "tag_selects": (25, "calls"),
    "tag_inherited": (25, "inherited"),
    "tag_on_several_calls": (26, "all-calls"),
    "tag_match": (27, "exact"),
    "empty_tag": (27, "refused"),
    "call_record_id": (28, "the-leg"),
    "legs_in_progress": (29, "hidden"),
    "metadata_order": (30, "oldest-first"),
    "expired_leg": (31, "metadata-stays"),
    "zero_length_legs": (32, "kept"),
    "default_account": (33, "Administrator"),
    "internal_word": (34, "Internal"),
    "outbound_did": (35, "empty"),
    "eastern_abbreviation": (36, "AEST"),
    "start_fraction": (37, "zero"),
    "repeated_hour": (38, "both"),
    "bad_hour": (39, "refused"),
    "future_hour": (40, "empty-list"),
    "user_key_status": (41, "403"),
    "address_refused": (42, "403"),
    "plain_http": (43, "served"),
    "json_content_type": (44, "application/json;charset=UTF-8"),
    "query_charset": (45, "utf-8"),
    "other_methods": (46, "absent"),
    "bare_rest": (47, "served"),
    "legacy_after_4": (48, "gone"),
    "time_stamp_seconds": (49, "refused"),
}


def test_the_defaults_are_those_of_the_reference() -> None:
    """Row and default of each open question, as section 11 of the reference has them."""
    assert {key: (row["row"], row["default"]) for key, row in TABLE.items()} == DEFAULTS


def test_the_fake_reads_the_table_whole() -> None:
    """Keys, defaults and alternatives in force are those of the table."""
    assert {key: (q.default, list(q.alternatives), list(q.dialects)) for key, q in questions().items()} == {
        key: (row["default"], row["alternatives"], row["dialects"]) for key, row in TABLE.items()
    }


def test_a_profile_without_choices_is_all_defaults() -> None:
    """Nothing chosen is the same as every default chosen."""
    defaults = {key: default for key, (_, default) in DEFAULTS.items()}
    assert dict(Profile()) == dict(Profile(defaults)) == defaults


@pytest.mark.parametrize(
    ("choices", "path", "what"),
    [
        ({"tag_matches": "exact"}, "$.tag_matches", "there is no option 'tag_matches'; the options are address_"),
        ({"tag_match": "Exact"}, "$.tag_match", "tag_match is 'Exact'; it may be exact, ignore-case"),
        ({"time_body": ""}, "$.time_body", "it may be digits, digits-newline"),
    ],
)
def test_a_choice_that_the_table_lacks_is_refused(choices: dict[str, str], path: str, what: str) -> None:
    """With what may be chosen, so that a typing error never runs against the default."""
    with pytest.raises(ProfileError, match=what) as refused:
        Profile(choices)
    assert refused.value.path == path


def test_a_missing_data_file_is_told_with_where_it_was_looked_for() -> None:
    """A broken installation says so."""
    with pytest.raises(FakeError, match=r"nothing\.toml is missing; looked in"):
        _data.schema("nothing.toml")
