"""The documentation has all that a user can meet: pages, packages, commands, flags, keys, clauses, options."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable
from pathlib import Path

import pytest

import noojee_contract.cli.main
import noojee_fake.cli.main
from noojee_contract.catalogue.clauses import catalogue

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"
DECISIONS = ROOT / "docs" / "explanation" / "decisions"
OWN = ROOT / "schemas" / "own"
PARSERS: dict[str, ArgumentParser] = {**noojee_contract.cli.main.parsers(), **noojee_fake.cli.main.parsers()}
_SPEC = importlib.util.spec_from_file_location("complete", ROOT / "docs" / "generate" / "complete.py")
assert _SPEC is not None
assert _SPEC.loader is not None
complete = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(complete)


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_site_shows_every_page_and_package() -> None:
    """Each page is in the navigation; the page of the architecture names each package of both halves."""
    assert complete.gaps() == []
    assert {"noojee_fake/pbx", "noojee_contract/suite", "noojee_contract/traffic"} <= set(complete.packages())


def test_gaps_of_a_site_are_named(tmp_path: Path) -> None:
    """A page outside the navigation, an entry without a page, and a package that the architecture lacks."""
    for folder in ("docs/explanation", *(f"{top}/extra" for top in complete.PACKAGES)):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "zensical.toml").write_text(
        '[project]\nnav = [{ "Explanation" = [{ "Architecture" = "explanation/architecture.md" }, "gone.md"] }]\n',
        encoding="utf-8",
    )
    (tmp_path / "docs" / "explanation" / "architecture.md").write_text("`noojee_fake/extra`\n", encoding="utf-8")
    (tmp_path / "docs" / "lost.md").write_text("# Lost\n", encoding="utf-8")
    for top in complete.PACKAGES:
        (tmp_path / top / "extra" / "module.py").write_text("", encoding="utf-8")
    named = [re.findall(r"docs/(\w+\.md)|package (\w+/\w+)", line) for line in complete.gaps(tmp_path)]
    assert named == [[("lost.md", "")], [("gone.md", "")], [("", "noojee_contract/extra")]]


def test_a_readme_has_a_section_of_its_own() -> None:
    """The site takes a README for the page of its section, so that its own title would be in no menu."""
    nav = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert re.findall(r'= "[^"]*README\.md"', nav) == []
    assert re.findall(r'= \["[^"]*README\.md"\]', nav)


@pytest.mark.parametrize(
    ("command", "main"),
    [("noojee-contract", noojee_contract.cli.main.main), ("noojee-fake", noojee_fake.cli.main.main)],
)
def test_every_command_of_the_help_has_a_section(
    command: str, main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands that `--help` lists."""
    with pytest.raises(SystemExit):
        main(["--help"])
    names = re.findall(r"^    ([a-z][a-z-]*)\b", capsys.readouterr().out, re.M)
    assert len(names) > 1
    assert all(f"\n## {command} {name}\n" in page("commands") for name in names)


@pytest.mark.parametrize("name", PARSERS)
def test_every_flag_of_the_help_is_documented(name: str) -> None:
    """The flags that `--help` of the command prints are in its section."""
    section = page("commands").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    flags = {
        flag
        for action in PARSERS[name]._actions
        for flag in action.option_strings
        if flag.startswith("--") and action.help != SUPPRESS
    } - {"--help"}
    assert section
    assert not {flag for flag in flags if not re.search(rf"`{flag}[ `]", section)}


def test_every_flag_for_a_variable_is_an_environment_variable() -> None:
    """A flag that takes the name of a variable ends in -env."""
    flags = {
        flag for parser in PARSERS.values() for flag in re.findall(r"(?<![\w-])--[a-z-]+-env\b", parser.format_help())
    }
    assert flags
    assert not {flag for flag in flags if f"`{flag}`" not in page("environment")}


def test_every_variable_of_the_tests_is_documented() -> None:
    """The variables NOOJEE_... that the tests and tox read."""
    read = {
        name
        for file in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r'environ(?:\.get\(|\[)"(NOOJEE_[A-Z_]+)"', file.read_text(encoding="utf-8"))
    }
    assert read
    assert not {name for name in read if f"| `{name}` |" not in page("environment")}


def test_every_clause_has_a_row() -> None:
    assert not {clause for clause in catalogue() if f"\n| `{clause}` |" not in page("clauses")}


@pytest.mark.parametrize("table", ["options.toml", "profiles.toml"])
def test_every_option_and_profile_has_a_row(table: str) -> None:
    names = tomllib.loads((OWN / table).read_text(encoding="utf-8"))
    assert names
    assert not {name for name in names if f"\n| `{name}` |" not in page("options")}


def test_every_key_of_a_target_has_a_row() -> None:
    """The schema lists the keys of a target."""
    schema = json.loads((OWN / "target.schema.json").read_text(encoding="utf-8"))
    keys = schema["$defs"]["target"]["properties"]
    assert len(keys) > 20
    assert not {key for key in keys if f"\n| `{key}` |" not in page("flags")}


@pytest.mark.parametrize("file", sorted(OWN.glob("*.json")), ids=lambda file: file.name)
def test_every_format_has_a_page(file: Path) -> None:
    """The page names its schema. options.toml is no file of a user: its page is that of the options."""
    named = f"schemas/own/{file.name}"
    if file.name != "options.schema.json":
        assert any(named in text.read_text(encoding="utf-8") for text in REFERENCE.glob("*.md"))


def test_decisions_are_numbered_and_listed() -> None:
    """A record is named by its number, has its parts, and a line in the index."""
    index = (DECISIONS / "index.md").read_text(encoding="utf-8")
    records = sorted(DECISIONS.glob("[0-9]*.md"))
    assert [int(record.name.partition("-")[0]) for record in records] == list(range(1, len(records) + 1))
    for number, record in enumerate(records, 1):
        text = record.read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (\w+)", text, re.M) in (
            ["Context", "Decision", "Consequence"],
            ["Decision", "Consequence"],
        )
        assert f"]({record.name}) |" in index


def commands_on(text: str) -> list[str]:
    """The commands of both programs in the code of a page, with their flags, one line each."""
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", text, re.M | re.S))
    code = re.sub(r"\\\n|(?<=>-)\n|\n +(?=--)", " ", code)
    return re.findall(r"(?<![\w/.-])noojee-(?:contract|fake) [a-z][^\n|>;`]*", code)


@pytest.mark.parametrize(
    "page_file",
    [each for each in sorted((ROOT / "docs").rglob("*.md")) if each.parent != REFERENCE],
    ids=lambda each: each.relative_to(ROOT).as_posix(),
)
def test_commands_and_flags_of_a_page_exist(page_file: Path) -> None:
    """In tutorials, guides and explanations."""
    for command in commands_on(page_file.read_text(encoding="utf-8")):
        program, name, *words = command.split()
        parser = PARSERS[f"{program} {name}"]
        known = {flag for action in parser._actions for flag in action.option_strings}
        used = {word.partition("=")[0] for word in words if re.fullmatch(r"--[a-z][a-z-]*(=.*)?", word)}
        assert used <= known, command


def test_commands_of_a_page_are_read_with_all_their_flags() -> None:
    """A command may have several lines, in a shell and in a workflow of GitHub."""
    text = (
        "```sh\nnoojee-fake serve \\\n  --quiet &\n```\n`noojee-contract verify --smoke`\n"
        "```yaml\n- run: >-\n    noojee-contract verify\n    --junit x\n```\n"
    )
    assert [" ".join(command.split()) for command in commands_on(text)] == [
        "noojee-fake serve --quiet &",
        "noojee-contract verify --smoke",
        "noojee-contract verify --junit x",
    ]
