"""Faulty servers: the sound of a leg."""

from __future__ import annotations

import io
from typing import Any

import httpx
import numpy
import soundfile

from noojee_contract.model.audio import tone
from support.faulty_servers import Send, faulty, with_body, with_legs
from support.faulty_servers.rewriting import given, now_millis, pairs, place_of, with_pairs


def asks_sound(request: httpx.Request) -> bool:
    """Whether the sound of a leg is asked for."""
    return request.url.path.endswith(("/retrieve", "/retrieveByUniqueId"))


def is_sound(answer: httpx.Response) -> bool:
    """Whether an answer is a sound."""
    return answer.status_code == 200 and answer.content.startswith(b"RIFF")


def rewritten(content: bytes, *, subtype: str = "PCM_16", silent: bool = False, part: float = 1.0) -> bytes:
    """A sound in another coding, in silence, or only its first part; the file is a right one."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    kept = samples[: int(len(samples) * part)] * (0.0 if silent else 1.0)
    file: Any = io.BytesIO()
    soundfile.write(file, kept, rate, subtype=subtype, format="WAV")
    written: bytes = file.getvalue()
    return written


def of_same_length(content: bytes) -> bytes:
    """Another sound: a tone of the same length, which is half as loud."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    level = float(numpy.sqrt(numpy.mean(numpy.square(samples)))) / 2
    moments = numpy.arange(len(samples)) / rate
    other = level * numpy.sqrt(2) * numpy.sin(2 * numpy.pi * 1234 * moments)
    file: Any = io.BytesIO()
    soundfile.write(
        file,
        other if samples.ndim == 1 else numpy.column_stack([other] * samples.shape[1]),
        rate,
        subtype="PCM_16",
        format="WAV",
    )
    written: bytes = file.getvalue()
    return written


def with_leg(request: httpx.Request, leg: str) -> httpx.Request:
    """The same request for another leg."""
    others = [(name, value) for name, value in pairs(request) if name != "leg"]
    return with_pairs(request, [*others, ("leg", leg)])


def labelled(answer: httpx.Response, label: str, *more: tuple[str, str]) -> httpx.Response:
    """The same answer with another Content-Type."""
    headers = [(name, value) for name, value in answer.headers.multi_items() if name.lower() != "content-type"]
    return httpx.Response(
        answer.status_code, headers=[*headers, ("content-type", label), *more], content=answer.content
    )


@faulty("later-legs-not-found", "The storage migration moved the files whose name ends in -1.")
def later_legs_not_found(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if asks_sound(request) and given(request, "leg") not in (None, "1"):
        return httpx.Response(404, json={"Message": "No such file", "Code": -1})
    return send(request)


@faulty("garbled-sound-format", "A new recorder writes a codec number that no decoder knows.")
def garbled_sound_format(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not (asks_sound(request) and is_sound(answer)):
        return answer
    return with_body(answer, answer.content[:20] + b"\xfa\xfa" + answer.content[22:])


@faulty("sound-with-a-streamed-header", "Files are sent while they are written: the size in the header is unknown yet.")
def sound_with_a_streamed_header(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not (asks_sound(request) and is_sound(answer)):
        return answer
    data = answer.content.index(b"data") + 4
    unknown = b"\xff\xff\xff\xff"
    return with_body(answer, b"RIFF" + unknown + answer.content[8:data] + unknown + answer.content[data + 4 :])


@faulty("first-leg-for-all", "The new endpoint reads legNo, not leg, and falls back to the first.")
def first_leg_for_all(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(with_leg(request, "1")) if asks_sound(request) else send(request)


@faulty(
    "sound-by-number-alone", "Files are cached under the number of the leg, and the call was forgotten in the name."
)
def sound_by_number_alone(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not (asks_sound(request) and is_sound(answer)):
        return answer
    kept = memory.setdefault((place_of(request).sandbox, given(request, "leg")), answer.content)
    return with_body(answer, kept)


@faulty("sound-cached-by-call", "The cache keeps one file a call: the leg that was fetched first.")
def sound_cached_by_call(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not (asks_sound(request) and is_sound(answer)):
        return answer
    kept = memory.setdefault((place_of(request).sandbox, given(request, "uniqueId")), answer.content)
    return with_body(answer, kept)


@faulty("sound-as-mu-law", "Fresh recordings are stored as mu-law since the upgrade.")
def sound_as_mu_law(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    return (
        with_body(answer, rewritten(answer.content, subtype="ULAW"))
        if asks_sound(request) and is_sound(answer)
        else answer
    )


@faulty("aged-sound-as-mu-law", "Since the upgrade, the nightly run stores recordings as mu-law.")
def aged_sound_as_mu_law(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not (asks_sound(request) and is_sound(answer)):
        return answer
    now = now_millis(request, send)
    first = memory.setdefault((place_of(request).sandbox, given(request, "uniqueId"), given(request, "leg")), now)
    return with_body(answer, rewritten(answer.content, subtype="ULAW")) if now - first > 86_400_000 else answer


@faulty("second-fetch-shorter", "The file is moved while it is sent a second time.")
def second_fetch_shorter(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not (asks_sound(request) and is_sound(answer)):
        return answer
    name = (place_of(request).sandbox, given(request, "uniqueId"), given(request, "leg"))
    memory[name] = memory.get(name, 0) + 1
    return with_body(answer, rewritten(answer.content, part=0.9)) if memory[name] > 1 else answer


@faulty("second-fetch-of-another-sound", "The cache of converted files mixes up files of the same length.")
def second_fetch_of_another_sound(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not (asks_sound(request) and is_sound(answer)):
        return answer
    name = (place_of(request).sandbox, given(request, "uniqueId"), given(request, "leg"))
    memory[name] = memory.get(name, 0) + 1
    return with_body(answer, of_same_length(answer.content)) if memory[name] > 1 else answer


@faulty("fetched-legs-vanish", "What a client has fetched is taken as archived and dropped from the list.")
def fetched_legs_vanish(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    sandbox = place_of(request).sandbox
    if asks_sound(request):
        if is_sound(answer):
            memory.setdefault(sandbox, set()).add((given(request, "uniqueId"), given(request, "leg")))
        return answer
    gone = memory.get(sandbox, set())
    return with_legs(answer, lambda legs: [leg for leg in legs if (leg["UniqueId"], leg["Leg"]) not in gone])


@faulty("no-sound-for-short-legs", "A file below a kilobyte or so is taken for a failed recording.")
def no_sound_for_short_legs(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if asks_sound(request) and is_sound(answer) and len(answer.content) < 12_000:
        return httpx.Response(404, json={"Message": "No such file", "Code": -1})
    return answer


@faulty("unknown-leg-gives-the-last", "The query takes the highest leg up to the one that was asked for.")
def unknown_leg_gives_the_last(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    leg = given(request, "leg") or ""
    if not asks_sound(request) or answer.status_code != 404 or not leg.isdigit() or len(leg) > 4:
        return answer
    for number in range(int(leg) - 1, 0, -1):
        nearest = send(with_leg(request, str(number)))
        if is_sound(nearest):
            return nearest
    return answer


@faulty("unknown-leg-as-200", "The new gateway turns every answer with a body into 200.")
def unknown_leg_as_200(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if asks_sound(request) and answer.status_code == 404:
        return httpx.Response(200, headers=answer.headers, content=answer.content)
    return answer


@faulty("announcement-for-unknown-calls", "A friendly recording says that the recording cannot be found.")
def announcement_for_unknown_calls(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if asks_sound(request) and answer.status_code == 404 and given(request, "leg") == "1":
        return httpx.Response(200, headers={"content-type": "audio/x-wav"}, content=tone(2, 440))
    return answer


@faulty("leg-zero-is-the-first", "Legs are counted from 0 inside, and both numbers are taken.")
def leg_zero_is_the_first(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return send(with_leg(request, "1")) if asks_sound(request) and given(request, "leg") == "0" else send(request)


@faulty("failure-labelled-as-audio", "The label is set before the file is looked for.")
def failure_labelled_as_audio(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    return labelled(answer, "audio/x-wav") if asks_sound(request) and answer.status_code == 404 else answer


@faulty("failure-kept-as-a-file", "Content-Disposition is set for the whole path, failures included.")
def failure_kept_as_a_file(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if asks_sound(request) and answer.status_code == 404:
        return labelled(answer, "application/json", ("content-disposition", 'attachment; filename="leg.wav"'))
    return answer


@faulty("sound-labelled-as-page", "The proxy labels what it does not know as a page.")
def sound_labelled_as_page(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    return labelled(answer, "text/html") if asks_sound(request) and is_sound(answer) else answer


@faulty("gone-gives-another", "A link to a deleted file now leads to the file that took its place.")
def gone_gives_another(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    leg = given(request, "leg") or ""
    if asks_sound(request) and answer.status_code == 404 and leg.isdigit():
        other = send(with_leg(request, str(int(leg) + 1)))
        if is_sound(other):
            return other
    return answer


@faulty("no-leg-gives-the-last", "Without a leg, the newest file of the call is sent.")
def no_leg_gives_the_last(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if not asks_sound(request) or given(request, "leg") is not None:
        return send(request)
    answers = [send(with_leg(request, str(number))) for number in range(1, 8)]
    return [answer for answer in answers if is_sound(answer)][-1]


@faulty("sound-on-get", "The new web server serves files on GET, as web servers do.")
def sound_on_get(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if asks_sound(request) and request.method == "GET":
        return send(httpx.Request("POST", request.url, headers=request.headers))
    return send(request)
