"""All routes of a PBX: the routes of its dialects, for one profile and one product version."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from noojee_fake.api.dialects import call_management, njadmin, recording_api, services
from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.responses import JsonErrors, JsonWriter, empty, html
from noojee_fake.api.dialects.route import ApiRoute
from noojee_fake.messages import Response
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.versions import CALL_MANAGEMENT, NJADMIN, RECORDING_API, SERVICES

_DIALECTS: tuple[tuple[str, Callable[[DialectContext], dict[str, ApiRoute]]], ...] = (
    (NJADMIN, njadmin.routes),
    (CALL_MANAGEMENT, call_management.routes),
    (RECORDING_API, recording_api.routes),
    (SERVICES, services.routes),
)
"""Newest first: both hash dialects serve Time under the same paths, and the older dialect answers it."""


def routes(dialects: Sequence[str], context: DialectContext) -> dict[str, ApiRoute]:
    """The route of every path of these dialects."""
    table: dict[str, ApiRoute] = {}
    for name, routes_of in _DIALECTS:
        if name in dialects:
            table |= routes_of(context)
    return table


def not_found(profile: Profile) -> Response:
    """The response to an unknown path, by the option `unknown_path`. Source: HTML (CLIENT C-J)."""
    body = profile["unknown_path"]
    if body == "json":
        return JsonErrors(JsonWriter(profile["json_content_type"]), bad_request=404).bad_request("Not Found")
    return empty(404) if body == "empty" else html(404)
