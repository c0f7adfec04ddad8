"""Compares `noojee-fake serve` with other mock servers on this machine: interleaved rounds in one run, medians.

    python benchmarks/race.py --tools FOLDER [--tags 10000] [--rounds 3] [--seconds 8] [--only fake wiremock ...]
        [--pinned] [--hashes]

Needs wrk and nginx (Debian's packages), and a folder in which `npm install wiremock@3.13.2 mountebank@2.9.1` was run.
Each request draws one of `--tags` tags. `--pinned` gives each server one core, and wrk the other. With `--hashes`, the
requests are those of call-management, and each draws one of 10,000 hashes too. The fake, whose clock is frozen, checks
them; the other servers ignore them.

The servers answer the same requests with the same bodies. WireMock has a stub for each tag, no journal and no request
log, 16 threads, and 60 s of load before the first round. mountebank has one stub with a function for all tags, because
its list of stubs is searched from the start. nginx answers one fixed body. The protocol is
constant.py, which looks up the answer and encodes it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from noojee_fake.client.control_client import ControlClient
from noojee_fake.testing.process import ServerProcess

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
PATH = "/njadmin/rest/RecordingAPI/retrieveMetaData"
HASH_PATH = "/servicemanager/rest/CallManagementAPI/retrieveMetaData"
NOW = "2026-11-24T00:00:00+00:00"
CONNECTIONS = (16, 64)
HERE = Path(__file__).parent
LUA = """
wrk.method = "POST"
local tags = %d
local starts = {%s}
math.randomseed(os.time())
request = function()
  return wrk.format(nil, starts[math.random(#starts)] .. "&tag=T" .. math.random(0, tags - 1))
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%d %%d %%d\\n", summary.requests, latency:percentile(99), summary.errors.status))
end
"""
HTTPSERVER = """
import json, sys, time
from pathlib import Path
from pytest_httpserver import HTTPServer
from werkzeug import Response
BODIES = json.loads(Path(sys.argv[1]).read_text())
server = HTTPServer(host="127.0.0.1", port=int(sys.argv[2]), threaded=True)
server.expect_request(sys.argv[3]).respond_with_handler(
    lambda request: Response(BODIES[request.args["tag"]], content_type="application/json;charset=UTF-8"))
server.start()
while True:
    time.sleep(3600)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round measured. `micros` is processor time of the server a request, `p99_millis` the latency.

    `count` requests were answered; `memory_mib` is resident after them.
    """

    rate: float
    micros: float
    p99_millis: float
    count: int
    memory_mib: float


def starts_of_urls(*, hashes: bool) -> list[str]:
    """Path and credentials: with the key, or with each hash that is valid at `NOW`."""
    if not hashes:
        return [f"{PATH}?apiKey={KEY}"]
    now = int(datetime.fromisoformat(NOW).timestamp() * 1000)
    stamps = range(now - 9_999, now + 1)
    return [f"{HASH_PATH}?timeStamp={each}&hash={sha256(f'{KEY}:{each}'.encode()).hexdigest()}" for each in stamps]


def archive(tags: int) -> dict[str, object]:
    """A call of four legs for each tag."""
    legs = [(f"2026-03-11T12:0{minute}:00+11:00", f"2026-03-11T12:0{minute}:50+11:00") for minute in range(4)]
    return {
        "format": "noojee-archive/1",
        "now": NOW,
        "calls": [
            {
                "unique_id": f"{1_700_000_000 + number}.1", "direction": "inbound", "source": "0491570156",
                "did": "7601",
                "legs": [
                    {"start": start, "end": end, "tag": f"T{number}", "username": "Fred", "destination": "410"}
                    for start, end in legs
                ],
            }
            for number in range(tags)
        ],
    }  # fmt: skip


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def post(url: str, body: bytes | None = None) -> bytes:
    """The body of the answer to a POST."""
    with urllib.request.urlopen(urllib.request.Request(url, data=body or b"", method="POST"), timeout=60) as answer:
        content: bytes = answer.read()
        return content


def until_it_answers(port: int, path: str = "/") -> float:
    """Wait for the first answer of any status. Returns the seconds."""
    began = time.perf_counter()
    while True:
        if time.perf_counter() - began > 120:
            raise RuntimeError(f"no server answers on port {port}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except urllib.error.HTTPError:
            return time.perf_counter() - began
        except OSError:
            time.sleep(0.005)
        else:
            return time.perf_counter() - began


@contextmanager
def running(words: Sequence[str], folder: Path, core: int | None) -> Iterator[subprocess.Popen[bytes]]:
    """A server process in a folder, on one core if one is named."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    process = subprocess.Popen([*pinned, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def group_cpu_seconds(pid: int) -> float:
    """The processor time of a process and its children."""
    total = 0.0
    pids = [pid]
    while pids:
        one = pids.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        pids += map(int, children)
    return total


def memory_mib(pid: int) -> float:
    """Resident memory of a process and its children."""
    total, pids = 0.0, [pid]
    while pids:
        one = pids.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            pids += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            continue
        found = re.search(r"VmRSS:\s+(\d+)", status)
        total += int(found[1]) / 1024 if found else 0
    return total


def load(port: int, script: Path, seconds: float, connections: int, core: int | None) -> tuple[int, float, float]:
    """Requests answered, seconds, and the latency at p99 in milliseconds, under wrk."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    words = [
        *pinned,
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "-s",
        str(script),
        f"http://127.0.0.1:{port}",
    ]
    began = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    took = time.perf_counter() - began
    found = re.search(r"RESULT (\d+) (\d+) (\d+)", done.stdout)
    assert found is not None, done.stdout
    assert found[3] == "0", f"{found[3]} answers had another status than 2xx or 3xx"
    return int(found[1]), took, int(found[2]) / 1000


Start = Callable[[ExitStack, Path, Path, int | None], tuple[int, int]]


def start_fake(stack: ExitStack, folder: Path, tools: Path, core: int | None) -> tuple[int, int]:
    """The fake, with its journal."""
    pinned = ("taskset", "-c", str(core)) if core is not None else ()
    command = (*pinned, sys.executable, "-m", "noojee_fake")
    fake = stack.enter_context(ServerProcess("--quiet", "--archive", "archive.json", folder=folder, command=command))
    with ControlClient(fake.base_url) as control:
        control.sandbox().freeze(datetime.fromisoformat(NOW))
    return int(fake.base_url.rpartition(":")[2]), fake.pid


def start_protocol(stack: ExitStack, folder: Path, tools: Path, core: int | None) -> tuple[int, int]:
    """The small protocol of constant.py."""
    (folder / "protocol.url").unlink(missing_ok=True)
    words = [sys.executable, str(HERE / "constant.py"), str(folder / "bodies.json"), "--ready-file", "protocol.url"]
    process = stack.enter_context(running(words, folder, core))
    while not (folder / "protocol.url").exists() or not (folder / "protocol.url").read_text():
        time.sleep(0.01)
    return int((folder / "protocol.url").read_text().rpartition(":")[2]), process.pid


def start_nginx(stack: ExitStack, folder: Path, tools: Path, core: int | None) -> tuple[int, int]:
    """nginx with one worker, a fixed body and no access log."""
    port = free_port()
    body = (folder / "body.json").read_text().replace("'", "")
    (folder / "nginx.conf").write_text(
        f"worker_processes 1; daemon off; pid nginx.pid; error_log stderr crit; events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; keepalive_requests 100000000; client_body_temp_path body; proxy_temp_path proxy;\n"
        f"fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; server {{ listen 127.0.0.1:{port};\n"
        f"location / {{ default_type application/json; return 200 '{body}'; }} }} }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    words = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return port, stack.enter_context(running(words, folder, core)).pid


def start_wiremock(stack: ExitStack, folder: Path, tools: Path, core: int | None) -> tuple[int, int]:
    """WireMock without journal and request log, with 16 threads and a stub for each tag."""
    port = free_port()
    jar = next((tools / "node_modules" / "wiremock" / "build").glob("wiremock-standalone-*.jar"))
    words = [
        "java", "-jar", str(jar), "--port", str(port), "--bind-address", "127.0.0.1", "--no-request-journal",
        "--disable-request-logging", "--container-threads", "16", "--root-dir", str(folder / "wiremock"),
    ]  # fmt: skip
    (folder / "wiremock").mkdir(exist_ok=True)
    process = stack.enter_context(running(words, folder, core))
    until_it_answers(port, "/__admin/health")
    bodies = json.loads((folder / "bodies.json").read_text())
    stubs = [
        {
            "request": {"method": "POST", **_where(tag, hashes=(folder / "hashes").exists())},
            "response": {"status": 200, "body": body, "headers": {"Content-Type": "application/json;charset=UTF-8"}},
        }
        for tag, body in bodies.items()
    ]
    post(f"http://127.0.0.1:{port}/__admin/mappings/import", json.dumps({"mappings": stubs}).encode())
    return port, process.pid


def _where(tag: str, *, hashes: bool) -> dict[str, object]:
    """The URL of a stub of WireMock. With hashes, only path and tag count."""
    if not hashes:
        return {"url": f"{PATH}?apiKey={KEY}&tag={tag}"}
    return {"urlPath": HASH_PATH, "queryParameters": {"tag": {"equalTo": tag}}}


def start_mountebank(stack: ExitStack, folder: Path, tools: Path, core: int | None) -> tuple[int, int]:
    """mountebank with one stub whose function knows all bodies."""
    admin, port = free_port(), free_port()
    words = [
        str(tools / "node_modules" / ".bin" / "mb"), "start", "--port", str(admin), "--host", "127.0.0.1",
        "--nologfile", "--allowInjection", "--loglevel", "error",
    ]  # fmt: skip
    process = stack.enter_context(running(words, folder, core))
    until_it_answers(admin)
    script = (
        "config => { config.state.bodies = config.state.bodies || JSON.parse(require('fs').readFileSync("
        f"{json.dumps(str(folder / 'bodies.json'))})); return {{ headers: {{'Content-Type': 'application/json'}}, "
        "body: config.state.bodies[config.request.query.tag] }; }"
    )
    imposter = {
        "port": port,
        "protocol": "http",
        "recordRequests": False,
        "stubs": [{"responses": [{"inject": script}]}],
    }
    post(f"http://127.0.0.1:{admin}/imposters", json.dumps(imposter).encode())
    return port, process.pid


def start_httpserver(stack: ExitStack, folder: Path, tools: Path, core: int | None) -> tuple[int, int]:
    """pytest-httpserver with threads and a handler that looks the body up."""
    port = free_port()
    (folder / "httpserver.py").write_text(HTTPSERVER)
    path = HASH_PATH if (folder / "hashes").exists() else PATH
    words = [sys.executable, "httpserver.py", "bodies.json", str(port), path]
    return port, stack.enter_context(running(words, folder, core)).pid


SERVERS: dict[str, Start] = {
    "fake": start_fake,
    "protocol": start_protocol,
    "nginx": start_nginx,
    "wiremock": start_wiremock,
    "mountebank": start_mountebank,
    "httpserver": start_httpserver,
}


def bodies_of(folder: Path, tags: int) -> dict[str, str]:
    """The answer of the fake for each tag."""
    with ExitStack() as stack:
        port, _ = start_fake(stack, folder, folder, None)
        until_it_answers(port)
        return {
            f"T{number}": post(f"http://127.0.0.1:{port}{PATH}?apiKey={KEY}&tag=T{number}").decode()
            for number in range(tags)
        }


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="race.py", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tools", type=Path, required=True, help="folder with node_modules")
    parser.add_argument("--tags", type=int, default=10_000, help="each request draws one of so many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--warm-up", type=float, default=60, help="seconds of load on WireMock before the first round")
    parser.add_argument("--only", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--pinned", action="store_true", help="each server on one core, wrk on the other")
    parser.add_argument("--hashes", action="store_true", help="requests of call-management, with hashes that vary")
    options = parser.parse_args()
    server_core, load_core = (1, 0) if options.pinned else (None, None)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "archive.json").write_text(json.dumps(archive(options.tags)))
        starts = ",\n".join(json.dumps(each) for each in starts_of_urls(hashes=options.hashes))
        (folder / "load.lua").write_text(LUA % (options.tags, starts))
        if options.hashes:
            (folder / "hashes").touch()
        bodies = bodies_of(folder, options.tags)
        (folder / "bodies.json").write_text(json.dumps(bodies))
        (folder / "body.json").write_text(bodies["T0"])
        started: dict[str, tuple[int, int]] = {}
        seconds_to_start: dict[str, float] = {}
        for server in options.only:
            began = time.perf_counter()
            port, pid = SERVERS[server](stack, folder, options.tools.resolve(), server_core)
            until_it_answers(port)
            seconds_to_start[server] = time.perf_counter() - began
            started[server] = port, pid
            seconds = options.warm_up if server == "wiremock" else 2
            load(port, folder / "load.lua", seconds, 64, load_core)
        rounds = _race(options, folder / "load.lua", started, load_core)
        _print(options.only, rounds, seconds_to_start)
    return 0


def _race(
    options: argparse.Namespace, script: Path, started: dict[str, tuple[int, int]], core: int | None
) -> dict[tuple[str, int], list[Round]]:
    found: dict[tuple[str, int], list[Round]] = {}
    for _ in range(options.rounds):
        for connections in CONNECTIONS:
            for server, (port, pid) in started.items():
                before = group_cpu_seconds(pid)
                count, took, p99 = load(port, script, options.seconds, connections, core)
                micros = (group_cpu_seconds(pid) - before) / count * 1e6
                row = Round(rate=count / took, micros=micros, p99_millis=p99, count=count, memory_mib=memory_mib(pid))
                found.setdefault((server, connections), []).append(row)
                print(
                    f"{server:12} c{connections:<3} {row.rate:9,.0f}/s {row.micros:7.1f} us"
                    f"  p99 {row.p99_millis:8.2f} ms",
                    file=sys.stderr,
                )
    return found


def _print(
    servers: Sequence[str],
    rounds: dict[tuple[str, int], list[Round]],
    starts: dict[str, float],
) -> None:
    print(
        "| server | req/s c16 | req/s c64 | CPU us a request | p99 ms c16 / c64 | start s | memory MiB |"
        " growth MiB (requests) |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")

    def median(server: str, connections: int, what: str) -> float:
        return statistics.median(getattr(row, what) for row in rounds[server, connections])

    for server in servers:
        rates = [median(server, connections, "rate") for connections in CONNECTIONS]
        late = [median(server, connections, "p99_millis") for connections in CONNECTIONS]
        rows = [row for pair in zip(*(rounds[server, each] for each in CONNECTIONS), strict=True) for row in pair]
        growth, requests = rows[-1].memory_mib - rows[0].memory_mib, sum(row.count for row in rows[1:])
        print(
            f"| {server} | {rates[0]:,.0f} | {rates[1]:,.0f} | {median(server, 64, 'micros'):.1f} |"
            f" {late[0]:.2f} / {late[1]:.2f} | {starts[server]:.2f} | {rows[-1].memory_mib:.0f} |"
            f" {growth:.1f} ({requests:,}) |"
        )


if __name__ == "__main__":
    sys.exit(main())
