"""Starts `noojee-fake serve` as a process of its own, for tests in any language and for benchmarks."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from noojee_fake.errors import StartError

_COMMAND = (sys.executable, "-m", "noojee_fake")
_POLL_SECONDS = 0.005
_LONGEST_REASON = 2000


class ServerProcess:
    """A `noojee-fake serve` on a free port, which answers as long as the `with` block runs.

        with ServerProcess("--archive", "calls.json") as server:
            httpx.post(f"{server.base_url}/servicemanager/rest/Time")

    `flags` are those of `noojee-fake serve`; `folder` is its working folder, by default that of this process;
    `environment` replaces the environment variables; `command` is the program before `serve`.
    """

    def __init__(
        self,
        *flags: str,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = _COMMAND,
        deadline_seconds: float = 20.0,
    ) -> None:
        self.base_url = ""
        """The base URL, without a slash at the end; empty before the start."""
        self.ca_file: Path | None = None
        """The certificate authority (PEM) of a server with --tls-self-signed; it exists until the server is closed."""
        self._flags = flags
        self._folder = folder
        self._environment = environment
        self._command = command
        self._deadline_seconds = deadline_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._files: tempfile.TemporaryDirectory[str] | None = None
        self._texts: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the server and wait until it answers. Raises StartError if it ends, or at the deadline."""
        self._files = tempfile.TemporaryDirectory(prefix="noojee-fake-")
        ready = Path(self._files.name) / "ready"
        words = [*self._command, "serve", "--port", "0", "--ready-file", str(ready), *self._flags]
        with self._file("output").open("wb") as output, self._file("log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - flags of the caller
                words, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=log
            )
        deadline = time.monotonic() + self._deadline_seconds
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise self._failure()
            time.sleep(_POLL_SECONDS)
        self.base_url = ready.read_text(encoding="utf-8").strip()
        ca_file = ready.with_name("ready.ca.pem")
        self.ca_file = ca_file if ca_file.exists() else None
        return self

    @property
    def pid(self) -> int:
        """The process id. Raises StartError before the start."""
        if self._process is None:
            raise StartError("the server is not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> str:
        """What the server wrote to its standard output so far: its addresses."""
        return self._text("output")

    @property
    def log(self) -> str:
        """What the server wrote to its standard error so far: a line a request, without credentials."""
        return self._text("log")

    def stop(self, number: int = signal.SIGTERM, *, timeout_seconds: float = 10.0) -> int:
        """End the server with a signal, and kill it after the timeout. Returns its exit code; 0 before the start."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._clean_up()

    def kill(self) -> None:
        """Kill the server at once, as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._clean_up()

    def _failure(self) -> StartError:
        was_running, code = self.is_running, self.stop()
        reason = f"was not ready after {self._deadline_seconds:g} s" if was_running else f"ended with {code}"
        message = f"noojee-fake serve {reason}: {self.log.strip()[-_LONGEST_REASON:]}"
        return StartError(message, exit_code=code, output=self.output, log=self.log)

    def _clean_up(self) -> None:
        if self._files is not None:
            self._texts = {name: self._text(name) for name in ("output", "log")}
            self._files.cleanup()
            self._files = None

    def _file(self, name: str) -> Path:
        return Path("" if self._files is None else self._files.name) / name

    def _text(self, name: str) -> str:
        if self._files is None:
            return self._texts.get(name, "")
        return self._file(name).read_text(encoding="utf-8", errors="replace")
