"""The fixture `noojee_answers`: recorded answers to compare with a snapshot. Its libraries load on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Answers = Mapping[str, Mapping[str, object]]
ReadAnswers = Callable[[str | Path], Answers]


@pytest.fixture
def noojee_answers(request: pytest.FixtureRequest) -> ReadAnswers:
    """Reads the answers of a capture or an exchange file for the fixture `snapshot` of syrupy.

        def test_pbx_answers(noojee_answers, snapshot):
            assert noojee_answers("before") == snapshot

    A relative path starts at the folder of the test's file. The answers are listed by question, without credentials.
    Values that follow a rule of noise, as the runs of a capture show it, are replaced by the rule; an exchange file
    shows no rule, so only times of answers are replaced. A file that cannot be read, or has no answer, fails the test.
    """
    from noojee_contract.errors import ContractError
    from noojee_contract.traffic.capture.listing import recorded_answers

    def read(path: str | Path) -> Answers:
        try:
            return recorded_answers(request.path.parent / path)
        except ContractError as error:
            pytest.fail(str(error), pytrace=False)

    return read
