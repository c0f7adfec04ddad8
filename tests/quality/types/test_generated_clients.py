"""Generators of clients accept the descriptions that a server returns, and the clients compile and work."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from noojee_fake import ServerProcess
from support.commands import PATH
from support.node import NODE, needs_node, needs_npm_packages, npm_program, run

DESCRIPTIONS = {"control": "openapi.json", "pbx": "pbx.openapi.json"}
needs_generator = pytest.mark.skipif(
    importlib.util.find_spec("openapi_python_client") is None and not os.environ.get("CI"),
    reason="needs openapi-python-client: pip install --group type",
)
CONFIG = {
    "content_type_overrides": dict.fromkeys(
        ("audio/x-wav", "audio/mpeg", "multipart/byteranges"), "application/octet-stream"
    )
}
"""Sound is bytes; the generator knows the type application/octet-stream alone."""
TSC = {
    "compilerOptions": {
        "strict": True, "noUncheckedIndexedAccess": True, "target": "es2022", "module": "es2022",
        "moduleResolution": "bundler", "lib": ["es2022", "dom", "dom.iterable"], "outDir": "out", "types": [],
    },
    "include": ["*.ts"],
}  # fmt: skip
MYPY = """
[mypy]
strict = true
[mypy-control_client.client,pbx_client.client]
ignore_errors = true
"""
"""The template of the generator for `client.py` is not strict, whatever it is made from."""

TYPES_USED = """
import type { components, paths } from "./control";
import type { operations } from "./pbx";

type Spec = components["schemas"]["SandboxSpec"];
type Refused = paths["/__noojee/sandboxes"]["post"]["responses"][400]["content"]["application/json"];
type ByHour = operations["njadmin_retrieve_meta_data_by_hour"]["parameters"]["query"];

export const spec: Spec = { version: "6.0.1", dialects: ["njadmin"], clock: { now: "2026-11-24T09:30:00+11:00" } };
export const step: components["schemas"]["Flow"]["steps"][number] = { do: "wait", seconds: 5 };
export const reason = (refused: Refused): string => refused.error;
export const hour: ByHour = { apiKey: "k", date: "2026/11/24", hour: "9" };
"""
ORVAL_USED = """
import { addCalls, makeSandbox, playFlow, readJournal } from "./control.js";
import { njadminRetrieveMetaData } from "./pbx.js";

const made = await makeSandbox({ version: "current", clock: { now: "2026-11-24T09:30:00+11:00" }, sandbox: "orval" });
if (made.status !== 201) throw new Error(JSON.stringify(made.data));
const { sandbox, api_key } = made.data;
const played = await playFlow(sandbox, { steps: [
  { do: "inbound", did: "0390000000", source: "0400000001", as: "call", tag: "INV-7" },
  { do: "wait", seconds: 5 },
  { do: "answer", call: "call", by: "410" },
  { do: "hang_up", call: "call" },
] });
const refused = await addCalls(sandbox, { calls: [{} as never] });
const legs = await njadminRetrieveMetaData({ apiKey: api_key, tag: "INV-7" });
const journal = await readJournal(sandbox, { status: 200, limit: 5 });
console.log(JSON.stringify([
  played.status, refused.status, legs.status === 200 && Array.isArray(legs.data) && legs.data.length,
  journal.status === 200 && journal.data.entries.length,
]));
"""
PYTHON_USED = """
import io
import sys

from control_client import Client
from control_client.api.sandbox import get_clock, play_flow, put_sound, read_journal
from control_client.api.server import make_sandbox
from control_client.models import Error, Flow, Journal, Sandbox, SandboxSpec, StepHangUp, StepInbound, StepWait
from control_client.types import File
from pbx_client import Client as PbxClient
from pbx_client.api.njadmin import njadmin_retrieve_meta_data


def main(url: str) -> None:
    with Client(base_url=url) as client:
        made = make_sandbox.sync(client=client, body=SandboxSpec(sandbox="python"))
        assert isinstance(made, Sandbox), made
        again = make_sandbox.sync(client=client, body=SandboxSpec(sandbox="python"))
        assert isinstance(again, Error), again
        assert "DELETE" in again.error
        flow = Flow(
            steps=[
                StepInbound(do="inbound", did="0390000000", as_="call", tag="INV-7"),
                StepWait(do="wait", seconds=5),
                StepHangUp(do="hang_up", call="call"),
            ]
        )
        assert play_flow.sync_detailed("python", client=client, body=flow).status_code == 200
        assert get_clock.sync("python", client=client) is not None
        with PbxClient(base_url=f"{url}/s/python") as pbx:
            legs = njadmin_retrieve_meta_data.sync(client=pbx, api_key=made.api_key, tag="INV-7")
            assert isinstance(legs, list) and legs[0].leg == "1", legs
        journal = read_journal.sync("python", client=client, limit=5)
        assert isinstance(journal, Journal) and len(journal.entries) == 1
        sound = File(payload=io.BytesIO(b"no sound"))
        wrong = put_sound.sync("python", client=client, body=sound, unique_id="1", leg=1)
        assert isinstance(wrong, Error), wrong
        print("good")


main(sys.argv[1])
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as started:
        yield started


def described(server: ServerProcess, name: str) -> str:
    return f"{server.base_url}/__noojee/{DESCRIPTIONS[name]}"


def compile_typescript(folder: Path) -> None:
    (folder / "tsconfig.json").write_text(json.dumps(TSC), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    run([npm_program("tsc")], folder)


@needs_node
@needs_npm_packages
def test_types_of_openapi_typescript_compile(server: ServerProcess, tmp_path: Path) -> None:
    """A user's program is checked by them."""
    for name in DESCRIPTIONS:
        run([npm_program("openapi-typescript"), described(server, name), "-o", f"{name}.ts"], tmp_path)
    (tmp_path / "used.ts").write_text(TYPES_USED, encoding="utf-8")
    compile_typescript(tmp_path)
    (tmp_path / "used.ts").write_text(TYPES_USED.replace('"6.0.1"', '"6.0.2"'), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"6\.0\.2"):
        compile_typescript(tmp_path)


@needs_node
@needs_npm_packages
def test_client_of_orval_compiles_and_works(server: ServerProcess, tmp_path: Path) -> None:
    """With fetch; it makes a sandbox, plays a call, and asks the PBX for its legs."""
    bases = {"control": server.base_url, "pbx": f"{server.base_url}/s/orval"}
    config = {
        name: {
            "input": described(server, name),
            "output": {"target": f"./{name}.ts", "client": "fetch", "baseUrl": bases[name]},
        }
        for name in DESCRIPTIONS
    }
    (tmp_path / "orval.config.cjs").write_text(f"module.exports = {json.dumps(config)};\n", encoding="utf-8")
    run([npm_program("orval"), "--config", "orval.config.cjs"], tmp_path)
    (tmp_path / "used.ts").write_text(ORVAL_USED, encoding="utf-8")
    compile_typescript(tmp_path)
    out = run([NODE, "out/used.js"], tmp_path)
    assert json.loads(out) == [200, 400, 2, 1]


@needs_generator
def test_client_of_openapi_python_client_compiles_and_works(server: ServerProcess, tmp_path: Path) -> None:
    """Every operation is generated without a warning; mypy accepts it, and a user's program."""
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(MYPY, encoding="utf-8")
    for name in DESCRIPTIONS:
        words = ["--url", described(server, name), "--output-path", f"{name}_client", "--meta", "none"]
        run(
            [
                sys.executable,
                "-m",
                "openapi_python_client",
                "generate",
                *words,
                "--config",
                "config.json",
                "--fail-on-warning",
            ],
            tmp_path,
            PATH=PATH,  # its hooks call ruff
        )
    (tmp_path / "used.py").write_text(PYTHON_USED, encoding="utf-8")
    run([sys.executable, "-m", "mypy", "--cache-dir=cache", "used.py", "control_client", "pbx_client"], tmp_path)
    assert run([sys.executable, "used.py", server.base_url], tmp_path).strip() == "good"
