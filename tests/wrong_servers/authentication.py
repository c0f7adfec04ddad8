"""Wrong servers: who is let in, and who is not."""

from __future__ import annotations

from typing import Any

import httpx
from wrong_servers import Send, wrong


@wrong("refuses-everything", "The key was rotated during the upgrade and nobody was told.")
def refuses_everything(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if request.url.path.endswith("/Time"):
        return send(request)
    return httpx.Response(200, json={"Message": "Authentication failed", "Code": -1})
