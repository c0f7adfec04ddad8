"""The suite under plain pytest: flags from the entry point, cells, required clauses, xdist, -k and --lf."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import environment

ROOT = Path(__file__).parents[3]
HEAVY = (
    "httpx",
    "hypothesis",
    "jsonschema",
    "jsonschema_rs",
    "numpy",
    "soundfile",
    "rich",
    "jinja2",
    "noojee_contract.catalogue.clauses",
    "noojee_contract.engine.runner",
    "noojee_contract.model.schemas",
    "noojee_contract.targets.config",
)
SUITE = ("--pyargs", "noojee_contract.suite", "--noojee-random-seed", "3", "--noojee-examples", "2")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", *words],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_the_entry_point_imports_nothing_heavy() -> None:
    """pytest loads it in every project that has this one installed."""
    code = (
        f"import sys, noojee_contract.pytest_plugin.plugin; print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pytest_lists_the_flags_without_heavy_imports(tmp_path: Path) -> None:
    """The help comes from the schema of the target file, without a validator."""
    code = (
        "import sys, pytest\n"
        "pytest.main(['-p', 'noojee_contract.pytest_plugin.plugin', '--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--noojee-requests-per-second" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_flags_come_from_the_entry_point(tmp_path: Path) -> None:
    """They come from the entry point, without -p."""
    assert "--noojee-config" in run(tmp_path, "--help").stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_suite_runs_under_plain_pytest(workers: tuple[str, ...], tmp_path: Path) -> None:
    """One process or two workers; each cell is a test, and the verdict is the last part."""
    done = run(tmp_path, *SUITE, "--noojee-only", "metadata.by-*-answered", "--noojee-smoke", *workers)
    assert done.returncode == 0, done.stdout
    assert "noojee-contract" in done.stdout
    assert "4 passed" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_other_tests_may_run_in_the_same_session(workers: tuple[str, ...], tmp_path: Path) -> None:
    """A test of the user's own is not counted as a clause without a result."""
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    done = run(tmp_path, "test_own.py", *SUITE, "--noojee-only", "metadata.by-tag-answered", "--noojee-smoke", *workers)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_a_lost_result_is_named(tmp_path: Path) -> None:
    """A fixture that fails leaves a clause without a result: the report is incomplete, and shows the reason."""
    (tmp_path / "broken.py").write_text(
        "import pytest\n\n@pytest.fixture(autouse=True)\ndef broken():\n    raise RuntimeError('no disk')\n",
        encoding="utf-8",
    )
    words = ("-p", "broken", "-o", "pythonpath=.", "--noojee-only", "metadata.by-tag-answered", "--noojee-smoke")
    done = run(tmp_path, *SUITE, *words)
    assert done.returncode == 1, done.stdout
    assert "INCOMPLETE" in done.stdout
    assert "no disk" in done.stdout.partition("Notes")[2]


def test_k_chooses_and_missing_required_clauses_fail(tmp_path: Path) -> None:
    """-k leaves out required clauses: pytest's exit code for failed tests, with the reason."""
    done = run(tmp_path, *SUITE, "--noojee-smoke", "-k", "test_a_unique_id_gives_all_legs and legacy-http-bundled")
    assert done.returncode == 1, done.stdout
    assert "1 passed" in done.stdout
    assert "authentication.accepted" in done.stdout


def test_lf_repeats_what_failed(tmp_path: Path) -> None:
    """A faulty server fails a test, and --lf runs just that again."""
    (tmp_path / "t.toml").write_text(
        '[targets.new]\ndialect = "njadmin"\ntransport = "support.faulty_servers.transports:drops_last_leg"\n'
        'writable = true\nsources = ["bundled"]\n'
    )
    words = (*SUITE, "--noojee-config", "t.toml", "-o", f"pythonpath={ROOT / 'tests'}")
    first = run(tmp_path, *words, "--noojee-only", "metadata.by-*-answered", "--noojee-only", "transport.unknown-path")
    assert first.returncode == 1, first.stdout
    assert "1 passed" in first.stdout
    assert "2 failed" in first.stdout
    again = run(
        tmp_path, *words, "--lf", "--noojee-only", "metadata.by-*-answered", "--noojee-only", "authentication.accepted"
    )
    assert "2 failed" in again.stdout
    assert "passed" not in again.stdout


def test_a_wrong_target_file_is_a_usage_error(tmp_path: Path) -> None:
    """pytest's own code for wrong use, and the line."""
    done = run(tmp_path, *SUITE, "--noojee-config", "nowhere.toml")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "nowhere.toml" in done.stdout + done.stderr


@pytest.mark.skipif(not (ROOT / "contract_tests").exists(), reason="needs a checkout")
def test_the_folder_of_a_checkout_runs(tmp_path: Path) -> None:
    """`pytest contract_tests` from an editable checkout."""
    import noojee_contract

    if not Path(noojee_contract.__file__).is_relative_to(ROOT / "contract_tests"):
        pytest.skip("the packages are installed from a wheel, not from this checkout")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "contract_tests", "-q", "-p", "no:cacheprovider", "--noojee-smoke",
         "--noojee-only", "metadata.by-tag-answered"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
