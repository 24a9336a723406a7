"""docs/attest.md: its commands, its init container and its start of Triton, run as far as that needs no cluster."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from auditor.cli import attest, verify
from auditor.cli.words import plain_words
from tests.readme import DOCS, blocks

from .conftest import Place, program

PAGE = (DOCS / "attest.md").read_text(encoding="utf-8")
LENET = Path(__file__).parents[2] / "sample_models" / "lenet5" / "lenet5.onnx"


def scripted(text: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A script of the page, in a folder whose ``bin`` has the program and what the script starts."""
    binaries = folder / "bin"
    binaries.mkdir(exist_ok=True)
    for name, body in {
        "auditor": f'exec "{sys.executable}" -m auditor "$@"',
        "tritonserver": 'echo "serving $@"',
    }.items():
        (binaries / name).write_text(f"#!/bin/sh\n{body}\n")
        (binaries / name).chmod(0o755)
    env = {name: value for name, value in os.environ.items() if not name.startswith("AUDITOR_")}
    env |= {"PATH": f"{binaries}:{os.environ['PATH']}", "AUDITOR_DB": str(folder / "reports.db"), "TMPDIR": str(folder)}
    return subprocess.run(
        ["bash", "-c", text, "start-triton.sh", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here: apt-get install openssl")
def test_the_first_commands_make_keys_attest_and_verify(tmp_path: Path) -> None:
    shutil.copy(LENET, tmp_path / "model.onnx")
    commands = blocks(PAGE, "bash")[0]
    done = scripted(f"set -e\n{commands}", tmp_path)
    assert done.returncode == 0 and "PASSED  model.onnx" in done.stdout, done.stderr


def test_the_job_without_a_key_says_what_the_program_takes() -> None:
    """What comes of it is in test_keyless_signing.py; here, that the page has the words."""
    job = yaml.safe_load(blocks(PAGE, "yaml")[0])
    assert job["permissions"]["id-token"] == "write"
    signing = shlex.split(job["jobs"]["attest"]["steps"][-1]["run"])
    verifying = shlex.split(blocks(PAGE, "bash")[1].replace("\\\n", ""))
    assert signing[:2] == ["auditor", "attest"] and verifying[:2] == ["auditor", "verify"]
    by, of = plain_words(attest.COMMAND, signing[2:]), plain_words(verify.COMMAND, verifying[2:])
    assert by is not None and of is not None and by["keyless"] is True and by["drawing"] == of["attestation"]
    assert of["issuer"] == "https://token.actions.githubusercontent.com" and "release.yml@refs/" in of["identity"]


@pytest.fixture
def served(place: Place) -> Place:
    """A model in a repository, and what is trusted beside it."""
    version = place.folder / "models" / "detector" / "1"
    version.mkdir(parents=True)
    for name in ("a.bin", "b.bin", "context.bin"):
        (place.folder / name).rename(version / name)
    place.model.rename(version / "model.onnx")
    place.attestation.rename(version / "model.onnx.intoto.jsonl")
    (place.folder / "trust").mkdir()
    shutil.copy(place.folder / "key.pub", place.folder / "trust")
    (place.folder / "trust" / "auditor.toml").write_text('run = false\nrequired = ["weights"]\n')
    return place


def test_the_init_container_ends_with_0_only_where_the_model_is_verified(served: Place) -> None:
    _, text, _ = blocks(PAGE, "yaml")
    pod = yaml.safe_load(text)
    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    (first,), (serving,) = pod["spec"]["initContainers"], pod["spec"]["containers"]
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    for container in (first, serving):
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert all(mount["readOnly"] for mount in container["volumeMounts"]), "what was verified is what is served"
    shared = {mount["name"]: mount["mountPath"] for mount in first["volumeMounts"]}
    assert shared.items() >= {mount["name"]: mount["mountPath"] for mount in serving["volumeMounts"]}.items()

    def here(word: str) -> str:
        for path in shared.values():
            word = word.replace(f"{path}/", f"{served.folder}{path}/")
        return word

    program_name, *words = first["command"]
    assert program_name == "auditor"
    assert program(served.folder, *map(here, words)).code == 0
    (served.folder / "models" / "detector" / "1" / "context.bin").write_bytes(b"another")
    assert program(served.folder, *map(here, words)).code == 1


def test_triton_starts_only_where_every_model_is_verified(served: Place) -> None:
    start = blocks(PAGE, "bash")[2].replace("/etc/auditor/", shlex.quote(f"{served.folder}/trust") + "/")
    version = served.folder / "models" / "detector" / "1"
    (version / "model.onnx").rename(served.folder / "written later.onnx")
    (version / "model.onnx").symlink_to(served.folder / "written later.onnx")
    done = scripted(start, served.folder, "models", "--strict-readiness=true")
    assert done.returncode == 0, done.stderr
    serving = done.stdout.splitlines()[-1]
    copy = Path(serving.partition("--model-repository=")[2].removesuffix(" --strict-readiness=true"))
    assert serving.endswith("--strict-readiness=true") and (copy / "detector" / "1" / "model.onnx").exists()
    assert not (copy / "detector" / "1" / "model.onnx").is_symlink(), "what somebody writes there later would be served"
    assert copy.stat().st_mode & 0o077 == 0, "nobody else writes to it"
    (served.folder / "models" / "detector" / "1" / "a.bin").write_bytes(bytes(256))
    done = scripted(start, served.folder, "models")
    assert done.returncode == 1 and "serving" not in done.stdout and "a.bin is not the file of" in done.stderr
    shutil.rmtree(served.folder / "models" / "detector")
    other = served.folder / "models" / "other" / "1"
    other.mkdir(parents=True)
    (other / "model.py").write_text("what the backend `python` runs")
    done = scripted(start, served.folder, "models")
    assert done.returncode == 3 and "serving" not in done.stdout, "a model that is none of ONNX"
    shutil.rmtree(served.folder / "models" / "other")
    done = scripted(start, served.folder, "models")
    assert done.returncode == 3 and "serving" not in done.stdout, "a repository without a model"
