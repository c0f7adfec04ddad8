"""Who may ask, in both generations: right, wrong, missing, empty and hostile credentials, and those of others."""

from __future__ import annotations

from noojee_contract.clients.client import REST_PATHS, Credentials, Query
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    ask,
    check_answered,
    check_brings_nothing,
    check_each_refused,
    check_refused,
    choice_of_status,
    made_with,
    named,
    one_recording,
    post,
    proof,
    questions,
    recordings,
    request_of,
    send,
    sha256,
    wrong_credentials,
)

NOTHINGS = ("", "null", "undefined", "0")
GUARDED = tuple(
    f"{prefix}/{api}" for prefix in (*REST_PATHS, "/njadmin/rest") for api in ("RecordingAPI", "CallManagementAPI")
)
HOSTILE = ("%", "*", "_" * 36, "_" * 64, "' OR '1'='1", "x' OR 'x'='x' -- ", ".*")


def _partial(subject: Subject) -> list[tuple[str, Credentials]]:
    """No credentials, and each of the legacy API's two alone."""
    parts: list[tuple[str, Credentials]] = [("no credentials", ())]
    if subject.by_hash:
        time_stamp, digest = subject.client.ticket()
        parts += [("a time stamp without its hash", (time_stamp,)), ("a hash without its time stamp", (digest,))]
    return parts


@clause("authentication.accepted")
def test_documented_credentials_are_accepted(subject: Subject, check: Check) -> None:
    """SPEC: the metadata methods are called with a hash and a time stamp; DOC: or with the key."""
    for asked in one_recording(subject):
        check_answered(subject, check, ask(subject, asked), "with the documented credentials")


@clause("authentication.wrong-refused")
def test_wrong_credentials_bring_no_recording(subject: Subject, check: Check) -> None:
    """DOC: the hash is made from the key, and the key is the PBX's own."""
    for asked in recordings(subject):
        exchange = ask(subject, asked, credentials=wrong_credentials(subject))
        check_brings_nothing(subject, check, exchange, f"{named(asked)} with a wrong credential")


@clause("authentication.refusal-is-an-error")
def test_a_refusal_is_an_error_and_no_list(subject: Subject, check: Check) -> None:
    """DOC W-OV: a negative Code signifies an error; W-H: otherwise an appropriate HTTP error code. Row 7."""
    for asked in recordings(subject):
        exchange = ask(subject, asked, credentials=wrong_credentials(subject))
        check_refused(subject, check, exchange, f"{named(asked)} with a wrong credential")
        check_refused(subject, check, ask(subject, asked, credentials=()), f"{named(asked)} without credentials")


@clause("authentication.missing-refused")
def test_missing_credentials_are_refused(subject: Subject, check: Check) -> None:
    """SPEC: before you can retrieve any meta data you must first get a security hash and time stamp."""
    for asked in recordings(subject):
        for what, credentials in _partial(subject):
            check_refused(subject, check, ask(subject, asked, credentials=credentials), f"{named(asked)} with {what}")


@clause("authentication.empty-refused")
def test_empty_credentials_are_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-AK: the hash is made from the key; the key is the PBX's own."""
    check_each_refused(
        subject, check, ((f"{value!r} as credential", subject.client.in_place(value)) for value in NOTHINGS)
    )
    if subject.by_hash:
        nothing = proof(subject, "", sha256(f"{subject.client.key}:"))
        check_each_refused(subject, check, [("an empty time stamp, rightly hashed", nothing)])
        check_each_refused(subject, check, [("an empty time stamp and hash", (("timeStamp", ""), ("hash", "")))])


@clause("authentication.hostile-refused")
def test_wild_cards_and_sql_are_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-AK: the hash is made from the key; the key is the PBX's own."""
    check_each_refused(
        subject, check, ((f"{value!r} as credential", subject.client.in_place(value)) for value in HOSTILE)
    )


@clause("authentication.not-remembered")
def test_who_was_let_in_is_not_remembered(subject: Subject, check: Check) -> None:
    """DOC W-A1: pass the hash with the call; W-D9: the key in each call."""
    for asked in one_recording(subject):
        check_answered(subject, check, ask(subject, asked), "with the documented credentials")
        check_refused(
            subject, check, ask(subject, asked, credentials=()), "without credentials, after an accepted request"
        )
        wrong = ask(subject, asked, credentials=wrong_credentials(subject))
        check_refused(subject, check, wrong, "with a wrong credential, after an accepted request")


@clause("authentication.right-after-wrong")
def test_right_credentials_are_accepted_after_a_refusal(subject: Subject, check: Check) -> None:
    """DOC W-HUd: after a refusal for its age, the call is repeated with a newly acquired time stamp."""
    for asked in one_recording(subject):
        ask(subject, asked, credentials=wrong_credentials(subject))
        subject.client.forget_ticket()
        check_answered(subject, check, ask(subject, asked), "right credentials after wrong ones")


@clause("authentication.other-pbx")
def test_the_key_of_another_pbx_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-ST: the key is a system variable of its PBX."""
    key = subject.fresh().client.key
    if key == subject.client.key:
        raise Inconclusive("the sandboxes of this target share one key")
    for asked in recordings(subject):
        check_refused(
            subject, check, ask(subject, asked, credentials=made_with(subject, key)), "the key of another PBX"
        )


@clause("authentication.other-generation")
def test_the_credentials_of_the_other_generation_are_not_taken(subject: Subject, check: Check) -> None:
    """UNKNOWN: the API between the two takes both (DOC W-AKd); of these two no page says so."""
    for asked in one_recording(subject):
        if subject.by_hash:
            credentials: Query = (("apiKey", subject.client.key),)
        else:
            credentials = subject.client.signed(str(int(subject.zone_now().timestamp() * 1000)))
        check_brings_nothing(
            subject, check, ask(subject, asked, credentials=credentials), "credentials of the other generation"
        )


@clause("authentication.every-path-guarded")
def test_every_path_of_either_generation_wants_credentials(subject: Subject, check: Check) -> None:
    """SPEC W-A4, DOC W-D9: credentials in each sample; a path left open after a migration shows everything."""
    for asked in questions(subject):
        for path in GUARDED:
            exchange = post(subject, asked, credentials=(), base=f"{subject.client.root}{path}")
            check_brings_nothing(subject, check, exchange, f"{path}/{asked[0]} without credentials")


@clause("authentication.no-way-around")
def test_another_spelling_of_a_path_is_no_way_around(subject: Subject, check: Check) -> None:
    """SPEC W-A4, DOC W-D9: a recording is brought by who has the credentials, whatever the path looks like."""
    for asked in one_recording(subject):
        request = request_of(subject, asked, credentials=())
        path, mark, query = request.url.partition("?")
        folder, _, name = path.rpartition("/")
        spelled = {
            "a path parameter": f"{path};x=1",
            "a path parameter further up": f"{folder};x=1/{name}",
            "a doubled slash": f"{folder}//{name}",
            "a slash at the end": f"{path}/",
            "an escaped letter": f"{folder}/%{ord(name[0]):02X}{name[1:]}",
            "an ending": f"{path}.json",
        }
        for what, changed in spelled.items():
            exchange = send(subject, request, url=changed + mark + query)
            check_brings_nothing(subject, check, exchange, f"{what} in the path, without credentials")


@clause("authentication.legacy-refused-status")
def test_a_wrong_or_missing_hash_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN row 7."""
    _check_status(subject, check, "recording_api_refused_status")


@clause("authentication.call-management-refused-status")
def test_who_may_not_ask_has_the_declared_status_in_call_management(subject: Subject, check: Check) -> None:
    """UNKNOWN rows 7 and 41."""
    _check_status(subject, check, "call_management_refused_status")
    if subject.sandbox is not None and subject.sandbox.user_key and not subject.by_hash:
        for asked in one_recording(subject):
            exchange = ask(subject, asked, credentials=(("apiKey", subject.sandbox.user_key),))
            check.option(subject, "call_management_refused_status", choice_of_status(subject, exchange), exchange)


@clause("authentication.refused-status")
def test_a_wrong_or_missing_key_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN row 7."""
    _check_status(subject, check, "njadmin_refused_status")


def _check_status(subject: Subject, check: Check, key: str) -> None:
    for asked in one_recording(subject):
        for credentials in (wrong_credentials(subject), ()):
            exchange = ask(subject, asked, credentials=credentials)
            check.option(subject, key, choice_of_status(subject, exchange), exchange)


@clause("authentication.hash-still-works")
def test_the_hash_works_beside_the_key(subject: Subject, check: Check) -> None:
    """DOC W-AKd: the Hash Method will still work when you are upgraded."""
    for asked in one_recording(subject):
        check_answered(subject, check, ask(subject, asked, credentials=subject.client.ticket()), "with a hash")
