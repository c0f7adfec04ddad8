"""`noojee-contract record --listen`: a client's traffic with a served PBX becomes a redacted file.

The file can be replayed.
"""

from __future__ import annotations

import json
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from noojee_contract.dialects.schemes import vendor_hash
from noojee_contract.engine.bundled import bundled
from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.replay.matcher import ReplayConfig
from noojee_contract.traffic.replay.server import ReplayServer
from noojee_fake.testing import ServerProcess
from support.commands import environment, wait_until
from support.conformant_servers.replacement import FOLDER as REPLACEMENT

KEY = "b5d7f6a0-2f1c-4f0e-9d4a-6d1f0c1e7a55"
ARCHIVE = bundled()
TAG = ARCHIVE.tags[0]
NJADMIN = "/njadmin/rest/RecordingAPI"


@pytest.fixture(scope="module")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A served fake over https with the bundled archive."""
    folder = tmp_path_factory.mktemp("pbx")
    (folder / "archive.json").write_text(json.dumps(ARCHIVE.document), encoding="utf-8")
    flags = "--quiet", "--archive", "archive.json", "--tls-self-signed", "--api-key-env", "PBX_KEY"
    with ServerProcess(*flags, folder=folder, environment={**environment(), "PBX_KEY": KEY}) as server:
        yield server


class Proxy:
    """A proxy that runs as a command."""

    def __init__(self, process: subprocess.Popen[str], url: str, ca_file: Path | None) -> None:
        self.process = process
        self.url = url
        verify = False if ca_file is None else ssl.create_default_context(cafile=str(ca_file))
        self.http = httpx.Client(base_url=url, verify=verify, trust_env=False, timeout=30)

    def end(self, number: int = signal.SIGTERM) -> str:
        self.http.close()
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=30)
        return out


@contextmanager
def recording(pbx: ServerProcess, out: Path, *flags: str) -> Iterator[Proxy]:
    ready = out.with_name("ready")
    words = ["record", "--listen", "0", "--upstream", pbx.base_url, "--ca-file", str(pbx.ca_file), "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "noojee_contract", *words, "--ready-file", str(ready), *flags],
        env={**environment(), "PBX_KEY": KEY, "REDACTION_KEY": "a redaction key of the tests"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(ready.exists, process)
        ca_file = ready.with_name("ready.ca.pem")
        yield Proxy(process, ready.read_text().strip(), ca_file if ca_file.exists() else None)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def exchanges(path: Path) -> list[WireExchange]:
    with ExchangeReader(path) as reader:
        return list(reader)


def ask(proxy: Proxy, key: str = KEY, tag: str = TAG) -> httpx.Response:
    return proxy.http.post(f"{NJADMIN}/retrieveMetaData", params={"apiKey": key, "tag": tag})


def test_traffic_over_tls_is_recorded_redacted_and_replayed(pbx: ServerProcess, tmp_path: Path) -> None:
    """Listing, sound, wrong key: the client gets the PBX's bytes, the file holds no key, no name and no number."""
    out = tmp_path / "day.jsonl"
    flags = "--tls-self-signed", "--api-key-env", "PBX_KEY", "--har", str(tmp_path / "day.har"), "--dialect", "njadmin"
    with recording(pbx, out, *flags) as proxy:
        legs = ask(proxy).json()
        params = {"apiKey": KEY, "uniqueId": legs[0]["UniqueId"], "leg": legs[0]["Leg"]}
        sound = proxy.http.post(f"{NJADMIN}/retrieveByUniqueId", params=params).content
        assert sound[:4] == b"RIFF"
        assert ask(proxy, key="zz-another-key-9").status_code == 401
        assert "3 exchanges" in proxy.end()
    listing, fetched, refused = exchanges(out)
    assert [each.authentication.verdict for each in (listing, fetched, refused) if each.authentication] == [
        "right",
        "right",
        "wrong",
    ]
    assert listing.status == 200
    text = out.read_text("latin-1") + (tmp_path / "day.har").read_text()
    for leg in legs:
        for value in (KEY, "zz-another-key-9", leg["Source"], leg["UniqueId"], leg["Username"]):
            assert len(value) < 5 or value not in text
    assert sound[:2000] not in out.read_bytes()
    assert oct(out.stat().st_mode & 0o777) == "0o600"
    assert listing.response is not None
    stand_ins = json.loads(listing.response.body.read())
    with ReplayServer(out, ReplayConfig(key="my-own-key-0001")) as replay:
        again = httpx.post(
            f"{replay.url}{listing.url.partition('?')[0]}",
            params={"apiKey": "my-own-key-0001", "tag": stand_ins[0]["Tag"]},
            trust_env=False,
        )
        assert (again.json(), replay.misses) == (stand_ins, [])


@pytest.mark.parametrize("is_named", [True, False])
def test_header_names_the_credentials_of_the_dialect(pbx: ServerProcess, tmp_path: Path, is_named: bool) -> None:
    """Readers leave out their values; without --dialect, nobody knows the names."""
    text = (REPLACEMENT / "dialect.toml").read_text(encoding="utf-8")
    changed = text.replace('header = "Authorization"\nvalue = "Bearer {key}"', 'query = "pass_phrase"')
    assert changed != text
    (tmp_path / "dialect.toml").write_text(changed, encoding="utf-8")
    shutil.copy(REPLACEMENT / "legs.schema.json", tmp_path)
    out, flags = tmp_path / "day.jsonl", ("--dialect", str(tmp_path / "dialect.toml")) if is_named else ()
    with recording(pbx, out, *flags) as proxy:
        proxy.http.get("/api/v2/recordings", params={"reference": TAG, "pass_phrase": KEY})
        proxy.end()
    with ExchangeReader(out) as reader:
        assert reader.header.credentials == (("pass_phrase",) if is_named else None)
    assert KEY not in out.read_text("latin-1")


def test_hash_is_recorded_by_its_meaning(pbx: ServerProcess, tmp_path: Path) -> None:
    """Scheme, verdict and age stay; hash and key go."""
    out = tmp_path / "day.jsonl"
    with recording(pbx, out, "--api-key-env", "PBX_KEY", "--dialect", "recording-api") as proxy:
        stamp = proxy.http.post("/servicemanager/rest/Time").text.strip()
        query = {"tag": TAG, "timeStamp": stamp, "hash": vendor_hash(KEY, stamp)}
        assert proxy.http.post("/rest/RecordingAPI/retrieveMetaData", params=query).json()
        proxy.end()
    _, hashed = exchanges(out)
    assert hashed.authentication is not None
    assert (hashed.authentication.scheme, hashed.authentication.verdict) == ("hash", "right")
    assert abs(hashed.authentication.age_seconds or 99) < 5
    assert vendor_hash(KEY, stamp) not in out.read_text("latin-1")


def test_long_poll_passes_and_is_recorded_with_its_time(pbx: ServerProcess, tmp_path: Path) -> None:
    """The answer comes when the PBX sends it; other requests pass meanwhile."""
    out = tmp_path / "day.jsonl"
    path = "/servicemanager/rest/CallManagementAPI/subscribe"
    query = {"apiKey": KEY, "exten": "410", "lastSequenceNumber": "0", "timeOut": "1"}
    polled: list[Any] = []
    with recording(pbx, out) as proxy:
        state = proxy.http.post(path, params={**query, "timeOut": "0"}).json()
        query["lastSequenceNumber"] = str(state["seq"])
        poll = threading.Thread(target=lambda: polled.append(httpx.post(proxy.url + path, params=query, timeout=30)))
        poll.start()
        assert ask(proxy).status_code == 200
        poll.join(30)
        proxy.end()
    assert polled[0].status_code == 200
    slowest = max(exchanges(out), key=lambda each: each.seconds or 0)
    assert "subscribe" in slowest.url
    assert (slowest.first_byte_seconds or 0) >= 0.9


@pytest.mark.parametrize("after", range(5))
def test_killed_recording_is_whole_up_to_its_last_line(pbx: ServerProcess, tmp_path: Path, after: int) -> None:
    """kill -9 at any moment: all lines can be read, and none holds the key."""
    out = tmp_path / "day.jsonl"
    with recording(pbx, out) as proxy:
        stop = threading.Event()

        def load() -> None:
            while not stop.is_set():
                try:
                    ask(proxy)
                except httpx.HTTPError:
                    return

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 20
        while out.stat().st_size < 3000 * (after + 1):
            assert time.monotonic() < deadline
        proxy.process.kill()
        stop.set()
        for thread in threads:
            thread.join()
        proxy.http.close()
    read = exchanges(out)
    assert read
    assert {each.status for each in read} == {200}
    assert KEY not in out.read_text("latin-1")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--listen", "0", "--out", "a"], "--listen needs --upstream"),
        (["--listen", "0", "--upstream", "pbx.example", "--out", "a"], "--upstream"),
        (["--listen", "0", "--upstream", "ftp://pbx.example", "--out", "a"], "--upstream"),
        (["--listen", "0", "--upstream", "http://pbx.example"], "--out is missing"),
        (["--listen", "0", "--upstream", "http://pbx.example", "--out", "there"], "exists, and is not overwritten"),
        (["--listen", "70000", "--upstream", "http://pbx.example", "--out", "a"], "must be PORT or HOST:PORT"),
        (
            ["--listen", "0", "--upstream", "http://pbx.example", "--out", "a", "--day", "2026/01/01"],
            "leave out TARGET",
        ),
        (["--listen", "0", "--upstream", "http://pbx.example", "--out", "a", "--api-key-env", "UNSET"], "is not set"),
        (["--listen", "0", "--upstream", "http://pbx.example", "--out", "a", "--tls-cert", "c.pem"], "go together"),
        (["--listen", "203.0.113.7:0", "--upstream", "http://pbx.example", "--out", "a"], "cannot be listened on"),
        (["--listen", "0", "--upstream", "http://pbx.example", "--out", "none/a"], "cannot be written"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, flags: list[str], says: str) -> None:
    """Exit code 2, nothing overwritten, no port taken."""
    (tmp_path / "there").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "noojee_contract", "record", *flags],
        cwd=tmp_path,
        env={key: value for key, value in environment().items() if key != "UNSET"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert says in done.stderr
    assert (tmp_path / "there").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
