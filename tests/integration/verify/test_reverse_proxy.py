"""Through a plain reverse proxy with a path prefix: the same verdict, sandboxes included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.conformant_servers import nginx

needs_nginx = pytest.mark.skipif(nginx.MISSING, reason="needs nginx")


@pytest.fixture
def proxied(server: str, tmp_path: Path) -> Iterator[str]:
    """The base URL of the served fake behind nginx, under /pbx/one."""
    with nginx.proxied(server, tmp_path / "nginx") as url:
        yield url


@needs_nginx
@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_a_writable_target_behind_a_proxy_passes(dialect: str, proxied: str, contract: Callable[..., Any]) -> None:
    """Sandbox paths are relative to the base URL, so every request goes through the proxy."""
    ran = contract(
        "verify", "--base-url", proxied, "--dialect", dialect, "--writable", "--examples", "3", "--random-seed", "1"
    )
    assert ran.code == 0, ran.out + ran.err
