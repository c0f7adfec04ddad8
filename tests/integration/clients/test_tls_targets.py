"""A target behind TLS: client certificates, several CA files, a server name, and fixed headers.

The server is on a socket.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Exchange
from noojee_contract.targets.target import Target

NAME = "pbx.example.org"
ENVIRON = {"KEY": "k-of-tls-5d1", "GATEWAY": "s3cret-of-gateway"}


@dataclass(frozen=True)
class Secure:
    """A server that wants a client certificate, a target that has one, and a CA of no use."""

    target: Target
    seen: list[Request]


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    """A server with the certificate of another name, on 127.0.0.1."""
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(NAME).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    client = authority.issue_cert("client@example.org")
    client.cert_chain_pems[0].write_to_path(tmp_path / "client.pem")
    client.private_key_pem.write_to_path(tmp_path / "client.key")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    other.cert_pem.write_to_path(tmp_path / "other.pem")
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response("[]", content_type="application/json")

    with HTTPServer(ssl_context=context) as server:
        server.expect_request("/njadmin/rest/RecordingAPI/retrieveMetaData").respond_with_handler(answer)
        target = Target(
            name="pbx",
            dialect="njadmin",
            base_url=f"https://127.0.0.1:{server.port}",
            api_key_env="KEY",
            ca_file=(tmp_path / "other.pem", tmp_path / "ca.pem"),
            client_cert=tmp_path / "client.pem",
            client_key=tmp_path / "client.key",
            tls_server_name=NAME,
            headers=(("X-Tenant", "7"),),
            headers_env=(("X-Gateway-Token", "GATEWAY"),),
        )
        yield Secure(target, seen)


def asked(target: Target) -> Exchange:
    """The answer of a target to a question by tag."""
    with closing(TargetClient(target, servers=Servers(), environ=ENVIRON)) as client:
        return client.read_only_client().by_tag("1")


def test_a_target_with_a_client_certificate_answers(secure: Secure) -> None:
    """With several CA files, and a certificate of another name than that of the URL."""
    assert asked(secure.target).status == 200


@pytest.mark.parametrize("change", [{"client_cert": None, "client_key": None}, {"tls_server_name": None}])
def test_each_of_these_keys_is_needed(secure: Secure, change: dict[str, None]) -> None:
    """Without the client certificate, or with the name of the URL, there is no answer."""
    assert asked(replace(secure.target, **change)).response is None  # type: ignore[arg-type]


def test_fixed_headers_are_in_each_request(secure: Secure) -> None:
    """A secret value comes from the environment, and is hidden like a key."""
    asked(secure.target)
    (request,) = secure.seen
    assert (request.headers["X-Tenant"], request.headers["X-Gateway-Token"]) == ("7", ENVIRON["GATEWAY"])
    with closing(TargetClient(secure.target, servers=Servers(), environ=ENVIRON)) as client:
        assert ENVIRON["GATEWAY"] in client.secrets()


def test_a_client_key_of_another_certificate(secure: Secure, tmp_path: Path) -> None:
    """One line names both files."""
    trustme.CA().issue_cert("x@example.org").private_key_pem.write_to_path(tmp_path / "wrong.key")
    with pytest.raises(TargetError, match=r"wrong\.key does not belong to"):
        asked(replace(secure.target, client_key=tmp_path / "wrong.key"))


def test_a_header_variable_that_is_not_set(secure: Secure) -> None:
    """It is named, with its header."""
    with pytest.raises(TargetError, match="the variable GATEWAY of the header X-Gateway-Token"):
        TargetClient(secure.target, servers=Servers(), environ={"KEY": "k"})
