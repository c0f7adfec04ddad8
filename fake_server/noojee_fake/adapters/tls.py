"""Server-side TLS: a certificate that is made for one run, or one from files."""

from __future__ import annotations

import ssl
from pathlib import Path

from noojee_fake.errors import UsageError

_ORGANISATION = "noojee-fake, made for one run"


def self_signed(*names: str) -> tuple[ssl.SSLContext, bytes]:
    """A context with a new certificate for host names and addresses, and its authority (PEM).

    Raises ValueError for a name that no certificate can have.
    """
    import trustme  # loaded only for TLS

    authority = trustme.CA(organization_name=_ORGANISATION)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    authority_pem: bytes = authority.cert_pem.bytes()
    return context, authority_pem


def from_files(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context with a certificate chain and its private key (PEM). Raises UsageError, also for an encrypted key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")  # an encrypted key is an error, not a question
    except ssl.SSLError as error:
        reason = error.reason or "no PEM"
        raise UsageError(f"{certificate}: the certificate and its key cannot be used: {reason}") from None
    except OSError as error:
        raise UsageError(f"the certificate {certificate} or its key {key} cannot be read: {error.strerror}") from None
    return context
