"""TLS: the context of a target, and whether a port speaks TLS, for the message about a wrong scheme in a base URL."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx

from noojee_contract.errors import TargetError
from noojee_contract.model.files import beginning_of
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
        except OSError as error:
            raise TargetError(
                f"the CA file {file} of target {target.name!r} cannot be read: {_file_in_words(error)}"
            ) from error
    return _trusting_environment() if context is None else context


def _trusting_environment() -> ssl.SSLContext:
    """A context that trusts what SSL_CERT_FILE or SSL_CERT_DIR names, else the certificates of certifi, as httpx does.

    Raises TargetError that names the variable.
    """
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and folders and not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
        raise TargetError(f"the variable SSL_CERT_DIR names {folders}, which is no folder; correct it, or unset it")
    try:
        if file:
            beginning_of(Path(file), 0)  # raises for a pipe, which OpenSSL would read for ever
        return httpx.create_ssl_context()
    except OSError as error:
        named = f"SSL_CERT_FILE names {file}" if file else f"SSL_CERT_DIR names {folders}"
        raise TargetError(
            f"the variable {named}, which cannot be read: {_file_in_words(error)}; correct it, or unset it"
        ) from error


def _file_in_words(error: OSError) -> str:
    """Why a file of certificates cannot be read. OpenSSL gives an error of its own for a file in another form."""
    if isinstance(error, ssl.SSLError):
        return "it has no certificate in PEM form"
    return error.strerror or str(error)


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
