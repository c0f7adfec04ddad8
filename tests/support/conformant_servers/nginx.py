"""nginx in front of a server: a path prefix and, where wanted, TLS. Debian's package; nothing is fetched."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.commands import free_port

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
MISSING = PROGRAM is None and not os.environ.get("CI")
"""Whether a test that needs it is to be skipped; in CI it is to fail."""

_CONFIGURATION = """daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_max_body_size 10m;
  client_body_buffer_size 10m;
  proxy_max_temp_file_size 0;
  {paths}
  server {{
    listen 127.0.0.1:{port}{tls};
    location {prefix}/ {{
      proxy_pass {upstream}/;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
  {more_servers}
}}
"""


@contextmanager
def secured(upstream: str, folder: Path, certificate: Path) -> Iterator[tuple[str, str]]:
    """The base URL of `upstream` behind nginx with TLS, and one of plain http that is sent there."""
    port = free_port()
    plain = f"server {{ listen 127.0.0.1:{port}; return 301 https://127.0.0.1$request_uri; }}"
    with proxied(upstream, folder, certificate=certificate, more_servers=plain) as url:
        yield url, f"http://127.0.0.1:{port}"


@contextmanager
def proxied(
    upstream: str, folder: Path, *, prefix: str = "/pbx/one", certificate: Path | None = None, more_servers: str = ""
) -> Iterator[str]:
    """The base URL of `upstream` behind nginx. `certificate` is a PEM file with its key; then it is https.

    `more_servers` are more servers, as nginx's configuration describes them.
    """
    assert PROGRAM is not None, "nginx is not installed"
    folder.mkdir()
    port = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    tls = f" ssl;\n    ssl_certificate {certificate};\n    ssl_certificate_key {certificate}" if certificate else ""
    (folder / "nginx.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=port,
            prefix=prefix,
            upstream=upstream,
            tls=tls,
            more_servers=more_servers,
            paths="\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds),
        )
    )
    process = subprocess.Popen([PROGRAM, "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"])
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}{prefix}"
    finally:
        process.terminate()
        process.wait(10)
