"""Asks a PBX the questions of the table, within its permissions, and gathers what the answers show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.errors import LimitReached, TooSoon
from noojee_contract.probing import credentials, hours, recordings, requests, sounds
from noojee_contract.probing.observation import Learnt, Observations, Unclear, Uncovered
from noojee_contract.probing.other_behaviour import other_behaviour
from noojee_contract.probing.pbx import ProbedPbx
from noojee_contract.probing.questions import ProbeQuestion, cannot_learn, options_of, probe_questions
from noojee_contract.targets.manners import denied
from noojee_contract.targets.target import Target

DEFAULT_BUDGET = 60
ASK: Mapping[str, Callable[[ProbedPbx], Observations]] = {
    "first-answers": credentials.ask_time,
    "recordings": recordings.ask_recordings,
    "six-authentications": credentials.ask_six_times,
    "unknown-recording": recordings.ask_unknown,
    "empty-value": recordings.ask_empty,
    "missing-parameter": requests.ask_missing,
    "tag-in-other-case": recordings.ask_other_case,
    "accented-tag": recordings.ask_accented,
    "unknown-path": requests.ask_unknown_path,
    "other-content-type": requests.ask_other_type,
    "bare-rest": requests.ask_bare_rest,
    "service-without-method": requests.ask_without_method,
    "hash-again": credentials.ask_hash_again,
    "sound": sounds.ask_sound,
    "sound-by-get": sounds.ask_by_get,
    "sound-without-leg": sounds.ask_without_leg,
    "sound-of-unknown-leg": sounds.ask_unknown_leg,
    "parameters-in-body": requests.ask_body,
    "wrong-credentials": credentials.ask_wrong,
    "expired-time-stamp": credentials.ask_expired,
    "time-stamp-ahead": credentials.ask_ahead,
    "time-stamp-in-seconds": credentials.ask_seconds,
    "plain-http": requests.ask_plain,
    "hour": hours.ask_hour,
    "hour-again": hours.ask_again,
    "bad-hour": hours.ask_bad_hour,
    "future-hour": hours.ask_future,
    "repeated-hour": hours.ask_repeated,
}
"""The function that sends each question of the table."""
Progress = Callable[[ProbeQuestion], None]


@dataclass(slots=True, kw_only=True)
class ProbeResult:
    """What a probe found: options with evidence, why others were not learnt, and behaviour beyond the options.

    `requests` is the number of requests that were sent. `secrets` are the credentials that the evidence must not show.
    """

    target: Target
    learnt: dict[str, Learnt] = field(default_factory=dict)
    not_learnt: dict[str, str] = field(default_factory=dict)
    uncovered: list[Uncovered] = field(default_factory=list)
    requests: int = 0
    secrets: tuple[str, ...] = ()


def probed(target: Target) -> Target:
    """The target as a probe asks it: time stamps are used up, and hashes used once until the answers allow more."""
    kept = {key: value for key, value in target.profile.items() if key in ("bare_rest", "query_charset")}
    return replace(target, profile={**kept, "concurrent_authentications": "5"})


def probe(pbx: ProbedPbx, target_client: TargetClient, *, progress: Progress = lambda question: None) -> ProbeResult:
    """Send the questions that a target allows. A spent budget or time ends the probe; what was learnt is kept."""
    result = ProbeResult(target=pbx.target)
    stopped: str | None = None
    for question in probe_questions():
        options = [option for option in question.options_for(pbx.target) if option not in result.learnt]
        if not options:
            continue
        reason = stopped or denied(question.manner, pbx.target, question.wait_seconds)
        if reason is None:
            progress(question)
            reason, is_end = _answered(question, pbx, result)
            stopped = reason if is_end else None
        for option in options:
            if option not in result.learnt:
                result.not_learnt.setdefault(option, reason or f"needs {question.needs or 'another answer'}")
    _finish(pbx, result)
    result.requests = target_client.tally.requests
    result.secrets = tuple(target_client.secrets())
    return result


def _answered(question: ProbeQuestion, pbx: ProbedPbx, result: ProbeResult) -> tuple[str | None, bool]:
    """Send one question and add what it shows. Returns why it ended early, and whether no question can follow."""
    try:
        for each in ASK[question.name](pbx):
            _add(each, result)
    except TimeUnavailable as error:
        return str(error), False
    except TooSoon as error:
        return str(error), False
    except LimitReached as error:
        return str(error), True
    return None, False


def _add(each: Learnt | Uncovered | Unclear, result: ProbeResult) -> None:
    if isinstance(each, Learnt):
        result.learnt[each.option] = each
        result.not_learnt.pop(each.option, None)
    elif isinstance(each, Unclear):
        result.not_learnt[each.option] = each.reason
    else:
        result.uncovered.append(each)
        if each.option is not None:
            result.not_learnt[each.option] = f"no value of it: {each.saw}"


def _finish(pbx: ProbedPbx, result: ProbeResult) -> None:
    """Use up the time stamps that wait, and add what no question was about."""
    with suppress(LimitReached):
        pbx.hashes.close()
    result.uncovered += other_behaviour(pbx.exchanges, has_json=pbx.lists)
    for option in options_of(pbx.target):
        if option in cannot_learn():
            result.not_learnt[option] = cannot_learn()[option]
