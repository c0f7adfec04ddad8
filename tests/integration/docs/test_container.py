"""The Containerfile works: what it copies is enough, and its commands build, start and probe the fake."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from noojee_fake import ControlClient, ServerProcess
from support.commands import PATH, environment

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "guides" / "container"
in_ci = pytest.mark.skipif(not os.environ.get("CI"), reason="installs all dependencies: runs in CI, or with CI=1")


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile with their arguments, in order."""
    lines = (FOLDER / "Containerfile").read_text(encoding="utf-8").splitlines()
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line and not line.startswith("#")]


def of(name: str) -> list[str]:
    return [arguments for found, arguments in instructions() if found == name]


def command(arguments: str, prefix: Path) -> list[str]:
    """An instruction in exec form, with the folder of the image elsewhere."""
    words: list[str] = json.loads(arguments[arguments.index("[") :])
    return [word.replace("/opt/noojee", str(prefix / "opt")) for word in words]


def copy_context(prefix: Path) -> None:
    """Copy what the first stage copies."""
    for arguments in of("COPY"):
        if arguments.startswith("--from"):
            continue
        *sources, target = arguments.split()
        folder = prefix / target.strip("/")
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, folder)


def test_the_image_runs_without_root_and_exposes_the_port() -> None:
    """The user has no name, so that no command has to make it."""
    assert of("USER") == ["10001:10001"]
    assert of("EXPOSE") == ["8000"]
    assert len(of("FROM")) == 2
    assert [arguments for arguments in of("COPY") if arguments.startswith("--from=build")]


def test_compose_builds_and_publishes_the_same_image() -> None:
    """The name, the file and the port of the Containerfile."""
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    [image] = re.findall(r"-t (\S+)", (FOLDER / "Containerfile").read_text(encoding="utf-8"))
    assert f"image: {image}\n" in text
    [context], [file] = re.findall(r"context: (\S+)", text), re.findall(r"dockerfile: (\S+)", text)
    assert (FOLDER / context).resolve() == ROOT
    assert (ROOT / file).samefile(FOLDER / "Containerfile")
    assert f'"127.0.0.1:{of("EXPOSE")[0]}:{of("EXPOSE")[0]}"' in text


@in_ci
def test_the_commands_of_the_image_build_start_and_probe_the_fake(tmp_path: Path) -> None:
    """RUN, ENTRYPOINT with CMD, and HEALTHCHECK, in a folder instead of an image.

    The token of the CMD line is needed.
    """
    copy_context(tmp_path)
    [build] = of("RUN")
    script = build.replace("/opt/noojee", str(tmp_path / "opt")).replace("/src", str(tmp_path / "src"))
    clean = {name: value for name, value in environment().items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    subprocess.run(["sh", "-euc", script], env={**clean, "PATH": PATH}, timeout=600, check=True)

    [entrypoint], [arguments], [check] = of("ENTRYPOINT"), of("CMD"), of("HEALTHCHECK")
    program, (verb, *flags) = command(entrypoint, tmp_path), command(arguments, tmp_path)
    assert verb == "serve"
    variables = {**clean, "NOOJEE_CONTROL_TOKEN": "t0ken"}
    with ServerProcess(*flags, command=program, environment=variables, folder=tmp_path) as server:
        url = re.sub("//[^:]+", "//127.0.0.1", server.base_url)
        words = [word.replace("http://127.0.0.1:8000", url) for word in command(check, tmp_path)]
        subprocess.run(words, env=clean, timeout=30, check=True)
        with ControlClient(url, token="t0ken") as control:
            assert control.names() == ["default"]
    assert subprocess.run(words, env=clean, timeout=30, check=False, capture_output=True).returncode != 0
