"""Through a plain reverse proxy with a path prefix: the same verdict, worlds included."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None and not os.environ.get("CI"), reason="needs nginx")


@pytest.fixture
def proxied(server: str, tmp_path: Path) -> Iterator[str]:
    """The base URL of the served fake behind nginx, under /pbx/one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path / "nginx"
    folder.mkdir()
    paths = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"""daemon off;
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
    listen 127.0.0.1:{port};
    location /pbx/one/ {{
      proxy_pass {server}/;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""
    )
    assert NGINX is not None, "nginx is not installed"
    process = subprocess.Popen([NGINX, "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"])
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
        yield f"http://127.0.0.1:{port}/pbx/one"
    finally:
        process.terminate()
        process.wait(10)


@needs_nginx
@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_a_fillable_target_behind_a_proxy_holds(dialect: str, proxied: str, contract: Callable[..., Any]) -> None:
    """World paths are relative to the base URL, so the proxy stays in between."""
    ran = contract(
        "verify", "--base-url", proxied, "--dialect", dialect, "--fillable", "--examples", "3", "--seed", "1"
    )
    assert ran.code == 0, ran.out + ran.err
