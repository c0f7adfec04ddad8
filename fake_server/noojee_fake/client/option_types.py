# Written from schemas/own/options.toml by `python -m support.generated_code`. Do not edit.
"""The options of a PBX, its versions and dialects as types."""

from __future__ import annotations

from typing import Literal, TypedDict

Version = Literal["2.7.14", "3", "4.8", "4.9.0.10", "6.0.1", "current"]
"""A version of the product that the vendor's pages name."""

Dialect = Literal["services", "recording-api", "call-management", "njadmin"]
"""A generation of the vendor's API."""


class OptionValues(TypedDict, total=False):
    """Values of options. An option that is absent keeps its value."""

    audio_methods: Literal["post", "post-and-get"]
    """Which HTTP methods fetch the sound of a leg?"""
    audio_without_leg: Literal["first-leg", "refused"]
    """Which leg does a request for sound without a leg number fetch?"""
    audio_format: Literal["wav-pcm", "wav-alaw", "wav-ulaw", "mpeg"]
    """In which format is the sound of a leg in Short Term storage sent?"""
    audio_aged_form: Literal["as-recorded", "mpeg"]
    """Into which format does the nightly move to Mid Term storage convert sound?"""
    audio_unknown_leg: Literal["404", "200"]
    """Which HTTP status refuses missing sound (unknown leg, expired file)?"""
    unknown_recording: Literal["empty-list", "failure-200", "failure-404"]
    """What do the metadata methods return for a tag or unique id that matches nothing?"""
    expired_hash_status: Literal["200", "401"]
    """Which HTTP status carries 'Expired TimeStamp'?"""
    recording_api_refused_status: Literal["200", "401", "403"]
    """Which HTTP status refuses an invalid or missing hash?"""
    njadmin_refused_status: Literal["401", "200", "403"]
    """Which HTTP status refuses an invalid or missing API key?"""
    call_management_refused_status: Literal["200", "401", "403"]
    """Which HTTP status refuses an invalid or missing hash or key, or a user key (call-management)?"""
    hash_reuse: Literal["within-window", "once"]
    """Can one hash authenticate several requests within its ten seconds?"""
    hash_hour_from: Literal["first-use", "last-use", "time-stamp"]
    """From when is the hour counted for which a used hash stays valid (call-management)?"""
    clock_ahead_seconds: Literal["2", "0", "10"]
    """How many seconds ahead of the PBX's clock may a time stamp be?"""
    time_body: Literal["digits", "digits-newline"]
    """Does the response of Time end with a newline?"""
    concurrent_authentications: Literal["unlimited", "5"]
    """Is a sixth authentication refused while five are under way?"""
    njadmin_failure_envelope: Literal["capitalised", "lower-case"]
    """In which letter case are the keys of an error body (replacement)?"""
    by_hour_limit_status: Literal["429", "400", "503", "200"]
    """Which HTTP status refuses a second by-hour request within a minute?"""
    get_on_post: Literal["refused", "start-and-stop"]
    """Do start and stop accept GET as well?"""
    content_type_check: Literal["any", "form-only"]
    """Is a request with another Content-Type than the form type refused (415)?"""
    parameters_in: Literal["query-and-body", "query-only"]
    """Are parameters read from a form body as well?"""
    recording_api_bad_request_status: Literal["200", "400"]
    """Which HTTP status refuses a missing or malformed parameter (legacy)?"""
    njadmin_bad_request_status: Literal["400", "200"]
    """Which HTTP status refuses a missing or malformed parameter (replacement; with `bad_hour` refused, also a bad
    date or hour)?"""
    call_management_bad_request_status: Literal["200", "400"]
    """Which HTTP status refuses a missing or malformed parameter (call-management)?"""
    unknown_path: Literal["html", "json", "empty"]
    """Which body has the 404 of a path that does not exist?"""
    recording_message: Literal["texts", "ok"]
    """Which message does a successful start or stop return?"""
    start_while_recording: Literal["splits", "ignored", "refused"]
    """What does a start do on a call that is being recorded?"""
    stop_not_recording: Literal["error", "warning"]
    """What does a stop return for a call that is not being recorded?"""
    services_failure_status: Literal["400", "500"]
    """Which HTTP status has an error message of the 2.7.14 service (services)?"""
    several_calls: Literal["newest", "oldest", "refused"]
    """Which call does an extension with several calls name?"""
    extension_or_unique_id: Literal["by-dot", "by-lookup"]
    """How does the PBX distinguish extensions from unique ids in extenOrUniqueId?"""
    stop_permission: Literal["roles", "anyone"]
    """Which agents may stop a recording?"""
    stop_without_agent: Literal["allowed", "refused"]
    """Is a stop without an agent allowed?"""
    tag_selects: Literal["calls", "legs"]
    """Does a request by tag return all legs of a matching call, or only the legs that carry the tag?"""
    tag_inherited: Literal["inherited", "start-only"]
    """Does a leg carry the tag of the leg before it?"""
    tag_on_several_calls: Literal["all-calls"]
    """What does a request by tag return if several calls carry the tag?"""
    tag_match: Literal["exact", "ignore-case"]
    """How are tags compared?"""
    empty_tag: Literal["refused", "empty-list"]
    """What does a request with an empty tag or unique id return?"""
    call_record_id: Literal["the-leg"]
    """What does CallRecordId identify?"""
    legs_in_progress: Literal["hidden", "listed"]
    """Are legs in progress listed?"""
    metadata_order: Literal["oldest-first", "newest-first"]
    """In which order do the methods by tag and by unique id list legs?"""
    expired_leg: Literal["metadata-stays", "record-removed"]
    """What is deleted when the retention of a leg's sound ends?"""
    zero_length_legs: Literal["kept", "dropped"]
    """Are legs of less than a second listed?"""
    default_account: Literal["Administrator", "NoojeeAdmin"]
    """Who owns a leg while nobody is connected and the route names no account?"""
    internal_word: Literal["Internal", "Local"]
    """Which word do by-hour answers use for the direction of an internal call?"""
    outbound_did: Literal["empty", "internal"]
    """Which DID has an outbound call?"""
    eastern_abbreviation: Literal["AEST", "EST"]
    """Which abbreviation has Australian eastern time in by-hour answers?"""
    start_fraction: Literal["zero", "milliseconds"]
    """Which fraction follows the seconds of Start in answers by tag and by unique id?"""
    repeated_hour: Literal["both", "first"]
    """What does a by-hour request for the repeated hour at the end of daylight saving return?"""
    bad_hour: Literal["refused", "empty-list"]
    """What does a by-hour request with an invalid date or hour return (hour 24, 2021-09-14)?"""
    future_hour: Literal["empty-list", "refused"]
    """What does a by-hour request for a future hour return?"""
    user_key_status: Literal["403", "401", "200"]
    """Which HTTP status refuses a user key on recording methods (replacement)?"""
    address_refused: Literal["403", "closed"]
    """How is a client with an address that is not allowed refused?"""
    plain_http: Literal["served", "refused"]
    """Is plain HTTP served where the pages show only HTTPS?"""
    json_content_type: Literal["application/json;charset=UTF-8", "application/json", "text/html;charset=UTF-8", "none"]
    """Which Content-Type do JSON responses have?"""
    query_charset: Literal["utf-8", "iso-8859-1"]
    """In which charset are percent-encoded parameters read?"""
    other_methods: Literal["absent"]
    """Do methods to pause, resume, mask, delete or list by range exist?"""
    bare_rest: Literal["served", "absent"]
    """Is the legacy API served under /rest as well as under /servicemanager/rest?"""
    legacy_after_4: Literal["gone", "kept"]
    """Do versions after 4.0 serve the retired dialects?"""
    time_stamp_seconds: Literal["refused", "accepted"]
    """Is a time stamp of ten digits (seconds) accepted?"""
