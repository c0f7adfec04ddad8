"""The server processes of a run: one a command, shared by the targets that name it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from noojee_contract.errors import ContractError, TargetError, Unreachable
from noojee_contract.model.exchange import ending

START_SECONDS = 300.0
"""The longest start of a server that lives: a loaded machine may need more than a minute for one of a second."""
IDLE_SECONDS = 20.0
"""How long a server may use no processor time before it is ready."""
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that answers: its base URL, and the certificate authority of its self-signed certificate, if any."""

    base_url: str
    ca_file: Path | None


class Servers:
    """Starts each command once. Close it at the end."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, ...], tuple[subprocess.Popen[bytes], Server]] = {}
        self._starting: dict[tuple[str, ...], tuple[subprocess.Popen[bytes], Path]] = {}
        self._failed: dict[tuple[str, ...], ContractError] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self, command: tuple[str, ...], target_name: str) -> Server:
        """The server of a command, ready to answer.

        Raises TargetError if it does not start, Unreachable if it ends or is not ready in time.
        """
        if command in self._failed:
            raise self._failed[command]
        if command not in self._running:
            try:
                if command not in self._starting:
                    self._starting[command] = self._begin(command, target_name)
                process, ready = self._starting[command]
                self._running[command] = process, _answering(process, ready, target_name)
                del self._starting[command]
            except ContractError as error:
                self._failed[command] = error  # so that not every clause tries again
                raise
        return self._running[command][1]

    def begin(self, command: tuple[str, ...], target_name: str) -> None:
        """Start a command without waiting for it. `start` raises its errors."""
        if command not in self._starting and command not in self._running:
            with contextlib.suppress(TargetError):
                self._starting[command] = self._begin(command, target_name)

    def close(self) -> None:
        """End all servers."""
        processes = [process for process, _ in (*self._running.values(), *self._starting.values())]
        for process in processes:
            process.terminate()
        for process in processes:
            _ended(process)
        self._running.clear()
        self._starting.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _begin(self, command: tuple[str, ...], name: str) -> tuple[subprocess.Popen[bytes], Path]:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="noojee-contract-")
        ready = Path(self._folder.name) / f"ready-{len(self._starting) + len(self._running) + len(self._failed)}"
        places = {"{ready_file}": str(ready), "{python}": sys.executable}
        try:
            with _stderr_of(ready).open("wb") as file:
                process = subprocess.Popen(  # noqa: S603  the command is the user's own
                    [places.get(word, word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=file,
                )
        except OSError as error:
            raise TargetError(f"the command of target {name!r} does not start: {error.strerror or error}") from error
        return process, ready


def _answering(process: subprocess.Popen[bytes], ready: Path, name: str) -> Server:
    """Wait until the server answers, as long as its process works."""
    started = worked = time.monotonic()
    used = _processor_ticks(process.pid)
    while not ready.exists():
        if process.poll() is not None:
            words = ending(_stderr_of(ready).read_text(errors="replace").strip(), 300)
            raise Unreachable(name, f"the command of target {name!r} ended with {process.returncode}: {words}")
        now, ticks = time.monotonic(), _processor_ticks(process.pid)
        if ticks is None or ticks != used:
            used, worked = ticks, now
        if now - started > START_SECONDS or now - worked > IDLE_SECONDS:
            _ended(process)
            raise Unreachable(name, f"the command of target {name!r} was not ready after {now - started:.0f} s")
        time.sleep(0.01)
    own_ca = ready.with_name(ready.name + ".ca.pem")
    base_url = ready.read_text(encoding="utf-8").strip().rstrip("/")
    return Server(base_url=base_url, ca_file=own_ca if own_ca.exists() else None)


def _processor_ticks(pid: int) -> int | None:
    """The processor time that a process has used; None where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[11]) + int(fields[12])


def _stderr_of(ready: Path) -> Path:
    return ready.with_suffix(".stderr")


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
