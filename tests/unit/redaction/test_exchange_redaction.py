"""Exchanges as bytes before they are written: what is replaced, what stays, and how the framing stays."""

from __future__ import annotations

import gzip
import io
import json
import re
import time
from datetime import UTC, datetime

import numpy as np
import pytest
import soundfile

from noojee_contract.model.wire import WireBody, WireExchange, WireMessage, dechunked
from noojee_contract.redaction.exchanges import ExchangeRedactor, RedactionRules
from noojee_contract.redaction.stand_ins import StandInKey, StandIns

KEY = StandInKey(b"a key of the tests")
STAND_INS = StandIns(KEY)
API_KEY = "f863246a-973e-11e6-8784-08002718f5b5"
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
TEXT_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
LEG = {
    "Source": "0398765432", "Destination": "410", "Leg": "1", "Start": "2014-02-13 17:06:52.0", "Duration": "4",
    "Tag": "", "Username": "Fred", "CallRecordId": "198348", "UniqueId": "1392271611.238", "DID": "internal",
}  # fmt: skip


def redacted(
    body: bytes = b"",
    *,
    head: bytes = JSON_HEAD,
    request: bytes = b"GET / HTTP/1.1\r\n\r\n",
    rules: RedactionRules | None = None,
) -> WireExchange:
    exchange = WireExchange(
        at=datetime.now(UTC),
        request=WireMessage(head=request),
        response=WireMessage(head=head, body=WireBody.of(body)),
    )
    return ExchangeRedactor(KEY, rules or RedactionRules(secrets=[API_KEY])).redact(exchange)


def answer(body: bytes, **given: object) -> bytes:
    response = redacted(body, **given).response  # type: ignore[arg-type]  # passed on as they are
    assert response is not None
    return response.body.read()


def answer_head(head: bytes, body: bytes = b"") -> str:
    response = redacted(body, head=head).response
    assert response is not None
    return response.head.decode("latin-1")


def request_line(target: str) -> str:
    return redacted(request=f"POST {target} HTTP/1.1\r\n\r\n".encode()).url


def test_personal_fields_of_a_leg_are_replaced_and_others_stay() -> None:
    leg = json.loads(answer(json.dumps([LEG]).encode()))[0]
    kept = ("Leg", "Start", "Duration", "Tag", "DID")
    assert {name: leg[name] for name in kept} == {name: LEG[name] for name in kept}
    assert {name: value for name, value in leg.items() if name not in kept} == {
        name: STAND_INS.of(value) for name, value in LEG.items() if name not in kept
    }


def test_numbers_in_json_are_replaced_as_in_strings() -> None:
    leg = json.loads(answer(b'[{"Source": 410, "Leg": 2, "Duration": 12.5, "UniqueId": 1.5e3, "isQueueCall": true}]'))[
        0
    ]
    assert leg["Source"] == int(STAND_INS.of("410"))
    assert (leg["Leg"], leg["Duration"], leg["isQueueCall"]) == (2, 12.5, True)
    assert leg["UniqueId"] != 1500


def test_the_layout_and_escapes_of_json_stay() -> None:
    body = b'[ {"Username" :\t"M\\u00FCller \\"x\\" a\\/b\xc3\xbc"} ,\n{"Username":null}]\r\n'
    shown = answer(body)
    assert re.sub(rb"[A-Za-z0-9\x80-\xff]", b"", shown) == re.sub(rb"[A-Za-z0-9\x80-\xff]", b"", body)
    assert len(shown) == len(body)
    name = json.loads(shown)[0]["Username"]
    assert name == STAND_INS.of('M\u00fcller "x" a/b\u00fc')


@pytest.mark.parametrize(
    "value",
    [
        "0398765432",
        "fred@example.com",
        "Fred Smith",
        API_KEY,
        "03/09/87 65:43",
        "12345678",
        "2014-02-13 17:06:52.0 Fred",
    ],
)
@pytest.mark.parametrize("field", ["Leg", "Duration", "Start", "callend", "status", "Code", "unheard"])
def test_a_value_in_a_wrong_field_is_replaced(field: str, value: str) -> None:
    assert value not in answer(json.dumps([{field: value}]).encode()).decode()


def test_an_unknown_key_is_replaced() -> None:
    shown = answer(b'{"Data": {"410": [{"CallID": 7}], "Fred Smith": 1}}')
    assert json.loads(shown).keys() == {"Data"}
    assert json.loads(shown)["Data"].keys() == {STAND_INS.of("410"), STAND_INS.of("Fred Smith")}


def test_a_value_behind_an_object_has_no_name() -> None:
    assert "0398765432" not in answer(b'[{"Leg": "1"}, "0398765432", 98765432]').decode()
    assert "98765432" not in answer(b'[{"Leg": "1"}, "0398765432", 98765432]').decode()


def test_a_query_is_redacted_by_its_names() -> None:
    url = request_line(
        f"/njadmin/rest/RecordingAPI/retrieveMetaDataByHour?apiKey={API_KEY}&date=2021/09/14&hour=15&tag=Fred%20S"
    )
    path, _, query = url.partition("?")
    assert path == "/njadmin/rest/RecordingAPI/retrieveMetaDataByHour"
    assert re.fullmatch(r"apiKey=redacted-[0-9a-f]{8}&date=2021/09/14&hour=15&tag=[A-Z][a-z]{3}%20[A-Z]", query)
    assert "Fred" not in query


@pytest.mark.parametrize(
    ("target", "shape"),
    [
        ("/recordings/1392271611.238/2", r"/recordings/1392271611\.[0-9]{3}/2"),
        ("/calls/410/audio", r"/calls/[0-9]{3}/audio"),
        ("/Fred/x?fred=1#frag", r"/[A-Z][a-z]{3}/[a-z]\?[a-z]{4}=[0-9]#[a-z]{4}"),
        ("/rest?tag=M%C3%BCller+1", r"/rest\?tag=[A-Z]%C3%[0-9A-F]{2}[a-z]{4}\+[0-9]"),
        ("/rest?tag=M%FCller", r"/rest\?tag=[A-Z]%[0-9A-F]{2}[a-z]{4}"),
    ],
)
def test_a_path_keeps_its_shape(target: str, shape: str) -> None:
    shown = request_line(target)
    assert re.fullmatch(shape, shown)
    assert shown != target


@pytest.mark.parametrize(
    "line",
    [
        "Content-Type: application/json;charset=UTF-8", "CONTENT-type:  text/html; charset=\"utf-8\"  ",
        "Transfer-Encoding: Chunked", "Connection: keep-alive", "Date: Tue, 14 Sep 2021 05:03:30 GMT",
        "Cache-Control: no-cache, max-age=0", "Retry-After: 60", "Vary: Accept-Encoding",
        "Accept: text/html, */*;q=0.8", "Server: Apache-Coyote/1.1", "Server: nginx/1.18.0",
        "User-Agent: python-httpx/0.28.1", "Accept-Encoding: gzip, deflate", "Accept-Ranges: bytes",
        "WWW-Authenticate: Basic realm=\"API\"", "Content-Range: bytes 0-99/1234", "Expires: 0",
    ],
)  # fmt: skip
def test_a_harmless_header_stays_as_it_is(line: str) -> None:
    head = f"HTTP/1.1 200 OK\r\n{line}\r\n\r\n"
    assert answer_head(head.encode()) == head


@pytest.mark.parametrize(
    "line",
    [
        "Content-Type: application/fredsmith", "X-Fred: 1", "fredsmith: 2", "Set-Cookie: sid=fredsmith; Path=/",
        "Server: fredsmith/1.0", "Location: https://pbx.example/a?tag=fredsmith", "Location: /fredsmith",
        "ETag: \"fredsmith\"", "Authorization: Basic fredsmith", "Authorization: fredsmith",
        "Content-Disposition: attachment; filename=fredsmith.wav", "Date: fredsmith", "fredsmith",
        "Retry-After: fredsmith", " fredsmith", "Link: <https://fredsmith.example>; rel=next",
        "Content-Length: fredsmith", "Warning: 199 fredsmith \"x\"", "Via: 1.1 fredsmith",
        "WWW-Authenticate: Basic realm=\"fredsmith\"", "X-Api-Key: fredsmith", "Referer: fredsmith",
        "Host: fredsmith:8080", "Connection: fredsmith",
    ],
)  # fmt: skip
def test_a_personal_value_in_a_header_is_replaced(line: str) -> None:
    shown = answer_head(f"HTTP/1.1 200 OK\r\n{line}\r\n\r\n".encode())
    assert "fred" not in shown.lower()
    assert shown.count("\r\n") == 3


@pytest.mark.parametrize(
    ("host", "shape"),
    [
        ("pbx.acme.example:8443", r"[a-z]{3}\.[a-z]{4}\.[a-z]{7}:8443"), ("192.0.2.7", r"[0-9]+(\.[0-9]+){3}"),
        ("127.0.0.1:5000", r"127\.0\.0\.1:5000"), ("[2001:db8::1]:80", r"\[.{11}\]:80"),
        ("10.1.2.3, 10.1.2.4", r"[0-9.]+, [0-9.]+"),
    ],
)  # fmt: skip
def test_a_host_keeps_its_port_and_its_shape(host: str, shape: str) -> None:
    shown = (
        answer_head(f"HTTP/1.1 200 OK\r\nX-Forwarded-Host: {host}\r\n\r\n".encode()).split("\r\n")[1].partition(": ")[2]
    )
    assert re.fullmatch(shape, shown)
    assert (shown == host) == host.startswith("127.")


def test_a_user_in_an_address_is_a_credential() -> None:
    shown = answer_head(b"HTTP/1.1 302 Found\r\nLocation: https://fred:word@pbx.example:8443/rest/Time?tag=1\r\n\r\n")
    assert re.search(r"Location: https://redacted-[0-9a-f]{8}@[a-z]{3}\.[a-z]{7}:8443/rest/Time\?tag=[0-9]\r", shown)


def test_the_file_name_of_a_sound_keeps_its_leg() -> None:
    name = "1392271611.238-2.wav"
    shown = answer_head(f'HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'.encode())
    assert f'filename="{STAND_INS.of("1392271611.238")}-2.wav"' in shown


def test_bare_line_ends_and_repeated_headers_stay() -> None:
    head = "HTTP/1.0 404 Not Found\ncontent-TYPE: text/plain\nContent-Type: text/html\r\n\n"
    assert answer_head(head.encode()) == head


@pytest.mark.parametrize("declared", [0, -3, 7])
def test_a_length_is_as_wrong_as_before(declared: int) -> None:
    body = b'{"Message": "' + API_KEY.encode() + b'"}'
    head = f"HTTP/1.1 200 OK\r\nContent-LENGTH: {len(body) + declared}\r\n\r\n".encode()
    response = redacted(body, head=head).response
    assert response is not None
    assert response.field("content-length") == str(len(response.body.read()) + declared)


def test_a_compressed_body_is_compressed_again() -> None:
    body = gzip.compress(json.dumps([LEG]).encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    response = redacted(body, head=head).response
    assert response is not None
    shown = response.body.read()
    assert json.loads(gzip.decompress(shown))[0]["Username"] == STAND_INS.of("Fred")
    assert response.field("content-length") == str(len(shown))


def test_chunks_and_trailers_keep_their_framing() -> None:
    body = b'003\r\n[{"\r\n9;x=fred\r\nLeg":"1",\r\nE\r\n"Tag":"abcde"}\r\n1\n]\r\n0;fred\r\nX-Fred: fred\r\n\r\n'
    shown = answer(body, head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert b"fred" not in shown.lower()
    content = dechunked(shown)
    assert content is not None
    assert json.loads(content) == [{"Leg": "1", "Tag": STAND_INS.of("abcde")}]
    assert len(shown) == len(body)
    assert shown.startswith(b'003\r\n[{"\r\n9;')
    assert b'"}\r\n1\n]\r\n0;' in shown


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_cut_off_answer_is_as_long_as_before(cut: int) -> None:
    body = b'22\r\n[{"Leg":"1","Username":"Fred Smith1\r\n4\r\n"}]\n\r\n0\r\n\r\n'[:cut]
    shown = answer(body, head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert len(shown) == len(body)
    assert b"Fred" not in shown


@pytest.mark.parametrize(
    "body",
    [
        b'{"Username": "Fred',
        b"\x00\x01Fred",
        b"\xff\xfeFred",
        b"%PDF-1.7 Fred",
        "Fred".encode("utf-16"),
        b"[" * 100_000,
    ],
    ids=["cut", "zero", "no text", "PDF", "UTF-16", "deep"],
)
def test_a_body_that_cannot_be_parsed_becomes_filler(body: bytes) -> None:
    assert answer(body) == b"x" * len(body)
    assert answer(body, rules=RedactionRules(keep_unparsed=True)) == body


def test_a_broken_compression_becomes_filler() -> None:
    body = gzip.compress(b"[]")[:-4]
    assert answer(body, head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n") == b"x" * len(body)


def test_a_compression_bomb_becomes_filler() -> None:
    body = gzip.compress(b"0" * 70_000_000, 9)
    assert answer(body, head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n") == b"x" * len(body)


@pytest.mark.parametrize(
    "body", [b"1392356108888", b"1392356108888\n", b"", b'{"Message":"Expired TimeStamp","Code":-1}', b"[]"]
)
def test_a_harmless_body_stays(body: bytes) -> None:
    assert answer(body) == body


def test_an_extension_changes_no_status_in_a_text() -> None:
    page = (
        b"<html><head><title>HTTP Status 404 - Not Found</title></head><body><h1>HTTP Status 404</h1>"
        b"<p>extension 404 of &#70;red Smith, tag Mark</p></body></html>"
    )
    request = b"GET /rest?exten=404&agentLoginName=Fred%20Smith&tag=Mark HTTP/1.1\r\n\r\n"
    shown = answer(page, request=request, head=b"HTTP/1.1 404 Not Found\r\n\r\n").decode()
    assert shown.count("HTTP Status 404") == 2
    assert f"extension {STAND_INS.of('404')} of " in shown
    assert f"tag {STAND_INS.of('Mark')}<" in shown
    assert "red Smith" not in shown


def test_a_page_keeps_its_elements() -> None:
    page = b'<!DOCTYPE html>\n<a href="/fred?x=1" class=fred fred="1">fred</a><fred/><!-- fred --><br>&eacute;fred'
    shown = answer(page).decode()
    assert "fred" not in shown
    assert re.sub("[^<>]", "", shown) == re.sub("[^<>]", "", page.decode())
    assert shown.startswith("<!DOCTYPE html>\n<a href=")


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_U8", "PCM_24", "ULAW", "ALAW", "GSM610", "IMA_ADPCM", "FLOAT"])
def test_sound_becomes_a_tone_of_the_same_length_and_level(subtype: str) -> None:
    voice = voice_like()
    body = encoded(voice, "WAV", subtype)
    shown = answer(body)
    assert len(shown) == len(body)
    assert shown[:36] == body[:36]
    before, after = decoded(body), decoded(shown)
    assert len(after) == len(before)
    assert level(after) == pytest.approx(level(before), rel=0.15, abs=0.01)
    assert abs(float(np.corrcoef(before, after)[0, 1])) < 0.1


@pytest.mark.parametrize(("kind", "subtype"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")])
def test_other_sound_keeps_its_codec(kind: str, subtype: str) -> None:
    shown = answer(encoded(voice_like(), kind, subtype))
    with soundfile.SoundFile(io.BytesIO(shown)) as file:
        assert (file.format, file.subtype, file.samplerate) == (kind, subtype, 8000)
        assert file.frames == len(voice_like())


def test_names_in_chunks_of_a_wav_file_are_blanked() -> None:
    body = encoded(voice_like(), "WAV", "PCM_16")
    marked = body + b"LIST\x10\x00\x00\x00INFOIART\x04\x00\x00\x00Fred" + b"Fred\x04\x00\x00\x00Fred" + b"Fred"
    shown = answer(marked)
    assert len(shown) == len(marked)
    assert b"Fred" not in shown


@pytest.mark.parametrize("cut", [44, 60, 1001])
def test_cut_off_sound_keeps_its_length(cut: int) -> None:
    body = encoded(voice_like(), "WAV", "PCM_16")[:cut]
    shown = answer(body)
    assert len(shown) == cut
    assert shown[44:] != body[44:] or cut == 44


def test_sound_stays_if_it_is_kept() -> None:
    body = encoded(voice_like(), "WAV", "PCM_16")
    assert answer(body, rules=RedactionRules(keep_sound=True)) == body


def test_the_last_look_finds_what_was_kept() -> None:
    body = b"\x00 " + API_KEY.encode() + b" \x00 " + b"0" * 64 + b" " + API_KEY.encode("utf-16-le")
    exchange = WireExchange(
        at=datetime.now(UTC), request=WireMessage(head=b""), response=WireMessage(head=b"", body=WireBody.of(body))
    )
    redactor = ExchangeRedactor(KEY, RedactionRules(secrets=[API_KEY], keep_unparsed=True))
    response = redactor.redact(exchange).response
    assert response is not None
    assert API_KEY.encode() not in response.body.read()
    assert b"0000" not in response.body.read()
    assert len(response.body.read()) == len(body)
    assert redactor.found == 3


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close" + b" " * 100_000 + b"x\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nHost: " + b":" * 100_000 + b"\r\n\r\n", b""),
        (TEXT_HEAD, b"." * 100_000),
        (TEXT_HEAD, b"1" * 100_000),
        (TEXT_HEAD, b"a=b" + b"&b=c" * 20_000 + b"{"),
        (TEXT_HEAD, b"2021-09-14 15:03:30 410 status 404 Not Found\n" * 2_000),
        (JSON_HEAD, b"[" + b"1" * 4_000 + b"]"),
    ],
    ids=["blanks", "colons", "dots", "digits", "form", "dates", "number"],
)
def test_a_hostile_answer_takes_seconds_at_most(head: bytes, body: bytes) -> None:
    """No pattern takes a time that grows with the square of the length."""
    started = time.process_time()
    assert len(answer(body, head=head)) == len(body)
    assert time.process_time() - started < 10


def test_a_credential_that_comes_later_is_found() -> None:
    redactor = ExchangeRedactor(KEY, RedactionRules(keep_unparsed=True))
    redactor.know([API_KEY, "0" * 64])
    body = b"\x00 " + API_KEY.encode() + b" " + b"0" * 64
    response = redactor.redact(
        WireExchange(
            at=datetime.now(UTC), request=WireMessage(head=b""), response=WireMessage(head=b"", body=WireBody.of(body))
        )
    ).response
    assert response is not None
    assert response.body.read() == b"\x00 " + b"x" * len(API_KEY) + b" " + b"x" * 64


def test_a_body_that_was_not_kept_stays_so() -> None:
    body = WireBody(content=None, size=5, sha256="0" * 64)
    exchange = WireExchange(
        at=datetime.now(UTC), request=WireMessage(head=b""), response=WireMessage(head=b"", body=body)
    )
    response = ExchangeRedactor(KEY).redact(exchange).response
    assert response is not None
    assert response.body == body


def test_a_transport_error_is_redacted() -> None:
    exchange = WireExchange(
        at=datetime.now(UTC),
        request=WireMessage(head=b"GET /rest?tag=Fred HTTP/1.1\r\n\r\n"),
        transport_error="ReadTimeout: no answer within 10 s for Fred",
    )
    assert ExchangeRedactor(KEY).redact(exchange).transport_error == (
        f"ReadTimeout: no answer within 10 s for {STAND_INS.of('Fred')}"
    )


def voice_like() -> np.ndarray:  # type: ignore[type-arg]  # samples of any precision
    noise = np.random.default_rng(1).standard_normal(8000 * 3)
    return (noise * np.linspace(0.01, 0.2, len(noise))).astype(np.float32)


def encoded(samples: np.ndarray, kind: str, subtype: str) -> bytes:  # type: ignore[type-arg]
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, format=kind, subtype=subtype)
    return file.getvalue()


def decoded(content: bytes) -> np.ndarray:  # type: ignore[type-arg]
    samples, _ = soundfile.read(io.BytesIO(content))
    return samples


def level(samples: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    blocks = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    return np.sqrt((blocks**2).mean(axis=1))
