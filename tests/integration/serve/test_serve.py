"""`noojee-fake serve` as a process: it answers, ends cleanly, logs no key, and refuses wrong use in one line."""

from __future__ import annotations

import json
import signal
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from noojee_fake.cli.main import main
from noojee_fake.testing.process import ServerProcess

KEY = "0wn-k3y/of+the=test"
SPEC = {
    "format": "noojee-archive/1",
    "now": "2026-11-24T00:00:00+00:00",
    "calls": [
        {
            "unique_id": "1773190799.2", "direction": "internal", "source": "400",
            "legs": [
                {
                    "start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00",
                    "tag": "1234", "destination": "410",
                }
            ],
        }
    ],
}  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> None:
    """An archive file in the folder of the test."""
    (tmp_path / "archive.json").write_text(json.dumps(SPEC), encoding="utf-8")


def write_locked_key(folder: Path) -> None:
    """Write a certificate, and its key with a pass phrase."""
    import trustme
    from cryptography.hazmat.primitives import serialization

    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"pass phrase"),
    )
    (folder / "locked.pem").write_bytes(locked)


@pytest.mark.usefixtures("archive")
def test_server_answers_once_the_ready_file_exists(serve: Callable[..., ServerProcess]) -> None:
    """The file has the base URL. All dialects are served over http on the loopback."""
    process = serve("--archive", "archive.json")
    assert process.base_url.startswith("http://127.0.0.1:")
    with httpx.Client(base_url=process.base_url, trust_env=False) as client:
        assert client.post("/servicemanager/rest/Time").text.strip().isdigit()
        legs = client.post(
            "/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey=f863246a-973e-11e6-8784-08002718f5b5&tag=1234"
        ).json()
    assert legs[0]["UniqueId"] == "1773190799.2"
    code, out = process.stop(), process.output
    assert code == 0
    assert process.base_url in out
    assert "no secret" in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_server_cleanly(number: int, serve: Callable[..., ServerProcess]) -> None:
    """Exit 0 without a traceback, although a connection is open."""
    process = serve()
    with httpx.Client(base_url=process.base_url, trust_env=False) as client:
        client.post("/servicemanager/rest/Time")
        code, err = process.stop(number), process.log
    assert code == 0
    assert "Traceback" not in err


def test_only_the_chosen_dialect_is_served(serve: Callable[..., ServerProcess]) -> None:
    """As after an upgrade that removed the old API."""
    process = serve("--dialect", "njadmin")
    assert httpx.post(f"{process.base_url}/servicemanager/rest/Time", trust_env=False).status_code == 404
    process.stop()


def test_tls_with_a_self_signed_certificate(serve: Callable[..., ServerProcess]) -> None:
    """The authority is a file next to the ready file. Clients without it refuse the server."""
    process = serve("--tls-self-signed")
    assert process.base_url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=process.ca_file)
    assert (
        httpx.post(f"{process.base_url}/servicemanager/rest/Time", verify=context, trust_env=False).status_code == 200
    )
    with pytest.raises(httpx.ConnectError):
        httpx.post(f"{process.base_url}/servicemanager/rest/Time", trust_env=False)
    code, out = process.stop(), process.output
    assert code == 0
    assert "ready.ca.pem" in out


def test_tls_with_a_certificate_from_files(serve: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """A certificate chain and a key as PEM files."""
    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    process = serve("--tls-cert", "cert.pem", "--tls-key", "key.pem")
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    assert (
        httpx.post(f"{process.base_url}/servicemanager/rest/Time", verify=context, trust_env=False).status_code == 200
    )
    process.stop()


@pytest.mark.usefixtures("archive")
def test_log_shows_requests_without_keys(serve: Callable[..., ServerProcess]) -> None:
    """Queries have keys and hashes. The log shows the rest of a query."""
    process = serve("--api-key-env", "PBX_KEY", "--archive", "archive.json", PBX_KEY=KEY)
    digest = "ab" * 32
    with httpx.Client(base_url=process.base_url, trust_env=False) as client:
        query = {"apiKey": KEY, "tag": "1234"}
        assert client.post("/njadmin/rest/RecordingAPI/retrieveMetaData", params=query).status_code == 200
        client.post(
            "/rest/RecordingAPI/retrieveMetaData", params={"tag": KEY, "timeStamp": "1", "hash": digest, "odd": KEY}
        )
        client.post(f"/{KEY}/x", headers={"authorization": f"Bearer {KEY}"})
        client.post("/rest/%0Aforged line?tag=%1b[31m")
    code, out, err = process.stop(), process.output, process.log
    assert code == 0
    assert "retrieveMetaData?apiKey=[redacted]&tag=1234 200" in err
    assert len(err.splitlines()) == 4
    for secret in (KEY, "0wn-k3y%2Fof%2Bthe%3Dtest", digest):
        assert secret not in out + err


def test_log_shows_no_control_token(serve: Callable[..., ServerProcess]) -> None:
    """Not in a header, in a path or in a parameter."""
    process = serve("--control-token-env", "TOKEN", TOKEN=KEY)
    with httpx.Client(base_url=process.base_url, trust_env=False) as client:
        client.get("/__noojee/sandboxes", headers={"authorization": f"Bearer {KEY}"})
        client.get(f"/__noojee/sandboxes/{KEY}")
        client.get("/__noojee/sandboxes", params={"tag": KEY})
    code, out, err = process.stop(), process.output, process.log
    assert code == 0
    assert len(err.splitlines()) == 3
    for secret in (KEY, "0wn-k3y%2Fof%2Bthe%3Dtest"):
        assert secret not in out + err


def test_server_on_all_addresses_names_the_control_clients(serve: Callable[..., ServerProcess]) -> None:
    """Its base URL is that of the loopback, also with a self-signed certificate."""
    process = serve("--host", "0.0.0.0", "--tls-self-signed")
    assert process.base_url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=process.ca_file)
    assert httpx.get(f"{process.base_url}/__noojee/", verify=context, trust_env=False).status_code == 200
    process.stop()
    out = process.output
    assert "the control API accepts clients on the loopback only" in out
    process = serve()
    process.stop()
    assert "loopback only" not in process.output


def test_ready_file_of_an_earlier_run_is_deleted_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that waits for the file never gets the URL of a server that ended."""
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1\n")
    there: list[bool] = []
    monkeypatch.setattr("noojee_fake.cli.serve.run_server", lambda *_, **__: there.append(ready.exists()))
    assert main(["serve", "--port", "0", "--ready-file", str(ready)]) == 0
    assert there == [False]


def test_interruption_before_the_server_answers_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while a large archive is read; the exit code is the usual one of a shell."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("noojee_fake.cli.serve.sandboxes_of", interrupt)
    assert main(["serve", "--port", "0"]) == 130
    assert capsys.readouterr().err == "noojee-fake: interrupted\n"


def test_quiet_server_logs_no_requests(serve: Callable[..., ServerProcess]) -> None:
    """The flag --quiet turns the access log off."""
    process = serve("--quiet")
    httpx.post(f"{process.base_url}/servicemanager/rest/Time", trust_env=False)
    process.stop()
    assert process.log == ""


def test_named_profile_is_served(serve: Callable[..., ServerProcess]) -> None:
    """The profile java-client allows GET."""
    process = serve("--profile", "java-client")
    with httpx.Client(base_url=process.base_url) as client:
        assert client.get("/__noojee/sandboxes/default/profile").json()["get_on_post"] == "start-and-stop"
        assert client.get("/rest/CallManagementAPI/start").status_code == 200
        assert client.get("/rest/CallManagementAPI/dial").status_code == 405


def test_profile_applies_to_all_sandboxes(serve: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """The profile of the server is the default of each sandbox."""
    (tmp_path / "profile.toml").write_text('unknown_recording = "failure-404"\n')
    process = serve("--profile", "profile.toml")
    with httpx.Client(base_url=process.base_url, trust_env=False) as client:
        assert client.get("/__noojee/sandboxes/default/profile").json()["unknown_recording"] == "failure-404"
        sandbox = client.post("/__noojee/sandboxes", json={}).json()
        assert sandbox["profile"]["unknown_recording"] == "failure-404"
        sandbox = client.post("/__noojee/sandboxes", json={"profile": {"unknown_recording": "empty-list"}}).json()
        assert sandbox["profile"]["unknown_recording"] == "empty-list"
    process.stop()


def test_remote_control_client_needs_the_token(serve: Callable[..., ServerProcess]) -> None:
    """A proxy hop outside the loopback needs the token."""
    process = serve("--control-token-env", "TOKEN", TOKEN="t0ken-of-the-test")
    far = {"x-forwarded-for": "203.0.113.9"}
    with httpx.Client(base_url=process.base_url, trust_env=False) as client:
        assert client.get("/__noojee/sandboxes", headers=far).status_code == 403
        assert (
            client.get("/__noojee/sandboxes", headers={**far, "authorization": "Bearer t0ken-of-the-test"}).status_code
            == 200
        )
    process.stop()
    assert "t0ken" not in process.output + process.log


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--archive", "nowhere.json"), "nowhere.json: the archive file cannot be read"),
        (("--archive", "broken.json"), "broken.json: the archive file is no JSON"),
        (("--archive", "wrong.json"), "wrong.json: $.calls[0].legs[0].end"),
        (("--archive", "old.json"), 'old.json: $.format: "noojee-seed/1" is not "noojee-archive/1"'),
        (("--seed", "old.json"), "unknown flag --seed; see"),
        (("--tls-self-made",), "unknown flag --tls-self-made; did you mean --tls-self-signed?"),
        (("--profile", "nowhere.toml"), "nowhere.toml"),
        (("--profile", "wrong.toml"), "no option 'tag_select'"),
        (("--profile", "broken.toml"), "is no TOML"),
        (("--profile", "java-clint"), "no profile 'java-clint'; did you mean java-client?"),
        (("--dialect", "njadmn"), "no dialect 'njadmn'"),
        (("--api-key-env", "NOT_SET_AT_ALL"), "NOT_SET_AT_ALL"),
        (("--api-key-env", "pl4nted secret"), "not a value"),
        (("--tls-cert", "nowhere.pem"), "give both"),
        (("--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"), "cannot be read"),
        (("--tls-cert", "wrong.toml", "--tls-key", "wrong.toml"), "cannot be used"),
        (("--tls-cert", "a", "--tls-key", "b", "--tls-self-signed"), "leave out"),
        (("--host", "no.such.host.invalid"), "no.such.host.invalid"),
        (("--host", "203.0.113.7"), "give an address of this machine as --host"),
        (("--profile", "wrong.toml"), "wrong.toml: there is no option 'tag_select'; did you mean tag_selects?"),
        (("--profile", "choice.json"), "choice.json: tag_selects is 'leg'; allowed are"),
        (("--port", "65536"), "a port, 0 to 65535"),
        (("--port", "http"), "a port, 0 to 65535"),
        (("--port",), "expected one argument"),
        (("--api-key", "pl4nted"), "unknown flag --api-key; did you mean --api-key-env?"),
        (("--api-key-env=pl4nted secret",), "not a value"),
        (("pl4nted",), "unexpected argument"),
        (("--allow-host", "fake.example:8000"), "without scheme and port"),
        (("--allow-host", "https://fake.example"), "without scheme and port"),
        (("--allow-origin", "crm.example"), "such as https://crm.example"),
        (("--allow-origin", "https://crm.example/"), "such as https://crm.example"),
        (("--ready-file", "."), "no plain file"),
        (("--tls-cert", "cert.pem", "--tls-key", "locked.pem"), "cannot be used"),
    ],
)
def test_wrong_use_is_refused_in_one_line(
    words: tuple[str, ...], says: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    """Exit 2 with a hint, and no file is written."""
    (tmp_path / "broken.json").write_text("{")
    wrong = json.loads(json.dumps(SPEC))
    wrong["calls"][0]["legs"][0]["end"] = "2026-03-11T11:59:00+11:00"
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    (tmp_path / "old.json").write_text(json.dumps(SPEC | {"format": "noojee-seed/1"}))
    (tmp_path / "wrong.toml").write_text('tag_select = "legs"\n')
    (tmp_path / "broken.toml").write_text("[")
    (tmp_path / "choice.json").write_text('{"tag_selects": "leg"}')
    write_locked_key(tmp_path)
    before = sorted(tmp_path.iterdir())
    line = refused("--ready-file", "ready", *words)
    assert line.startswith("noojee-fake: ")
    assert says in line
    assert "pl4nted" not in line
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("words", [(), ("--tls-self-signed",)])
def test_port_in_use_is_refused(words: tuple[str, ...], refused: Callable[..., str], tmp_path: Path) -> None:
    """The message names --port. No ready file and no authority is written."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = refused("--port", str(taken.getsockname()[1]), "--ready-file", "ready", *words)
    assert "in use" in line
    assert "--port" in line
    assert list(tmp_path.iterdir()) == []


def test_ready_file_without_a_folder_is_refused(refused: Callable[..., str]) -> None:
    """The server does not start."""
    assert "no-folder" in refused("--ready-file", "no-folder/ready")
