"""What happened to a request without a whole answer, in words that name the fault of the answer."""

from __future__ import annotations

import re
import ssl

import httpx

_HEADER = re.compile(r"(?<!chunk )header|content-length|transfer-encoding|illegal whitespace", re.IGNORECASE)
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
"""The number of an error of the system, in front of its words."""
TIMEOUT_KEY = "(timeout_seconds, --timeout)"
"""Where the time for an answer is set: the key of a target file, and the flag."""
TLS = "TLS"
"""The first word of a message about a handshake or a certificate."""
NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}
)
"""What OpenSSL says of bytes that are no TLS."""
_OTHER_NAME = (62, 64)
_TIMES = {9: "is not valid yet", 10: "has expired"}
"""Codes of OpenSSL for a certificate that is for another host or address, and for a wrong time."""
_NO_BYTE = "without sending a response"
"""A part of the message of httpcore for a connection that closes before a byte of the answer arrives."""


def in_words(error: Exception, received_bytes: int = 0) -> str:
    """An error of httpx, in words. `received_bytes`: how much of an answer came."""
    if _NO_BYTE in str(error) and received_bytes:
        return f"the answer is not valid HTTP: its head was cut off after {received_bytes} bytes"
    fault = _tls_error(error)
    if fault is not None:
        through = f"{error}: " if isinstance(error, httpx.ProxyError) else ""
        return f"{through}{TLS} failed: {_tls_in_words(fault)}"
    if isinstance(error, httpx.ProxyError):
        return str(error)
    if not is_malformed(error):
        return f"{type(error).__name__}: {_ERRNO.sub('', str(error))}"
    text = str(error)
    if "buffer too long" in text:
        return "the head of the answer, or of a part of it, is longer than 100 KiB"
    if _HEADER.search(text):
        return f"the answer has a malformed header: {text}"
    return f"the answer is not valid HTTP: {text}"


def is_malformed(error: Exception | None, received_bytes: int = 0) -> bool:
    """Whether bytes came that are no valid HTTP: the server was reached."""
    if not isinstance(error, httpx.RemoteProtocolError):
        return False
    return bool(received_bytes) if _NO_BYTE in str(error) else "closed connection" not in str(error)


def closed_without_a_byte(error: Exception | None, received_bytes: int = 0) -> bool:
    """Whether a connection closed before a byte of the answer arrived."""
    if received_bytes:
        return False
    if isinstance(error, httpx.RemoteProtocolError):
        return _NO_BYTE in str(error)
    return isinstance(error, (httpx.ReadError, httpx.WriteError))


def _tls_error(error: BaseException) -> ssl.SSLError | None:
    """The error of OpenSSL that is the cause of an error; None without one."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLError):
            return inner
        inner = inner.__cause__ or inner.__context__
    return None


def _tls_in_words(error: ssl.SSLError) -> str:
    """An error of OpenSSL, with what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_in_words(error)
    reason = error.reason or ""
    if reason in NOT_TLS:
        return "this port speaks http, or another protocol without TLS; write http:// in base_url if it is http"
    if "CERTIFICATE_REQUIRED" in reason:
        return "the server demands a client certificate; set client_cert and client_key"
    if "PROTOCOL_VERSION" in reason or "UNSUPPORTED_PROTOCOL" in reason:
        return "the server has no version of TLS from 1.2 on; update the server"
    if "HANDSHAKE_FAILURE" in reason:
        return "the server refuses all ciphers, or demands a client certificate; if so, set client_cert and client_key"
    if "EOF" in reason or isinstance(error, ssl.SSLEOFError):
        return "the server closed the connection during the handshake"
    return reason.replace("_", " ").lower() or "the server ended the handshake"


def _certificate_in_words(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _TIMES:
        return f"the certificate of the server {_TIMES[error.verify_code]}; renew it, or correct the clock"
    if error.verify_code in _OTHER_NAME:
        return "the certificate of the server is for another name; correct base_url, or set tls_server_name"
    says = error.verify_message.rstrip(".")
    return f"the certificate of the server is not trusted ({says}); set ca_file to the certificate of its authority"
