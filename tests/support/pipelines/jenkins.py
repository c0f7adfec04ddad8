"""Reads docs/guides/ci/Jenkinsfile, and runs its shell steps.

The Groovy itself is parsed, not run: that needs a Jenkins. Jenkins validates a declarative pipeline on its server only.
The grammar of Groovy and the names of the sections are checked here; the parameters of steps, which plugins define, are
not.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import tree_sitter
import tree_sitter_groovy

from support.pipelines.run import RECIPES, Machine, Pipeline, copy_files

FILE = RECIPES / "Jenkinsfile"


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))


def parse(text: str) -> tree_sitter.Node:
    """The syntax tree of Groovy."""
    return _parser().parse(text.encode()).root_node


def blocks(node: tree_sitter.Node, path: str = "") -> Iterator[str]:
    """The paths of all blocks, such as "pipeline/stages/stage/steps"."""
    for child in node.named_children:
        inner = path
        if child.type == "method_invocation" and any(part.type == "closure" for part in child.named_children):
            name = child.named_children[0]
            while name.named_children:
                name = name.named_children[0]
            inner = f"{path}/{(name.text or b'').decode()}".lstrip("/")
            yield inner
        yield from blocks(child, inner)


def scripts(file: Path = FILE) -> dict[str, str]:
    """The scripts of all `sh` steps by the stage, or the label, in the order of the file."""
    found: dict[str, str] = {}
    stage = ""
    pattern = r"stage\('(?P<stage>[^']+)'\)|\bsh[ (](?:label: '(?P<label>[^']+)')?[^']*'''(?P<script>.*?)'''"
    for match in re.finditer(pattern, file.read_text(encoding="utf-8"), re.S):
        if match["stage"]:
            stage = match["stage"]
        else:
            found[match["label"] or stage] = textwrap.dedent(match["script"].replace("\\\\", "\\"))
    return found


def run(machine: Machine, folder: Path, variables: Mapping[str, str]) -> Pipeline:
    """One build in a new workspace: its shell steps, with the artefacts of earlier builds; it archives its own."""
    pipeline = Pipeline(workspace=folder / "workspace", artefacts=folder / "artefacts")
    pipeline.workspace.mkdir()
    copy_files("**/*", machine.repository, pipeline.workspace)
    copied = re.findall(r"filter: '([^']+)'", FILE.read_text(encoding="utf-8"))
    copy_files(copied[0], machine.storage, pipeline.workspace)
    for name, script in scripts().items():
        before = pipeline.log
        code = pipeline.shell(
            ["bash", "-c"], script, machine.variables(JENKINS_URL="http://jenkins.invalid/", **variables)
        )
        if name == "Verify":
            pipeline.code = code
            pipeline.result = {0: "SUCCESS", 3: "UNSTABLE"}.get(code, "FAILURE")
        elif name.startswith("Write"):
            pipeline.summary = pipeline.log.removeprefix(before)
        assert code == 0 or name == "Verify", pipeline.log
    [archived] = re.findall(r"archiveArtifacts\(artifacts: '([^']+)'", FILE.read_text(encoding="utf-8"))
    for pattern in archived.split(", "):
        copy_files(pattern, pipeline.workspace, pipeline.artefacts)
        copy_files(pattern, pipeline.workspace, machine.storage)
    return pipeline
