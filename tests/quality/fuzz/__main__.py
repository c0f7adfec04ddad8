"""`tox -e fuzz`: schemathesis with the OpenAPI files, hostile control requests, then raw bytes.

They go to served fakes of this machine. The run ends after about `--seconds` or `--examples`, and the `--requests` for
the control API. Exit 1: a server answered with a server error, printed a traceback, died, or did nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from noojee_fake import resources
from quality.fuzz.control_requests import control_survived
from quality.fuzz.served import Served, served
from quality.fuzz.survival import survived

CHECKS = (
    "not_a_server_error",
    "no_bug_of_the_fake",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
PHASES = ("examples", "coverage", "fuzzing", "stateful")
LENIENT = 'audio_methods = "post-and-get"\nget_on_post = "start-and-stop"\n'
"""Option values with which each operation does something."""
DONE_BY = ("recording-api", "call-management", "njadmin")
"""The dialects that need credentials."""
DONE_BY_CONTROL = ("sandboxes", "calls", "clock", "profile")
DESCRIBED = ("pbx", "control")
"""The parts that schemathesis runs, by an OpenAPI file."""
STREAMS_A_ROUND = 200
MOST_ROUNDS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """The effort for each part: seconds or examples, requests for the control API, and the random seed."""

    seconds: int
    examples: int | None
    requests: int
    random_seed: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="how long it takes, about (default 300)")
    parser.add_argument("--examples", type=int, help="instead of a time: how many for each operation of the API")
    parser.add_argument("--requests", type=int, default=240_000, help="how many for the control API (default 240000)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="the parts to run (default all)")
    parser.add_argument("--random-seed", type=int, default=random.randrange(2**32), help="makes a run repeatable")
    options = parser.parse_args()
    described = [name for name in DESCRIBED if name in options.only]
    if described and find_spec("schemathesis") is None:
        parser.error(
            f"schemathesis is not installed, which runs {' and '.join(described)}: run tox -e fuzz, "
            "install it with pip install --group fuzz, or run the other parts with --only requests bytes"
        )
    effort = Effort(
        seconds=max(1, options.seconds // 3),
        examples=options.examples,
        requests=options.requests,
        random_seed=options.random_seed,
    )
    print(f"fuzz: --random-seed {options.random_seed}", flush=True)
    failed = [name for name in options.only if not PARTS[name](effort)]
    print(f"fuzz: {'failed: ' + ', '.join(failed) if failed else 'no server error'}", flush=True)
    return 1 if failed else 0


def _pbx(effort: Effort) -> bool:
    """The vendor's API, by schemas/own/pbx.openapi.json."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile.toml"
        profile.write_text(LENIENT, encoding="utf-8")
        with served("--quiet", "--profile", str(profile)) as server:
            good, figures = _schemathesis("pbx.openapi.json", server, Path(folder), effort)
            server.lives()
    return _report("pbx", figures, DONE_BY) and good


def _control(effort: Effort) -> bool:
    """The control API, by schemas/own/control.openapi.json."""
    with tempfile.TemporaryDirectory() as folder, served("--quiet") as server:
        # the boundary values make documents of a hundred megabytes: too slow for a short run
        phases = PHASES if effort.examples is None else tuple(phase for phase in PHASES if phase != "coverage")
        good, figures = _schemathesis("control.openapi.json", server, Path(folder), effort, phases)
        server.is_well()  # calls, keys and addresses have changed by now
    return _report("control", figures, DONE_BY_CONTROL) and good


def _requests(effort: Effort) -> bool:
    """Hostile requests for the control API."""
    began = time.monotonic()
    with served("--quiet") as server:
        figures = control_survived(server, count=effort.requests, start=effort.random_seed)
    figures["seconds"] = round(time.monotonic() - began)
    return _report("requests", figures, ("status 2xx",))


def _bytes(effort: Effort) -> bool:
    """Streams of raw bytes, in rounds."""
    figures: Counter[str] = Counter()
    end = time.monotonic() + effort.seconds
    with served("--quiet") as server:
        before = server.memory_bytes() or 0
        for at in range(MOST_ROUNDS if effort.examples is None else effort.examples // 2 + 1):
            if effort.examples is None and time.monotonic() > end:
                break
            figures += survived(server, examples=STREAMS_A_ROUND, start=effort.random_seed + at)
        figures["memory grew by MB"] = ((server.memory_bytes() or 0) - before) // 1_000_000
    return _report("bytes", figures, ())


def _schemathesis(
    description: str, server: Served, folder: Path, effort: Effort, phases: tuple[str, ...] = PHASES
) -> tuple[bool, Counter[str]]:
    """A run by one OpenAPI file; whether all was well, and its figures."""
    here = Path(__file__).parent
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(here / "schemathesis.toml"), "run"]
    command += [
        str(resources.schema(description)),
        "--url",
        server.url,
        "--seed",
        str(effort.random_seed),
        "--no-color",
    ]
    command += ["--checks", ",".join(CHECKS), "--warnings", "off"]
    command += ["--max-time", str(effort.seconds)] if effort.examples is None else ["-n", str(effort.examples)]
    command += ["--generation-database", "none", "--phases", ",".join(phases)]
    written = folder / "figures.json"
    nowhere = {f"{name}_proxy": "http://127.0.0.1:9" for name in ("http", "https", "all")}  # but for this machine
    done = subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ,
            **nowhere,
            "no_proxy": "127.0.0.1",
            "PYTHONPATH": os.pathsep.join([str(here.parents[1]), os.environ.get("PYTHONPATH", "")]),
            "SCHEMATHESIS_HOOKS": "quality.fuzz.hooks",
            "NOOJEE_FUZZ_FIGURES": str(written),
        },
        timeout=4 * effort.seconds + 600,
        check=False,
    )
    if not written.exists():
        print(f"schemathesis ended with {done.returncode} before its first request; it says why above", flush=True)
        return False, Counter()
    return done.returncode == 0, Counter(json.loads(written.read_text(encoding="utf-8")))


def _report(name: str, figures: Counter[str], needed: tuple[str, ...]) -> bool:
    """Print what was sent; whether everything in `needed` was done at least once."""
    print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in sorted(figures.items())), flush=True)
    missing = [each for each in needed if not figures[f"done by {each}"] and not figures[each]]
    if missing:
        print(f"nothing was ever done by {', '.join(missing)}, so the run is worthless", flush=True)
    return not missing


PARTS: Mapping[str, Callable[[Effort], bool]] = {
    "pbx": _pbx,
    "control": _control,
    "requests": _requests,
    "bytes": _bytes,
}
"""The parts of a run, in their order."""


if __name__ == "__main__":
    sys.exit(main())
