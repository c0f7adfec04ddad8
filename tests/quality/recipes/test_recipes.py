"""The recipes of docs/contributing work: each is applied to a copy of the working tree, and its quick loop is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from support.commands import PATH, environment

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "contributing"
NOT_COPIED = (".*", "__pycache__", "node_modules", "build", "dist", "site", "venv")
AT_THE_END = "at the end of "
MOST_FILES_OF_AN_OPTION = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a recipe: a text to add at the end of a file, or a diff. `paths` are the files that it changes."""

    text: str
    paths: tuple[str, ...]
    is_diff: bool

    def apply(self, folder: Path) -> None:
        """Change the files of a copy. A diff must apply without a rejected part."""
        if self.is_diff:
            subprocess.run(["git", "apply", "-"], input=self.text, text=True, cwd=folder, env=outside_git(), check=True)
            return
        file = folder / self.paths[0]
        between = "\n\n" if file.suffix == ".py" else ""  # ruff strips empty lines from the code of a page
        file.write_text(file.read_text(encoding="utf-8") + between + self.text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The steps of a page, and the commands of its quick loop."""

    steps: tuple[Step, ...]
    loop: str


def outside_git() -> dict[str, str]:
    """An environment in which git looks for no repository around a copy."""
    return environment(GIT_CEILING_DIRECTORIES="/", GIT_DIR=os.devnull)


def read(name: str) -> Recipe:
    """The recipe of a page: blocks of code with a title or in the language diff are steps, the block sh is the loop."""
    steps, loops = [], []
    for token in MarkdownIt().parse((FOLDER / f"{name}.md").read_text(encoding="utf-8")):
        if token.type != "fence":
            continue
        language, _, title = token.info.partition(" title=")
        if language == "sh":
            loops.append(token.content)
        elif language == "diff":
            changed = [line.removeprefix("+++ b/") for line in token.content.splitlines() if line.startswith("+++ b/")]
            steps.append(Step(token.content, tuple(changed), is_diff=True))
        else:
            words = title.strip('"')
            assert words.startswith(AT_THE_END), f"{name}: a block of code says where it goes"
            steps.append(Step(token.content, (words.removeprefix(AT_THE_END),), is_diff=False))
    (loop,) = loops
    return Recipe(tuple(steps), loop)


NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))
STEPS = [
    pytest.param(name, number, id=f"{name}-{number + 1}") for name in NAMES for number in range(len(read(name).steps))
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the working tree, without what tools left there."""
    return shutil.copytree(ROOT, tmp_path / "checkout", ignore=shutil.ignore_patterns(*NOT_COPIED))


def run_loop(recipe: Recipe, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the quick loop as a developer does, on the packages of the copy."""
    packages = os.pathsep.join(str(folder / name) for name in ("fake_server", "contract_tests"))
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", recipe.loop],
        cwd=folder,
        env=environment(PYTHONPATH=packages, PATH=PATH),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("name", NAMES)
def test_quick_loop_of_a_recipe_passes(name: str, copy: Path) -> None:
    """With all steps."""
    recipe = read(name)
    for step in recipe.steps:
        step.apply(copy)
    done = run_loop(recipe, copy)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize("name", NAMES)
def test_code_of_a_recipe_is_formatted(name: str, copy: Path) -> None:
    """`ruff` has nothing to change in the files that all steps have changed."""
    steps = read(name).steps
    for step in steps:
        step.apply(copy)
    files = sorted({path for step in steps for path in step.paths if path.endswith(".py")})
    assert files
    for words in (("format", "--diff"), ("check",)):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", *files],
            cwd=copy, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_quick_loop_fails_without_a_step(name: str, number: int, copy: Path) -> None:
    """Otherwise a developer could forget the step, and learn of it only in CI."""
    recipe = read(name)
    for step in recipe.steps[:number] + recipe.steps[number + 1 :]:
        step.apply(copy)
    assert run_loop(recipe, copy).returncode != 0


def test_a_new_option_touches_at_most_four_files() -> None:
    """Handwritten files; generators write the types of the client and the reference."""
    written = {path for step in read("option").steps for path in step.paths}
    assert 1 <= len(written) <= MOST_FILES_OF_AN_OPTION


def test_each_recipe_is_linked_from_the_contributing_page() -> None:
    """And in the navigation of the site."""
    for page in ("CONTRIBUTING.md", "zensical.toml"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert all(f"contributing/{name}.md" in text for name in NAMES), page
