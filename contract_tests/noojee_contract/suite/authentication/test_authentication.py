"""Who may ask, in both generations: right, wrong, missing, empty and hostile credentials, and those of others."""

from __future__ import annotations

from noojee_contract.clients.client import REST_PATHS, Credentials, Query
from noojee_contract.engine.subject import Case, Judge, Unproved
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    ask,
    choice_of_status,
    judge_answered,
    judge_brings_nothing,
    judge_each_refused,
    judge_refused,
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


def _partial(case: Case) -> list[tuple[str, Credentials]]:
    """No credentials, and each of the legacy API's two alone."""
    parts: list[tuple[str, Credentials]] = [("no credentials", ())]
    if case.by_hash:
        time_stamp, digest = case.client.ticket()
        parts += [("a time stamp without its hash", (time_stamp,)), ("a hash without its time stamp", (digest,))]
    return parts


@clause("authentication.accepted")
def test_documented_credentials_are_accepted(case: Case, judge: Judge) -> None:
    """SEED: the metadata methods are called with a hash and a time stamp; DOC: or with the key."""
    for asked in one_recording(case):
        judge_answered(case, judge, ask(case, asked), "with the documented credentials")


@clause("authentication.wrong-refused")
def test_wrong_credentials_bring_no_recording(case: Case, judge: Judge) -> None:
    """DOC: the hash is made from the key, and the key is the PBX's own."""
    for asked in recordings(case):
        exchange = ask(case, asked, credentials=wrong_credentials(case))
        judge_brings_nothing(case, judge, exchange, f"{named(asked)} with a wrong credential")


@clause("authentication.refusal-is-an-error")
def test_a_refusal_is_an_error_and_no_list(case: Case, judge: Judge) -> None:
    """DOC W-OV: a negative Code signifies an error; W-H: otherwise an appropriate HTTP error code. Row 7."""
    for asked in recordings(case):
        exchange = ask(case, asked, credentials=wrong_credentials(case))
        judge_refused(case, judge, exchange, f"{named(asked)} with a wrong credential")
        judge_refused(case, judge, ask(case, asked, credentials=()), f"{named(asked)} without credentials")


@clause("authentication.missing-refused")
def test_missing_credentials_are_refused(case: Case, judge: Judge) -> None:
    """SEED: before you can retrieve any meta data you must first get a security hash and time stamp."""
    for asked in recordings(case):
        for what, credentials in _partial(case):
            judge_refused(case, judge, ask(case, asked, credentials=credentials), f"{named(asked)} with {what}")


@clause("authentication.empty-refused")
def test_empty_credentials_are_refused(case: Case, judge: Judge) -> None:
    """DOC W-A1, W-AK: the hash is made from the key; the key is the PBX's own."""
    judge_each_refused(case, judge, ((f"{value!r} as credential", case.client.in_place(value)) for value in NOTHINGS))
    if case.by_hash:
        nothing = proof(case, "", sha256(f"{case.client.key}:"))
        judge_each_refused(case, judge, [("an empty time stamp, rightly hashed", nothing)])
        judge_each_refused(case, judge, [("an empty time stamp and hash", (("timeStamp", ""), ("hash", "")))])


@clause("authentication.hostile-refused")
def test_wild_cards_and_sql_are_refused(case: Case, judge: Judge) -> None:
    """DOC W-A1, W-AK: the hash is made from the key; the key is the PBX's own."""
    judge_each_refused(case, judge, ((f"{value!r} as credential", case.client.in_place(value)) for value in HOSTILE))


@clause("authentication.not-remembered")
def test_who_was_let_in_is_not_remembered(case: Case, judge: Judge) -> None:
    """DOC W-A1: pass the hash with the call; W-D9: the key in each call."""
    for asked in one_recording(case):
        judge_answered(case, judge, ask(case, asked), "with the documented credentials")
        judge_refused(case, judge, ask(case, asked, credentials=()), "without credentials, after an accepted request")
        wrong = ask(case, asked, credentials=wrong_credentials(case))
        judge_refused(case, judge, wrong, "with a wrong credential, after an accepted request")


@clause("authentication.right-after-wrong")
def test_right_credentials_are_accepted_after_a_refusal(case: Case, judge: Judge) -> None:
    """DOC W-HUd: after a refusal for its age, the call is repeated with a newly acquired time stamp."""
    for asked in one_recording(case):
        ask(case, asked, credentials=wrong_credentials(case))
        case.client.forget_ticket()
        judge_answered(case, judge, ask(case, asked), "right credentials after wrong ones")


@clause("authentication.other-pbx")
def test_the_key_of_another_pbx_is_refused(case: Case, judge: Judge) -> None:
    """DOC W-ST: the key is a system variable of its PBX."""
    key = case.fresh().client.key
    if key == case.client.key:
        raise Unproved("the worlds of this target share one key")
    for asked in recordings(case):
        judge_refused(case, judge, ask(case, asked, credentials=made_with(case, key)), "the key of another PBX")


@clause("authentication.other-generation")
def test_the_credentials_of_the_other_generation_are_not_taken(case: Case, judge: Judge) -> None:
    """UNKNOWN: the API between the two takes both (DOC W-AKd); of these two no page says so."""
    for asked in one_recording(case):
        if case.by_hash:
            credentials: Query = (("apiKey", case.client.key),)
        else:
            credentials = case.client.signed(str(int(case.zone_now().timestamp() * 1000)))
        judge_brings_nothing(
            case, judge, ask(case, asked, credentials=credentials), "credentials of the other generation"
        )


@clause("authentication.every-path-guarded")
def test_every_path_of_either_generation_wants_credentials(case: Case, judge: Judge) -> None:
    """SEED W-A4, DOC W-D9: credentials in each sample; a path left open after a migration shows everything."""
    for asked in questions(case):
        for path in GUARDED:
            exchange = post(case, asked, credentials=(), base=f"{case.client.root}{path}")
            judge_brings_nothing(case, judge, exchange, f"{path}/{asked[0]} without credentials")


@clause("authentication.no-way-around")
def test_another_spelling_of_a_path_is_no_way_around(case: Case, judge: Judge) -> None:
    """SEED W-A4, DOC W-D9: a recording is brought by who has the credentials, whatever the path looks like."""
    for asked in one_recording(case):
        request = request_of(case, asked, credentials=())
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
            exchange = send(case, request, url=changed + mark + query)
            judge_brings_nothing(case, judge, exchange, f"{what} in the path, without credentials")


@clause("authentication.legacy-refused-status")
def test_a_wrong_or_missing_hash_has_the_declared_status(case: Case, judge: Judge) -> None:
    """UNKNOWN row 7."""
    _judge_status(case, judge, "recording_api_refused_status")


@clause("authentication.call-management-refused-status")
def test_who_may_not_ask_has_the_declared_status_in_call_management(case: Case, judge: Judge) -> None:
    """UNKNOWN rows 7 and 41."""
    _judge_status(case, judge, "call_management_refused_status")
    if case.world is not None and case.world.user_key and not case.by_hash:
        for asked in one_recording(case):
            exchange = ask(case, asked, credentials=(("apiKey", case.world.user_key),))
            judge.choice(case, "call_management_refused_status", choice_of_status(case, exchange), exchange)


@clause("authentication.refused-status")
def test_a_wrong_or_missing_key_has_the_declared_status(case: Case, judge: Judge) -> None:
    """UNKNOWN row 7."""
    _judge_status(case, judge, "njadmin_refused_status")


def _judge_status(case: Case, judge: Judge, key: str) -> None:
    for asked in one_recording(case):
        for credentials in (wrong_credentials(case), ()):
            exchange = ask(case, asked, credentials=credentials)
            judge.choice(case, key, choice_of_status(case, exchange), exchange)


@clause("authentication.hash-still-works")
def test_the_hash_works_beside_the_key(case: Case, judge: Judge) -> None:
    """DOC W-AKd: the Hash Method will still work when you are upgraded."""
    for asked in one_recording(case):
        judge_answered(case, judge, ask(case, asked, credentials=case.client.ticket()), "with a hash")
