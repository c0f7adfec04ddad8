"""The description of the API and the fake agree on methods, versions and options."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.pbx.methods import Behaviour, dialects, general, methods
from noojee_fake.pbx.methods import description as described
from noojee_fake.pbx.versions import VERSIONS, offered, release
from noojee_fake.resources import schema_text

TABLE: dict[str, dict[str, Any]] = tomllib.loads(schema_text("options.toml"))
FILE = "schemas/own/pbx.openapi.json"


def behaviours_of(dialect: str) -> list[Behaviour]:
    """What the description says of a dialect: of its methods, of all of them, of every request where it concerns it."""
    documented = [row for method in methods() if dialect in method.dialects for row in method.behaviours]
    documented += [row for each in dialects() if each.name == dialect for row in each.behaviours]
    return documented + [row for row in general() if row.option is None or dialect in TABLE[row.option]["dialects"]]


def test_each_route_is_described_and_each_description_is_served(pbx: Callable[..., Any]) -> None:
    """With every option that opens a method, and HEAD, which follows GET."""
    sandbox = pbx(audio_methods="post-and-get", get_on_post="start-and-stop").sandboxes.default
    served = {path: {verb for verb in route.methods if verb != "HEAD"} for path, route in sandbox.routes.items()}
    documented = {path: {verb.upper() for verb in item} for path, item in described()["paths"].items()}
    assert documented == served, f"{FILE} and the routes differ"


def test_by_default_each_method_takes_its_first_verb(pbx: Callable[..., Any]) -> None:
    """POST, and GET of the oldest dialect; an option opens the others."""
    routes = pbx().sandboxes.default.routes
    for method in methods():
        assert all(routes[path].methods == method.verbs[:1] for path in method.paths)


@pytest.mark.parametrize("version", VERSIONS)
def test_each_method_is_served_in_its_described_versions(pbx: Callable[..., Any], version: str) -> None:
    """From x-since to x-until, in the order of the table of versions."""
    order = list(VERSIONS)
    sandbox = pbx().sandboxes.default
    sandbox.version = version
    for method in methods():
        there = order.index(method.since) <= order.index(version) <= order.index(method.until)
        assert {path in sandbox.routes for path in method.paths} == {there}, (method.path, version)


def test_a_parameter_names_the_version_that_brought_it() -> None:
    """The API key from 4.9.0.10 on, `record` and `tag` of dial from 6.0.1 on."""
    since = {(m.names[0], p.name): p.since for m in methods() for p in m.parameters if "call-management" in m.dialects}
    later = {key: value for key, value in since.items() if value is not None}
    assert {value for (_, name), value in later.items() if name == "apiKey"} == {"4.9.0.10"}
    assert {key for key in later if key[1] != "apiKey"} == {("dial", "record"), ("dial", "tag")}
    assert [v for v in VERSIONS if "call-management" in offered(v, legacy_kept=False) and not release(v).key] == ["4.8"]
    assert next(v for v in VERSIONS if release(v).dial_records) == later["dial", "record"] == later["dial", "tag"]


@pytest.mark.parametrize("key", TABLE)
def test_each_option_belongs_to_a_described_behaviour(key: str) -> None:
    """In each dialect that it concerns, with its row, and nowhere else."""
    row = TABLE[key]
    for dialect in ("services", "recording-api", "call-management", "njadmin"):
        found = [documented for documented in behaviours_of(dialect) if documented.option == key]
        if dialect in row["dialects"]:
            assert found, f"{FILE}: no x-behaviours of {dialect} names the option {key}"
        else:
            assert not found, f"{FILE}: {key} does not concern {dialect}"


def test_no_behaviour_names_an_unknown_option() -> None:
    """A typing error would print no value."""
    named = {row.option for each in dialects() for row in behaviours_of(each.name)} | {row.option for row in general()}
    assert named - {None} <= set(TABLE)
