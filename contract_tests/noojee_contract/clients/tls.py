"""TLS: the context of a target, and whether a port speaks TLS, for the message about a wrong scheme in a base URL."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx

from noojee_contract.errors import TargetError
from noojee_contract.targets.target import Target


def tls_context(target: Target, ca_files: Sequence[Path]) -> ssl.SSLContext:
    """The TLS context of a target: it trusts `ca_files`, else what httpx trusts, and has the client certificate.

    Raises TargetError for a file that cannot be used.
    """
    context = _trusting(target, ca_files)
    if target.client_cert is not None:
        _load_client_cert(context, target, target.client_cert)
    return context


def _trusting(target: Target, ca_files: Sequence[Path]) -> ssl.SSLContext:
    context: ssl.SSLContext | None = None
    for file in ca_files:
        try:
            if context is None:
                context = ssl.create_default_context(cafile=str(file))
            else:
                context.load_verify_locations(str(file))
        except (OSError, ssl.SSLError) as error:
            raise TargetError(f"the CA file {file} of target {target.name!r} cannot be read: {error}") from error
    return httpx.create_ssl_context() if context is None else context


def _load_client_cert(context: ssl.SSLContext, target: Target, certificate: Path) -> None:
    key = target.client_key or certificate

    def no_password() -> str:
        raise TargetError(
            f"the client key {key} of target {target.name!r} has a passphrase; give a key file without one, "
            f"such as made by: openssl pkey -in {key} -out key.pem"
        )

    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except ssl.SSLError as error:
        if "KEY_VALUES_MISMATCH" in str(error):
            says = f"the client key {key} does not belong to the client certificate {certificate}"
        else:
            says = f"no certificate in {certificate} with a private key in {key} can be read; both are PEM files"
        raise TargetError(f"target {target.name!r}: {says}") from error
    except OSError as error:
        raise TargetError(
            f"the client certificate {certificate} or its key {key} of target {target.name!r} cannot be read: "
            f"{error.strerror or error}"
        ) from error


def speaks_tls(host: str, port: int, *, timeout_seconds: float) -> bool:
    """Whether a TLS handshake with a port succeeds. Verifies no certificate, and sends no request."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout_seconds) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except (OSError, ValueError):
        return False
