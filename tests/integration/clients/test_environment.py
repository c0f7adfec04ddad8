"""The environment of a run: proxies, NO_PROXY, and the certificates that SSL_CERT_FILE and SSL_CERT_DIR name."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import trustme

from noojee_contract.clients.processes import Servers
from noojee_contract.clients.proxies import proxies_of_environment
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Request
from noojee_contract.targets.target import Target
from support.commands import free_port
from support.raw_upstream import answering, upstream

PASSWORD = "PL4NTED-PROXY-PASSWORD"
ELSEWHERE = "http://pbx.example"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no certificate of the machine."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def error_at(url: str, *, ca_files: tuple[Path, ...] = (), timeout_seconds: float = 5.0) -> str | None:
    """What the transport says of one request to a target; None for an answer. Raises TargetError."""
    target = Target(
        name="pbx",
        dialect="njadmin",
        base_url=url,
        ca_file=ca_files,
        timeout_seconds=timeout_seconds,
        api_key_env="PBX_KEY",
    )
    with closing(TargetClient(target, servers=Servers(), environ={"PBX_KEY": "k-123456"})) as client:
        return client.read_only_client().sender.send(Request(method="POST", url=f"{url}/")).transport_error


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", f"socks5://u:{PASSWORD}@127.0.0.1:1080"),
        ("all_proxy", "socks5h://127.0.0.1:1080"),
        ("HTTPS_PROXY", f"ftp://u:{PASSWORD}@127.0.0.1"),
        ("HTTP_PROXY", "http://[::1"),
        ("http_proxy", f"http://u:{PASSWORD}@127.0.0.1:port"),
        ("HTTP_PROXY", "http://:3128"),
        ("HTTP_PROXY", "//proxy:3128"),
        ("NO_PROXY", "localhost,[::1]"),
        ("no_proxy", "[fe80::1]:80"),
        ("NO_PROXY", "http://[::1"),
    ],
)
def test_a_wrong_proxy_variable_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that names the variable, and never a password in it."""
    monkeypatch.setenv(name, value)
    with pytest.raises(TargetError) as refused:
        proxies_of_environment()
    assert f"the variable {name} " in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", ["", "127.0.0.1:3128", "http://u:p@proxy:3128", "https://proxy", "http://[::1]:3128"])
def test_a_usual_proxy_variable_is_taken(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without a scheme, a user, or a port."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    monkeypatch.setenv("NO_PROXY", "localhost,.example,::1,10.0.0.0/8, 127.0.0.1")
    assert [pattern for pattern, proxy in proxies_of_environment().items() if proxy] == (["https://"] if value else [])


@pytest.mark.parametrize("no_proxy", ["10.0.0.0/8", "10.1.2.3", "*", "10.1.0.0/16,example"])
def test_a_network_of_no_proxy_is_reached_directly(no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As curl and requests do; httpx does not."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    proxies = proxies_of_environment("10.1.2.3")
    assert not proxies or proxies["all://10.1.2.3"] is None


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_answer_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its variable, and without its password."""
    port = free_port()
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://u:{PASSWORD}@127.0.0.1:{port}")
    says = error_at(f"{scheme}://pbx.example") or ""
    assert f"through the proxy 127.0.0.1:{port} ({scheme.upper()}_PROXY)" in says
    assert PASSWORD not in says


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"])
def test_a_proxy_that_refuses_a_tunnel_is_named(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to CONNECT is not the answer of the target."""
    with upstream(answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())) as port:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
        says = error_at("https://pbx.example") or ""
    assert f"127.0.0.1:{port} (ALL_PROXY)" in says
    assert status[:3] in says


def test_a_proxy_that_demands_a_password_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """For plain http, 407 is an answer like any other; only a proxy sends it."""
    with upstream(answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")) as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        says = error_at(ELSEWHERE) or ""
    assert f"127.0.0.1:{port} (HTTP_PROXY) demands a user and a password" in says


def test_a_proxy_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the time-out of the target."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        says = error_at("https://pbx.example", timeout_seconds=0.2) or ""
    through = f"through the proxy 127.0.0.1:{port} (HTTPS_PROXY)"
    assert says == f"no answer within 0.2 s {through} (timeout_seconds, --timeout)"


def test_a_proxy_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a wrong one."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with upstream(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
        assert error_at(f"http://127.0.0.1:{port}") is None


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that nobody trusts."""
    return trustme.CA()


@contextmanager
def tls_server(authority: trustme.CA, name: str = "localhost", answer: bytes = b"") -> Iterator[str]:
    """The base URL of a TLS server whose certificate is for a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with upstream(answering(answer or b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), context) as port:
        yield f"https://localhost:{port}"


def test_an_untrusted_certificate_asks_for_ca_file(authority: trustme.CA) -> None:
    """The text of OpenSSL does not help its reader."""
    with tls_server(authority) as url:
        says = error_at(url) or ""
    assert "set ca_file to the certificate of its authority" in says
    assert "_ssl.c" not in says


def test_a_certificate_for_another_name_says_so(authority: trustme.CA, tmp_path: Path) -> None:
    """A wrong host, or a server behind a tunnel."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with tls_server(authority, "pbx.example") as url:
        says = error_at(url, ca_files=(tmp_path / "ca.pem",)) or ""
    assert "is for another name; correct base_url, or set tls_server_name" in says


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_a_port_without_tls_says_so(answer: bytes) -> None:
    """WRONG_VERSION_NUMBER means that it speaks http."""

    def handle(connection: socket.socket) -> None:
        connection.recv(65536)  # the start of TLS, which has no end of a head
        connection.sendall(answer)

    with upstream(handle) as port:
        says = error_at(f"https://localhost:{port}") or ""
    assert "this port speaks http, or another protocol without TLS" in says
    assert "_ssl.c" not in says


def test_a_server_that_demands_a_certificate_asks_for_it(authority: trustme.CA, tmp_path: Path) -> None:
    """TLS 1.3 says it after the handshake."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    with upstream(answering(b""), context) as port:
        says = error_at(f"https://localhost:{port}", ca_files=(tmp_path / "ca.pem",)) or ""
    assert "set client_cert and client_key" in says


def test_ssl_cert_file_is_trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a server of this machine."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with tls_server(authority) as url:
        assert error_at(url) is None


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("kind", ["nowhere", "wrong", "pipe"])
def test_a_wrong_certificate_variable_is_named(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file or folder that is not there, of another kind, or without an end."""
    (tmp_path / "wrong").write_text("no certificate")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv(name, str(tmp_path / kind))
    with pytest.raises(TargetError) as refused:
        error_at("https://localhost:9")
    assert f"the variable {name} names " in str(refused.value)
    assert "_ssl.c" not in str(refused.value)


def test_a_ca_file_without_a_certificate_is_one_line(tmp_path: Path) -> None:
    """Without the text of OpenSSL."""
    (tmp_path / "wrong").write_text("no certificate")
    with pytest.raises(TargetError, match="it has no certificate in PEM form"):
        error_at("https://localhost:9", ca_files=(tmp_path / "wrong",))
