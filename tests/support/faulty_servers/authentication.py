"""Faulty servers: who is let in, and who is not."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote

import httpx

from support.faulty_servers import Send, faulty, with_body
from support.faulty_servers.rewriting import (
    CREDENTIALS,
    failure,
    given,
    has_credentials,
    hash_of,
    is_legacy,
    is_method,
    is_refusal,
    keys,
    let_in,
    only_credentials_lack,
    pairs,
    place_of,
    sandboxes,
    with_headers_of,
    with_pairs,
    with_path,
    with_status,
)

Memory = dict[str, Any]
EMPTY_LIST = b"[]"


@faulty("refuses-everything", "The key was rotated during the upgrade and nobody was informed.")
def refuses_everything(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if request.url.path.endswith("/Time"):
        return send(request)
    return httpx.Response(200, json={"Message": "Authentication failed", "Code": -1})


@faulty("takes-any-credential", "Authentication was switched off on staging, and the setting was copied to production.")
def takes_any_credential(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return let_in(request, send) if is_method(request) and has_credentials(request) else send(request)


@faulty("wrong-credential-empty-list", "Rights became a filter on rows: who has none sees none.")
def wrong_credential_empty_list(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if is_refusal(answer) and only_credentials_lack(request, send):
        return httpx.Response(200, headers=[("content-type", "application/json")], content=EMPTY_LIST)
    return answer


@faulty("stamp-alone-passes", "The hash is compared where there is one.")
def stamp_alone_passes(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    alone = is_method(request) and given(request, "timeStamp") and given(request, "hash") is None
    return let_in(request, send) if alone else send(request)


@faulty("by-tag-left-open", "The filter lists the guarded methods one by one, and one was forgotten.")
def by_tag_left_open(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return let_in(request, send) if request.url.path.endswith("/retrieveMetaData") else send(request)


@faulty("empty-credential-passes", "The key of the upgraded system is unset, and an empty one equals it.")
def empty_credential_passes(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    credential = given(request, "hash" if is_legacy(request) else "apiKey")
    return let_in(request, send) if is_method(request) and credential == "" else send(request)


@faulty("null-passes", "The key of the upgraded system is unset, and is compared as the text null.")
def null_passes(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    credential = given(request, "hash" if is_legacy(request) else "apiKey")
    return let_in(request, send) if is_method(request) and credential == "null" else send(request)


@faulty("compares-credential-with-like", "Credentials are looked up by SQL LIKE, which knows wild cards.")
def compares_credential_with_like(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    credential = given(request, "hash" if is_legacy(request) else "apiKey")
    if is_method(request) and credential:
        pattern = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in credential)
        expected = "0" * 64 if is_legacy(request) else keys(request, send)[0]
        if re.fullmatch(pattern, expected):
            return let_in(request, send)
    return send(request)


@faulty("sql-injected", "The key is pasted into the statement that looks it up.")
def sql_injected(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    credential = given(request, "hash" if is_legacy(request) else "apiKey")
    return let_in(request, send) if is_method(request) and credential and "OR '" in credential else send(request)


@faulty("remembers-who-asked", "The address of who was let in is kept for some minutes, to spare the database.")
def remembers_who_asked(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    sandbox = place_of(request).sandbox
    if is_method(request) and sandbox in memory and not has_credentials(request):
        return let_in(request, send)
    answer = send(request)
    if is_method(request) and not is_refusal(answer):
        memory[sandbox] = True
    return answer


@faulty("session-logs-in", "The servlet container opens a session, and the filter lets a session pass.")
def session_logs_in(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if is_method(request) and "JSESSIONID=1" in request.headers.get("cookie", "") and not has_credentials(request):
        return let_in(request, send)
    answer = send(request)
    if is_method(request) and not is_refusal(answer):
        return with_headers_of(answer, set_cookie="JSESSIONID=1; Path=/; HttpOnly")
    return answer


@faulty(
    "cached-without-the-key",
    "A cache in front leaves credentials out of what it compares, so that more is found in it.",
)
def cached_without_the_key(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    asked = repr((request.url.path, [pair for pair in pairs(request) if pair[0] not in CREDENTIALS]))
    if is_method(request) and has_credentials(request) and asked in memory:
        return with_body(memory[asked], memory[asked].content)
    answer = send(request)
    if is_method(request) and request.method == "POST" and not is_refusal(answer):
        memory[asked] = answer
    return answer


def _locks_out(request: httpx.Request, send: Send, memory: Memory, *, after: bytes) -> httpx.Response:
    sandbox = place_of(request).sandbox
    if is_method(request) and sandbox in memory:
        return failure("Too many attempts", 403)
    answer = send(request)
    if is_method(request) and is_refusal(answer) and after in answer.content:
        memory[sandbox] = True
    return answer


@faulty("locks-out-after-a-refusal", "A login guard bans an address for ten minutes after one failure.")
def locks_out_after_a_refusal(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _locks_out(request, send, memory, after=b"")


@faulty("locks-out-after-expiry", "A stale hash is taken for a replay, and its sender is banned for ten minutes.")
def locks_out_after_expiry(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _locks_out(request, send, memory, after=b"Expired")


def _carries_key(request: httpx.Request, send: Send, text: str) -> bool:
    return is_method(request) and not has_credentials(request) and keys(request, send)[0] in text


@faulty("key-in-a-header", "The gateway turns X-Api-Key into a parameter, for all its services.")
def key_in_a_header(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    found = _carries_key(request, send, request.headers.get("x-api-key", ""))
    return let_in(request, send) if found else send(request)


@faulty("key-as-bearer", "The gateway knows OAuth, and takes the key for a token.")
def key_as_bearer(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    found = _carries_key(request, send, request.headers.get("authorization", ""))
    return let_in(request, send) if found else send(request)


@faulty("key-in-basic", "The web server's own login was put in front, with the key as user.")
def key_in_basic(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    text = base64.b64decode(coded).decode() if scheme == "Basic" else ""
    return let_in(request, send) if _carries_key(request, send, text) else send(request)


@faulty("key-in-a-cookie", "The web interface keeps the key in a cookie, and shares the API's filter.")
def key_in_a_cookie(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    found = _carries_key(request, send, request.headers.get("cookie", ""))
    return let_in(request, send) if found else send(request)


@faulty("key-in-a-json-body", "The rewrite binds parameters from JSON too.")
def key_in_a_json_body(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    body = request.content.decode("latin-1")
    found = body[:1] == "{" and _carries_key(request, send, str(json.loads(body).get("apiKey")))
    return let_in(request, send) if found else send(request)


@faulty(
    "trusts-forwarded-for", "Calls from the PBX itself need no key, and the proxy's X-Forwarded-For says who calls."
)
def trusts_forwarded_for(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    local = is_method(request) and request.headers.get("x-forwarded-for") == "127.0.0.1"
    return let_in(request, send) if local else send(request)


@faulty("old-path-left-open", "The filter moved to the new path, and the old one stayed behind without it.")
def old_path_left_open(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    old = place_of(request).path.startswith("/servicemanager/")
    return let_in(request, send) if is_method(request) and old and not has_credentials(request) else send(request)


@faulty("filter-misses-semicolon", "The filter compares whole paths, the router drops what follows a semicolon.")
def filter_misses_semicolon(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    path = request.url.raw_path.decode("latin-1").partition("?")[0]
    if is_method(request) and ";" in path:
        return let_in(with_path(request, re.sub(r";[^/]*", "", place_of(request).path)), send)
    return send(request)


@faulty("filter-misses-doubled-slash", "The filter compares whole paths, the router folds doubled slashes.")
def filter_misses_doubled_slash(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    path = place_of(request).path
    if is_method(request) and "//" in path:
        return let_in(with_path(request, path.replace("//", "/")), send)
    return send(request)


def _asks_sound(request: httpx.Request) -> bool:
    return request.url.path.rpartition("/")[2] in ("retrieve", "retrieveByUniqueId")


@faulty("sound-left-open", "Sound moved to the web server's own folder, which no filter guards.")
def sound_left_open(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return let_in(request, send) if _asks_sound(request) else send(request)


@faulty("keys-of-all-tenants", "The hosted PBX looks keys up without asking whose they are.")
def keys_of_all_tenants(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_method(request) or not has_credentials(request) or not is_refusal(answer):
        return answer
    for sandbox in sandboxes(request, send):
        key, _ = keys(request, send, sandbox=sandbox)
        if given(request, "apiKey") == key or given(request, "hash") == hash_of_given(request, key):
            return let_in(request, send)
    return answer


def hash_of_given(request: httpx.Request, key: str) -> str:
    """The hash of the time stamp that came, with some key."""
    return hash_of(key, given(request, "timeStamp") or "")


@faulty("takes-either-credential", "One filter guards both generations, and accepts any credential that it knows.")
def takes_either_credential(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if is_method(request) and has_credentials(request):
        key, _ = keys(request, send)
        by_hash = not is_legacy(request) and given(request, "hash") == hash_of_given(request, key)
        if by_hash or (is_legacy(request) and given(request, "apiKey") == key):
            return let_in(request, send)
    return send(request)


@faulty(
    "looks-before-it-checks", "The call is looked up first, for the name of its owner, and an unknown one ends there."
)
def looks_before_it_checks(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if only_credentials_lack(request, send) and is_refusal(answer) and let_in(request, send).content == EMPTY_LIST:
        return failure("No such call", 404)
    return answer


@faulty("error-page-shows-the-url", "The new framework's error page shows the whole URL that failed.")
def error_page_shows_the_url(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if answer.status_code in (404, 405):
        return with_body(answer, f"<h1>{answer.status_code}</h1><p>{request.url}</p>".encode())
    return answer


@faulty("answers-carry-a-next-link", "Each list has a Link header to itself, credentials included.")
def answers_carry_a_next_link(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_headers_of(answer, link=f'<{request.url}>; rel="self"') if is_method(request) else answer


@faulty("names-the-wrong-credential", "The message names the key that is unknown, to help whoever mistyped it.")
def names_the_wrong_credential(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    credential = given(request, "hash" if is_legacy(request) else "apiKey")
    if is_method(request) and credential and answer.content[:1] == b"{":
        return with_body(answer, json.dumps({"Message": f"Unknown credential {credential}", "Code": -1}).encode())
    return answer


@faulty("tells-the-expected-hash", "A debug message says which hash was expected.")
def tells_the_expected_hash(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if is_method(request) and is_legacy(request) and given(request, "hash") and answer.content[:1] == b"{":
        expected = hash_of_given(request, keys(request, send)[0])
        return with_body(answer, json.dumps({"Message": f"Expected {expected}", "Code": -1}).encode())
    return answer


@faulty("refuses-with-418", "The rewrite has a status of its own for whom it does not know.")
def refuses_with_418(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_status(answer, 418) if is_refusal(answer) and only_credentials_lack(request, send) else answer


@faulty("key-of-any-case", "Keys are read as UUIDs, and those have no letter case.")
def key_of_any_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    key = given(request, "apiKey")
    same = is_method(request) and key is not None and key.lower() == keys(request, send)[0].lower()
    return let_in(request, send) if same else send(request)


@faulty("user-key-passes", "Keys are looked up in one table, whoever they belong to.")
def user_key_passes(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    users = is_method(request) and given(request, "apiKey") == keys(request, send)[1]
    return let_in(request, send) if users else send(request)


@faulty("user-key-is-unknown", "The rewrite knows no keys of users, so each is just a wrong one, with its status.")
def user_key_is_unknown(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if is_method(request) and not is_legacy(request) and given(request, "apiKey") == keys(request, send)[1]:
        others = [pair for pair in pairs(request) if pair[0] not in CREDENTIALS]
        return send(with_pairs(request, [("apiKey", "nobody"), *others]))
    return send(request)


@faulty("redirects-to-login", "The web interface's filter sends whom it does not know to the login page.")
def redirects_to_login(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if only_credentials_lack(request, send) and is_refusal(send(request)):
        return httpx.Response(302, headers=[("location", f"/login?next={quote(request.url.path)}")])
    return send(request)


@faulty("refusal-without-a-word", "The refusal has lost its body and its status, and is 204.")
def refusal_without_a_word(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if only_credentials_lack(request, send) and is_refusal(send(request)):
        return httpx.Response(204)
    return send(request)
