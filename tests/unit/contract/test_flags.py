"""One table of flags: the command, pytest, the target file, the repeat command and the reference follow from it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.cli.main import verify_parser
from noojee_contract.engine.repeat import repeat_commands
from noojee_contract.errors import TargetError
from noojee_contract.pytest_plugin.options import RunOptions, check_flags, chosen_targets
from noojee_contract.targets.flags import (
    DIFFERENCES,
    PLAN,
    PYTEST_FLAGS,
    PYTEST_PREFIX,
    REPEATED_FLAGS,
    REPORT_FLAGS,
    RUN_FLAGS,
    SHARING_FLAGS,
    TARGET_FLAGS,
    TARGET_NAME,
    WORKERS,
    help_of,
    target_keys,
    words,
)
from noojee_contract.targets.target import Target

EVERY_TARGET_FLAG = [
    "--base-url", "https://pbx.invalid/prefix",
    "--dialect", "call-management",
    "--authentication", "hash",
    "--api-key-env", "PBX_KEY",
    "--recordings", "recordings.csv",
    "--recordings", "more recordings.csv",
    "--time-zone", "Europe/Berlin",
    "--audio", "POST {base}/retrieve?leg={leg}",
    "--ca-file", "ca.pem",
    "--ca-file", "another ca.pem",
    "--client-cert", "client.pem",
    "--client-key", "client.key",
    "--tls-server-name", "pbx.example.org",
    "--header", "X-Tenant: 7",
    "--header-env", "X-Gateway-Token: GATEWAY_TOKEN",
    "--requests-per-second", "2.5",
    "--request-budget", "500",
    "--timeout", "3.0",
    "--sounds", "all",
    "--longest-sound", "120.0",
    "--largest-audio", "1048576",
    "--calls", "50",
    "--slow-seconds", "1.5",
    "--negative-tests",
    "--max-wait", "61.0",
    "--writable",
    "--control-url", "https://pbx.invalid/control",
    "--control-token-env", "CONTROL_TOKEN",
]  # fmt: skip


def parsed(arguments: list[str]) -> dict[str, Any]:
    return vars(verify_parser(argparse.ArgumentParser()).parse_args(arguments))


def test_the_command_has_exactly_the_flags_of_the_table() -> None:
    """No flag of `verify` is written anywhere else."""
    actions = verify_parser(argparse.ArgumentParser(add_help=False))._actions
    found = {name for action in actions for name in action.option_strings}
    table = (*RUN_FLAGS, WORKERS, *REPORT_FLAGS, *SHARING_FLAGS, DIFFERENCES, PLAN, *TARGET_FLAGS)
    assert found == {name for flag in table for name in (flag.flag, flag.short) if name}


def test_pytest_has_exactly_the_flags_of_the_table(pytestconfig: pytest.Config) -> None:
    """The same names with a prefix, and no others."""
    prefix = PYTEST_PREFIX.strip("-") + "_"
    found = {name for name in vars(pytestconfig.option) if name.startswith(prefix)}
    assert found == {prefix + flag.name for flag in PYTEST_FLAGS}


def test_each_target_flag_is_a_key_of_the_schema() -> None:
    """The schema owns type, bounds and help."""
    for flag in TARGET_FLAGS:
        assert flag.name in target_keys()
        assert help_of(flag) == target_keys()[flag.name]["description"]
        assert not flag.help


def test_a_secret_is_given_by_the_name_of_its_variable() -> None:
    """No flag takes a secret: other users of a machine see command lines."""
    assert {flag.name for flag in TARGET_FLAGS if flag.variable} == {"api_key_env", "control_token_env"}
    assert all("not a value" in help_of(flag) for flag in TARGET_FLAGS if flag.variable)


def test_each_run_flag_has_its_own_help() -> None:
    """It has no key in the schema that could help."""
    assert all(
        flag.help and flag.name not in target_keys()
        for flag in (*RUN_FLAGS, TARGET_NAME, WORKERS, *REPORT_FLAGS, DIFFERENCES, PLAN)
    )


def test_each_key_of_the_schema_is_a_field_of_a_target() -> None:
    """A key that no field keeps would be read for nothing."""
    assert set(target_keys()) <= set(Target.__dataclass_fields__)


def test_every_target_flag_is_in_the_repeat_command() -> None:
    """A repeat command without the rate limit would flood a staging PBX. Secrets are names of variables."""
    set_flags = {word for word in EVERY_TARGET_FLAG if word.startswith("--")}
    assert set_flags == {flag.flag for flag in TARGET_FLAGS}
    options = RunOptions.of(parsed(EVERY_TARGET_FLAG))
    assert options.repeat_words == EVERY_TARGET_FLAG
    again = repeat_commands("audio.whole", ["target"], options.repeat_words, random_seed=7, examples=25)
    for word in ("--requests-per-second 2.5", "--request-budget 500", "--timeout 3.0", "--api-key-env PBX_KEY"):
        assert word in again.command


def test_a_repeat_command_describes_the_same_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsed again, its flags give an equal target."""
    monkeypatch.chdir(tmp_path)
    for name in ("ca.pem", "another ca.pem", "client.pem", "client.key"):
        (tmp_path / name).write_text("")
    for name in ("recordings.csv", "more recordings.csv"):
        (tmp_path / name).write_text(f"kind,value\ntag,{name}\n")
    options = RunOptions.of(parsed(EVERY_TARGET_FLAG))
    again = RunOptions.of(parsed(options.repeat_words))
    assert again == options
    targets, _ = chosen_targets(options)
    assert chosen_targets(again)[0] == targets
    assert (targets[0].requests_per_second, targets[0].request_budget, targets[0].timeout_seconds) == (2.5, 500, 3.0)


@pytest.mark.parametrize(("flag", "value"), [("--request-budget", "0"), ("--max-wait", "0.0"), ("--time-zone", "")])
def test_a_value_of_zero_or_nothing_is_given(flag: str, value: str) -> None:
    """The schema decides about it; a budget of 0 must not mean no limit."""
    options = RunOptions.of(parsed(["--base-url", "https://h", flag, value]))
    assert options.repeat_words == ["--base-url", "https://h", flag, value]


@pytest.mark.parametrize(
    ("given", "allowed", "waived"),
    [(["--negative-tests"], True, False), (["--negative-tests", "waived"], False, True), ([], False, False)],
)
def test_the_flag_of_negative_tests_allows_or_waives(given: list[str], allowed: bool, waived: bool) -> None:
    """Without a word it allows them; the repeat command says the same."""
    options = RunOptions.of(parsed(["--base-url", "https://h", "--dialect", "njadmin", *given]))
    ((target,), _) = chosen_targets(RunOptions.of(parsed(options.repeat_words)))
    assert (target.negative_tests, target.waives_negative_tests) == (allowed, waived)


def test_the_target_file_is_in_the_repeat_command() -> None:
    """The file has the limits of its targets."""
    options = RunOptions.of(parsed(["pbx", "--config", "my targets.toml", "--only", "audio.*", "--smoke"]))
    assert options.repeat_words == ["--config", "my targets.toml"]
    assert words(REPEATED_FLAGS, {"config": "t.toml"}) == ["--config", "t.toml"]


@pytest.mark.parametrize("flag", [flag for flag in TARGET_FLAGS if flag.name != "base_url"], ids=lambda flag: flag.name)
def test_a_target_flag_without_base_url_is_refused(flag: Any) -> None:
    """With a target file it would be ignored, limits included."""
    options = RunOptions(config="t.toml", target_flags={flag.name: "x"})
    with pytest.raises(TargetError, match=f"{flag.flag} describes a target without a target file") as raised:
        check_flags(options)
    assert f"set {flag.name} in the target file" in str(raised.value)


def test_the_target_file_of_the_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments the embedded PBX is only checked where no target file is."""
    monkeypatch.chdir(tmp_path)
    assert RunOptions.of(parsed([])).config is None
    assert len(chosen_targets(RunOptions.of(parsed([])))[0]) > 1
    (tmp_path / "noojee-contract.toml").write_text('[targets.pbx]\nbase_url = "https://h"\ndialect = "njadmin"\n')
    options = RunOptions.of(parsed([]))
    assert options.config == "noojee-contract.toml"
    assert [target.name for target in chosen_targets(options)[0]] == ["pbx"]
    embedded, _ = chosen_targets(RunOptions.of(parsed(["--config", "embedded"])))
    assert "legacy" in [target.name for target in embedded]
