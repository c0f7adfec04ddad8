"""The page of the probe: its questions with their manners, what each permission shows, and what it cannot learn."""

from __future__ import annotations

from tables import code, codes, section

from noojee_contract.probing.questions import (
    ProbeQuestion,
    cannot_learn,
    learnt_with,
    option_rows,
    probe_questions,
)

HEAD = """# What a probe asks

`noojee-contract probe` learns [options](options.md) from the answers of a PBX. This page lists its questions. See also
the [profile file](profile-file.md).
"""
PERMISSIONS = """Each row adds to the rows above it, over all dialects. A dialect has only some of the options.
"None" means a read-only target without further permissions. `negative_tests = "allowed"` allows negative tests, and
`max_wait_seconds = 61` allows waits. "An old leg" means that the recordings file names three legs: a leg of today and a
leg of an earlier day, both with audio, and a leg that ended in the second pass of the hour that the end of daylight
saving repeats. Where new sound is MPEG, `audio_aged_form` is written as `as-recorded`: both of its values are answered
alike."""
MANNERS = """Every question has one manner. *harmless*: it is sent to every target. *negative-test*: it provokes a
refusal. *waits*: it needs a pause first. Questions that act on calls are never sent. The clauses of the suite follow
the same manners."""
CANNOT = "No reading shows these options. A fake that is served with the profile has their defaults."


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            HEAD,
            section("Options by permission", PERMISSIONS, ["permission", "options", "in all"], _permissions()),
            section(
                "Questions",
                MANNERS,
                ["question", "manner", "learns", "needs"],
                [_question(question) for question in probe_questions()],
            ),
            section(
                f"Options that cannot be learnt by reading ({len(cannot_learn())} of {len(option_rows())})",
                CANNOT,
                ["option", "reason"],
                [[code(option), reason] for option, reason in cannot_learn().items()],
            ),
        ]
    )


def _permissions() -> list[list[str]]:
    rows, total = [], 0
    for name, options in learnt_with().items():
        total += len(options)
        rows.append([name, str(len(options)), f"{total} of {len(option_rows())}"])
    return rows


def _question(question: ProbeQuestion) -> list[str]:
    return [question.asks, question.manner.value, codes(question.learns), question.needs or "-"]
