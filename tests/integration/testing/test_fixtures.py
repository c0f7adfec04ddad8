"""The pytest fixtures noojee_pbx, noojee_server and noojee_tls_server in projects of users."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

HEAVY = (
    "httpx",
    "werkzeug",
    "uvicorn",
    "trustme",
    "jsonschema_rs",
    "numpy",
    "soundfile",
    "noojee_fake.api.pbx",
)
LEGS = "/njadmin/rest/RecordingAPI/retrieveMetaData"
HELPERS = f"""
import ssl
import httpx
import pytest

def legs(pbx, tag, **how):
    return httpx.post(pbx.base_url + "{LEGS}", params={{"apiKey": pbx.api_key, "tag": tag}}, trust_env=False, **how)
"""
ISOLATED = (
    HELPERS
    + """
@pytest.mark.parametrize("number", range(6))
def test_in_process(noojee_pbx, number):
    pbx = noojee_pbx
    assert set(pbx.sandbox.state()["counts"].values()) == {0}
    assert pbx.sandbox.now().isoformat() == "2026-03-01T23:00:00+00:00"
    pbx.sandbox.play({"do": "place", "from": "410", "number": "420", "as": "a", "tag": "T"},
                   {"do": "answer", "call": "a", "by": "420"}, {"do": "wait", "seconds": 9},
                   {"do": "hang_up", "call": "a"})
    asked = {"apiKey": pbx.api_key, "tag": "T"}
    assert [leg["Duration"] for leg in pbx.client.post("LEGS", params=asked).json()] == ["9"]
    with httpx.Client(transport=pbx.transport) as other:
        assert len(other.post(f"{pbx.base_url}LEGS", params=asked).json()) == 1
    assert pbx.control.make_sandbox(time_zone="UTC").time_zone == "UTC"

@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("tls", [False, True])
def test_on_a_socket(request, number, tls):
    server = request.getfixturevalue("noojee_tls_server" if tls else "noojee_server")
    assert server.base_url.startswith("https://127.0.0.1:" if tls else "http://127.0.0.1:")
    how = {"verify": ssl.create_default_context(cafile=server.ca_file)} if tls else {}
    assert server.sandbox.state()["counts"]["journal"] == 0
    assert legs(server, "T", **how).json() == []
    assert len(server.sandbox.journal()) == 1
    server.expect_oneshot_request("LEGS").respond_with_data("busy", status=503)
    assert legs(server, "T", **how).status_code == 503
    assert legs(server, "T", **how).status_code == 200
    assert len(server.sandbox.journal()) == 2
    assert len(server.log) == 3
    server.expect_oneshot_request("/left/over")
    server.sandbox.step(number)
    assert server.user_key != server.api_key
""".replace("LEGS", LEGS)
)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_each_test_gets_its_own_pbx(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    """In any order, in one process or in several: tests do not see each other's changes."""
    pytester.makepyfile(ISOLATED)
    ran = pytester.runpytest_subprocess("-W", "error", *options)
    ran.assert_outcomes(passed=14)


def test_bug_of_the_fake_fails_the_test(pytester: pytest.Pytester) -> None:
    """The fixture has an error that names the bug, for each adapter. The next test passes."""
    pytester.makepyfile(
        HELPERS
        + f"""
def broken(*_):
    raise ZeroDivisionError("of the fake")

def test_a(noojee_pbx, monkeypatch):
    monkeypatch.setattr(type(noojee_pbx.sandboxes.default), "_answer", broken)
    assert noojee_pbx.client.post("{LEGS}").status_code == 500

def test_b(noojee_server, monkeypatch):
    monkeypatch.setattr(type(noojee_server.sandboxes.default), "_answer", broken)
    assert legs(noojee_server, "x").status_code == 500

def test_c(noojee_server, monkeypatch):
    assert noojee_server.api_key
    monkeypatch.setattr(type(noojee_server.sandboxes), "handle", broken)
    assert legs(noojee_server, "x").status_code == 500

def test_d(noojee_server):
    def handler(request):
        raise KeyError("of a handler")
    noojee_server.expect_request("{LEGS}").respond_with_handler(handler)
    assert legs(noojee_server, "x").status_code == 500

def test_e(noojee_server):
    noojee_server.expect_ordered_request("/first").respond_with_data("1")
    assert legs(noojee_server, "x").status_code == 500

def test_f(noojee_server, noojee_pbx):
    assert legs(noojee_server, "x").status_code == 200
"""
    )
    ran = pytester.runpytest_subprocess("-p", "no:randomly")
    ran.assert_outcomes(passed=6, errors=5)
    ran.stdout.fnmatch_lines(["*a bug of the fake PBX, not of your client: ZeroDivisionError: of the fake*"])
    ran.stdout.fnmatch_lines(
        ["ERROR *::test_c - ZeroDivisionError*", "ERROR *::test_d - KeyError*", "ERROR *::test_e - *"]
    )


def test_marker_sets_up_the_pbx_of_a_test(pytester: pytest.Pytester) -> None:
    """Version, profile, archive (relative to the file of the test) and time, in each fixture."""
    archive = {
        "format": "noojee-archive/1",
        "time_zone": "Australia/Melbourne",
        "calls": [
            {
                "unique_id": "1773190799.2",
                "direction": "internal",
                "source": "400",
                "legs": [
                    {
                        "start": "2026-03-11T12:00:00+11:00",
                        "end": "2026-03-11T12:00:09+11:00",
                        "tag": "T",
                        "destination": "410",
                    }
                ],
            }
        ],
    }
    pytester.makefile(".json", calls=json.dumps(archive))
    pytester.makepyfile(
        HELPERS
        + """
@pytest.mark.noojee(archive="calls.json", now="2026-11-24T09:30:00+11:00", profile={"tag_match": "ignore-case"})
@pytest.mark.parametrize("name", ["noojee_pbx", "noojee_server"])
def test_a(request, name):
    pbx = request.getfixturevalue(name)
    assert pbx.sandbox.now().isoformat() == "2026-11-23T22:30:00+00:00"
    assert [call["unique_id"] for call in pbx.sandbox.calls()] == ["1773190799.2"]
    assert pbx.sandbox.profile()["tag_match"] == "ignore-case"
    assert pbx.control.make_sandbox(sandbox="team-a").name == "team-a"
    assert pbx.base_url in repr(pbx)

@pytest.mark.noojee(version="4.8")
def test_b(noojee_server):
    assert legs(noojee_server, "T").status_code == 404
    assert isinstance(noojee_server.sandbox.journal()[0]["headers"][0], tuple)

@pytest.mark.noojee(versions="4.8")
def test_c(noojee_pbx):
    pass

def test_d(noojee_server):
    assert noojee_server.sandbox.version() is None
"""
    )
    ran = pytester.runpytest_subprocess("--strict-markers")
    ran.assert_outcomes(passed=4, errors=1)
    ran.stdout.fnmatch_lines(["*the marker noojee takes version, *, not versions*"])


def test_project_with_pytest_httpserver_is_not_affected(pytester: pytest.Pytester) -> None:
    """Its fixture, its port from the environment and the log of Werkzeug do not change."""
    pytester.makepyfile(
        HELPERS
        + """
import logging

def test_both(httpserver, noojee_server, caplog):
    caplog.set_level(logging.INFO)
    httpserver.expect_request("/mine").respond_with_data("mine")
    assert httpx.get(httpserver.url_for("/mine"), trust_env=False).text == "mine"
    assert httpx.get(httpserver.url_for("/other"), trust_env=False).status_code == 500
    assert legs(noojee_server, "T").json() == []
    assert httpserver.port != noojee_server.port
    said = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
    assert len(said) == 2
    assert not any(noojee_server.api_key in line for line in said)
    assert logging.getLogger("werkzeug").level in (logging.NOTSET, logging.INFO)

def test_mine_alone(httpserver):
    httpserver.expect_request("/mine").respond_with_data("mine")
    assert httpx.get(httpserver.url_for("/mine"), trust_env=False).text == "mine"
    httpserver.check()
"""
    )
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=2)


def test_plugin_imports_no_library_before_use() -> None:
    """pytest loads the plugin in every project that has this distribution installed."""
    code = f"import sys, noojee_fake.pytest_plugin; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_fixtures_are_listed_by_pytest(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` shows them with a sentence each, and not their internal fixtures."""
    listed = pytester.runpytest_subprocess("--fixtures").stdout.str()
    for name in ("noojee_pbx", "noojee_server", "noojee_tls_server"):
        assert f"\n{name} -- " in listed
    assert "_noojee_server [" not in listed


SHARED = {
    "conftest": """
from noojee_fake import pbx_fixture, server_fixture

session_pbx = pbx_fixture(scope="session", version="6.0.1")
session_server = server_fixture(scope="session", tls=True)
module_server = server_fixture(archive="calls.json")
""",
    "test_first": """
import ssl
import httpx
import pytest

pytestmark = pytest.mark.noojee(now="2026-11-24T09:30:00+11:00")

def test_calls(session_pbx, session_server, module_server):
    assert session_pbx.sandbox.version() == "6.0.1"
    assert session_pbx.sandbox.now().year == session_server.sandbox.now().year == 2026
    assert session_pbx.sandbox.now().month == 3
    assert module_server.sandbox.now().month == 11
    assert [call["unique_id"] for call in module_server.sandbox.calls()] == ["1.1"]
    for pbx in (session_pbx, session_server, module_server):
        pbx.sandbox.play({"do": "place", "from": "410", "number": "420", "as": "a"})
    with httpx.Client(verify=ssl.create_default_context(cafile=session_server.ca_file), trust_env=False) as http:
        assert http.post(f"{session_server.base_url}/servicemanager/rest/Time").status_code == 200

def test_same_module(session_pbx, module_server):
    assert len(session_pbx.sandbox.live()) == len(module_server.sandbox.live()) == 1
    module_server.expect_oneshot_request("/busy").respond_with_data("busy", status=503)
    assert httpx.get(f"{module_server.base_url}/busy", trust_env=False).status_code == 503
""",
    "test_second": """
def test_other_module(session_pbx, session_server, module_server):
    assert len(session_pbx.sandbox.live()) == len(session_server.sandbox.live()) == 1
    assert module_server.sandbox.live() == []
    session_pbx.sandbox.reset()
    assert session_pbx.sandbox.live() == []
""",
}
ARCHIVE = {
    "format": "noojee-archive/1",
    "calls": [
        {
            "unique_id": "1.1", "direction": "internal", "source": "400",
            "legs": [{"start": "2026-03-02T09:00:00+11:00", "end": "2026-03-02T09:00:09+11:00", "destination": "410"}],
        }
    ],
}  # fmt: skip


def test_shared_fixtures_live_as_long_as_their_scope(pytester: pytest.Pytester) -> None:
    """A session, or a module: its calls stay between tests; the marker of a module sets up its fixtures."""
    pytester.makepyfile(**SHARED)
    (pytester.path / "calls.json").write_text(json.dumps(ARCHIVE), encoding="utf-8")
    ran = pytester.runpytest_subprocess("-W", "error", "-p", "no:randomly")
    ran.assert_outcomes(passed=3)


def test_bug_of_the_fake_fails_a_shared_fixture(pytester: pytest.Pytester) -> None:
    """At the end of its scope."""
    pytester.makepyfile("""
        from noojee_fake import pbx_fixture
        shared = pbx_fixture(scope="module")
        def test_bug(shared, monkeypatch):
            monkeypatch.setattr("noojee_fake.control.settings.clock_of", None)
            assert shared.client.get(f"{shared.base_url}/__noojee/sandboxes/default/clock").status_code == 500
        """)
    ran = pytester.runpytest_subprocess()
    ran.assert_outcomes(passed=1, errors=1)
    assert "a bug of the fake PBX, not of your client" in ran.stdout.str()


def test_unknown_setting_of_a_shared_fixture_is_an_error(pytester: pytest.Pytester) -> None:
    """A typing error would run tests against the default."""
    pytester.makepyfile("""
        from noojee_fake import pbx_fixture
        shared = pbx_fixture(vrsn="6.0.1")
        def test_it(shared):
            pass
        """)
    ran = pytester.runpytest_subprocess()
    ran.assert_outcomes(errors=1)
    assert "vrsn" in ran.stdout.str()
