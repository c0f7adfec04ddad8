"""`[migration.map]`: each mapping is one to one, and an error names the file and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.errors import TargetError
from noojee_contract.model.migration_map import MigrationMap, NumberRule
from noojee_contract.targets.config import load_config

TARGETS = """[targets.old]
dialect = "call-management"
base_url = "https://old.invalid"
api_key_env = "K"
[targets.new]
dialect = "njadmin"
base_url = "https://new.invalid"
api_key_env = "K"
[[migration]]
from = "old"
to = "new"
[migration.map]
"""


def declared(tmp_path: Path, table: str, users: str = "old,new\nalice,a.smith\n") -> MigrationMap:
    (tmp_path / "users.csv").write_text(users, encoding="utf-8")
    (tmp_path / "t.toml").write_text(TARGETS + table, encoding="utf-8")
    found = load_config(tmp_path / "t.toml").migrations[0].declared
    assert found is not None
    return found


def test_user_names_and_unique_ids_come_from_csv_files(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("old,new\n1.1,9.1\n1.2,9.2\n", encoding="utf-8")
    found = declared(tmp_path, 'usernames = "users.csv"\nunique_ids = "ids.csv"\n')
    assert (found.username("alice"), found.username("bob")) == ("a.smith", "bob")
    assert (found.new_id("1.2"), found.old_id("9.2"), found.new_id("7.7")) == ("9.2", "1.2", "7.7")


@pytest.mark.parametrize(
    ("number", "rewritten"),
    [("+61398765432", "0398765432"), ("0061398765432", "+61398765432"), ("201", "201"), ("", "")],
)
def test_the_first_rule_that_applies_rewrites_a_number(number: str, rewritten: str) -> None:
    rules = (NumberRule(old_prefix="+61", new_prefix="0"), NumberRule(old_prefix="00", new_prefix="+", shortest=8))
    assert MigrationMap(numbers=rules).number("Source", number) == rewritten


def test_a_rule_is_about_its_fields_alone() -> None:
    rules = (NumberRule(old_prefix="", new_prefix="+61", fields=("DID",), shortest=9),)
    declared = MigrationMap(numbers=rules)
    assert (declared.number("DID", "398765432"), declared.number("Source", "398765432")) == (
        "+61398765432",
        "398765432",
    )
    assert (declared.number("DID", "201"), declared.number("DID", "")) == ("201", "")


@pytest.mark.parametrize(
    ("users", "line", "says"),
    [
        ("old,new\nalice,a\nbob,b\nalice,c\n", 4, "line 2"),
        ("old,new\nalice,a\n# a comment\nbob,a\n", 4, "line 2"),
        ("old,new\nalice\n", 2, "expected old,new"),
        ("old,new\nalice,\n", 2, "empty"),
        ("name,new\nalice,a\n", 1, "header old,new"),
    ],
)
def test_a_wrong_csv_file_is_reported_with_its_line(tmp_path: Path, users: str, line: int, says: str) -> None:
    with pytest.raises(TargetError) as raised:
        declared(tmp_path, 'usernames = "users.csv"\n', users)
    assert f"users.csv, line {line}: " in str(raised.value)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        ('{from = "+61", to = "0"}, {from = "+612", to = "02"}', "$.migration[0].map.numbers[1].from"),
        ('{from = "+61", to = "0"}, {from = "61", to = "0"}', "$.migration[0].map.numbers[1].to"),
        ('{from = "+61"}', "$.migration[0].map.numbers[0].to"),
        ('{from = "+61", to = "0", fields = ["Tag"]}', "$.migration[0].map.numbers[0].fields[0]"),
    ],
)
def test_rules_that_are_not_one_to_one_are_refused(tmp_path: Path, rules: str, place: str) -> None:
    with pytest.raises(TargetError) as raised:
        declared(tmp_path, f"numbers = [{rules}]\n")
    assert place in str(raised.value)


def test_rules_of_different_fields_do_not_meet(tmp_path: Path) -> None:
    rules = '{from = "+61", to = "0", fields = ["Source"]}, {from = "61", to = "0", fields = ["DID"]}'
    assert len(declared(tmp_path, f"numbers = [{rules}]\n").numbers) == 2
