"""The types of options, versions and dialects of the fake, written from the table of options and the versions."""

from __future__ import annotations

import json
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from noojee_fake.pbx.options import option_table
from noojee_fake.pbx.versions import DIALECTS, VERSIONS
from noojee_fake.resources import schema_text

TARGET = Path(__file__).parents[3] / "fake_server" / "noojee_fake" / "client" / "option_types.py"
WIDTH = 110
"""The longest line of a question, without the indentation and the quotes."""
HEAD = '''# Written from schemas/own/options.toml by `python -m support.generated_code`. Do not edit.
"""The options of a PBX, its versions and dialects as types."""

from __future__ import annotations

from typing import Literal, TypedDict
'''


def files() -> Iterator[tuple[Path, str]]:
    """The file and its text."""
    parts = [
        HEAD,
        f'Version = {_literal(VERSIONS)}\n"""A version of the product that the vendor\'s pages name."""\n',
        f'Dialect = {_literal(DIALECTS)}\n"""A generation of the vendor\'s API."""\n',
        (
            "\nclass OptionValues(TypedDict, total=False):\n"
            '    """Values of options. An option that is absent keeps its value."""\n'
        ),
    ]
    questions = tomllib.loads(schema_text("options.toml"))
    for option in option_table().values():
        values = _literal((option.default, *option.alternatives))
        question = "\n    ".join(textwrap.wrap(questions[option.key]["question"], WIDTH, break_on_hyphens=False))
        parts.append(f'    {option.key}: {values}\n    """{question}"""')
    yield TARGET, "\n".join(parts) + "\n"


def _literal(values: Iterable[str]) -> str:
    quoted = ", ".join(json.dumps(value) for value in values)
    return f"Literal[{quoted}]"
