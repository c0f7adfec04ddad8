"""Whether a port speaks TLS, for the message about a wrong scheme in a base URL."""

from __future__ import annotations

import socket
import ssl


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
