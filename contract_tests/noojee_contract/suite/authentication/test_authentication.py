"""Which credentials are accepted: right, wrong, missing, empty, hostile and foreign credentials, in all dialects."""

from __future__ import annotations

from noojee_contract.clients.client import Credentials, Query
from noojee_contract.dialects.vendor_dialect import REST_PATHS
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    ask,
    check_answered,
    check_credentials_get_nothing,
    check_credentials_refused,
    check_each_refused,
    credentials_of_key,
    describe_question,
    first_question,
    hash_credentials,
    post,
    questions,
    refusal_status,
    request_of,
    send,
    sha256,
    vendor_questions,
    wrong_credentials,
)

EMPTY_VALUES = ("", "null", "undefined", "0")
GUARDED = tuple(
    f"{prefix}/{api}" for prefix in (*REST_PATHS, "/njadmin/rest") for api in ("RecordingAPI", "CallManagementAPI")
)
HOSTILE = ("%", "*", "_" * 36, "_" * 64, "' OR '1'='1", "x' OR 'x'='x' -- ", ".*")


def _incomplete_credentials(subject: Subject) -> list[tuple[str, Credentials]]:
    """No credentials, and each of the legacy API's two alone."""
    parts: list[tuple[str, Credentials]] = [("no credentials", ())]
    if subject.by_hash:
        time_stamp, digest = subject.client.new_hash()
        parts += [("a time stamp without its hash", (time_stamp,)), ("a hash without its time stamp", (digest,))]
    return parts


@clause("authentication.accepted")
def test_documented_credentials_are_accepted(subject: Subject, check: Check) -> None:
    """SPEC: the metadata methods are called with a hash and a time stamp; DOC: or with the key."""
    for question in first_question(subject):
        check_answered(subject, check, ask(subject, question), "with the documented credentials")


@clause("authentication.wrong-refused")
def test_wrong_credentials_give_no_recording(subject: Subject, check: Check) -> None:
    """DOC: the hash is made from the key, and the key is the PBX's own."""
    for question in questions(subject):
        exchange = ask(subject, question, credentials=wrong_credentials(subject))
        check_credentials_get_nothing(
            subject, check, exchange, f"{describe_question(question)} with a wrong credential"
        )


@clause("authentication.refusal-is-an-error")
def test_a_refusal_is_an_error_and_no_list(subject: Subject, check: Check) -> None:
    """DOC W-OV: a negative Code signifies an error; W-H: otherwise an appropriate HTTP error code."""
    for question in questions(subject):
        exchange = ask(subject, question, credentials=wrong_credentials(subject))
        check_credentials_refused(subject, check, exchange, f"{describe_question(question)} with a wrong credential")
        check_credentials_refused(
            subject, check, ask(subject, question, credentials=()), f"{describe_question(question)} without credentials"
        )


@clause("authentication.missing-refused")
def test_missing_credentials_are_refused(subject: Subject, check: Check) -> None:
    """SPEC: before you can retrieve any meta data you must first get a security hash and time stamp."""
    for question in questions(subject):
        for what, credentials in _incomplete_credentials(subject):
            check_credentials_refused(
                subject,
                check,
                ask(subject, question, credentials=credentials),
                f"{describe_question(question)} with {what}",
            )


@clause("authentication.empty-refused")
def test_empty_credentials_are_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-AK: the hash is made from the key; the key is the PBX's own."""
    check_each_refused(
        subject, check, ((f"{value!r} as credential", subject.client.in_place(value)) for value in EMPTY_VALUES)
    )
    if subject.by_hash:
        nothing = hash_credentials(subject, "", sha256(f"{subject.client.key}:"))
        check_each_refused(subject, check, [("an empty time stamp with its right hash", nothing)])
        check_each_refused(subject, check, [("an empty time stamp and hash", (("timeStamp", ""), ("hash", "")))])


@clause("authentication.hostile-refused")
def test_wildcards_and_sql_are_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-AK: the hash is made from the key; the key is the PBX's own."""
    check_each_refused(
        subject, check, ((f"{value!r} as credential", subject.client.in_place(value)) for value in HOSTILE)
    )


@clause("authentication.not-remembered")
def test_accepted_credentials_are_not_remembered(subject: Subject, check: Check) -> None:
    """DOC W-A1: pass the hash with the call; W-D9: the key in each call."""
    for question in first_question(subject):
        check_answered(subject, check, ask(subject, question), "with the documented credentials")
        check_credentials_refused(
            subject, check, ask(subject, question, credentials=()), "without credentials, after an accepted request"
        )
        wrong = ask(subject, question, credentials=wrong_credentials(subject))
        check_credentials_refused(subject, check, wrong, "with a wrong credential, after an accepted request")


@clause("authentication.right-after-wrong")
def test_right_credentials_are_accepted_after_a_refusal(subject: Subject, check: Check) -> None:
    """DOC W-HUd: after a refusal for its age, the call is repeated with a newly acquired time stamp."""
    for question in first_question(subject):
        ask(subject, question, credentials=wrong_credentials(subject))
        subject.client.forget_hash()
        check_answered(subject, check, ask(subject, question), "right credentials after wrong ones")


@clause("authentication.other-pbx")
def test_the_key_of_another_pbx_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-ST: the key is a system variable of its PBX."""
    key = subject.fresh().client.key
    if key == subject.client.key:
        raise Inconclusive("the sandboxes of this target share one key")
    for question in questions(subject):
        check_credentials_refused(
            subject,
            check,
            ask(subject, question, credentials=credentials_of_key(subject, key)),
            "the key of another PBX",
        )


@clause("authentication.other-generation")
def test_credentials_of_the_other_api_are_refused(subject: Subject, check: Check) -> None:
    """UNKNOWN: CallManagementAPI accepts both (DOC W-AKd). No page says so of the other two APIs."""
    for question in first_question(subject):
        if subject.by_hash:
            credentials: Query = (("apiKey", subject.client.key),)
        else:
            credentials = subject.client.signed(str(int(subject.zone_now().timestamp() * 1000)))
        check_credentials_get_nothing(
            subject, check, ask(subject, question, credentials=credentials), "credentials of the other API"
        )


@clause("authentication.every-path-guarded")
def test_every_path_needs_credentials(subject: Subject, check: Check) -> None:
    """SPEC W-A4, DOC W-D9: each sample has credentials. An unprotected path shows every recording."""
    for question in vendor_questions(subject):
        for path in GUARDED:
            exchange = post(subject, question, credentials=(), base=f"{subject.client.root}{path}")
            check_credentials_get_nothing(subject, check, exchange, f"{path}/{question[0]} without credentials")


@clause("authentication.no-way-around")
def test_other_spellings_of_a_path_need_credentials(subject: Subject, check: Check) -> None:
    """SPEC W-A4, DOC W-D9: every spelling of a path needs credentials."""
    for question in first_question(subject):
        request = request_of(subject, question, credentials=())
        path, mark, query = request.url.partition("?")
        folder, _, name = path.rpartition("/")
        spelled = {
            "a path parameter": f"{path};x=1",
            "a path parameter further up": f"{folder};x=1/{name}",
            "a doubled slash": f"{folder}//{name}",
            "a slash at the end": f"{path}/",
            "an escaped letter": f"{folder}/%{ord(name[0]):02X}{name[1:]}",
            "an extension": f"{path}.json",
        }
        for what, changed in spelled.items():
            exchange = send(subject, request, url=changed + mark + query)
            check_credentials_get_nothing(subject, check, exchange, f"{what} in the path, without credentials")


@clause("authentication.legacy-refused-status")
def test_a_wrong_or_missing_hash_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option recording_api_refused_status."""
    _check_status(subject, check, "recording_api_refused_status")


@clause("authentication.call-management-refused-status")
def test_call_management_refuses_with_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option call_management_refused_status."""
    _check_status(subject, check, "call_management_refused_status")
    if subject.sandbox is not None and subject.sandbox.user_key and not subject.by_hash:
        for question in first_question(subject):
            exchange = ask(subject, question, credentials=(("apiKey", subject.sandbox.user_key),))
            check.option(subject, "call_management_refused_status", refusal_status(subject, exchange), exchange)


@clause("authentication.refused-status")
def test_a_wrong_or_missing_key_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option njadmin_refused_status."""
    _check_status(subject, check, "njadmin_refused_status")


def _check_status(subject: Subject, check: Check, key: str) -> None:
    for question in first_question(subject):
        for credentials in (wrong_credentials(subject), ()):
            exchange = ask(subject, question, credentials=credentials)
            check.option(subject, key, refusal_status(subject, exchange), exchange)


@clause("authentication.hash-still-works")
def test_the_hash_works_next_to_the_key(subject: Subject, check: Check) -> None:
    """DOC W-AKd: the Hash Method will still work when you are upgraded."""
    for question in first_question(subject):
        check_answered(subject, check, ask(subject, question, credentials=subject.client.new_hash()), "with a hash")
