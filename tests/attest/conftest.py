"""A model of four files, a pair of keys, and an attestation that was made once by the program itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from onnx import TensorProto, helper

from auditor.attest.envelopes import key_envelope, parse_lines
from auditor.attest.keys import Signer, TrustedKey, signed_by_keys, signer, trusted_key
from auditor.attest.statements import AttestedAudit
from auditor.attest.verification import believed

FILES = ("m.onnx", "a.bin", "b.bin", "context.bin")
KEYS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "ed25519": Ed25519PrivateKey.generate,
    "p256": lambda: generate_private_key(SECP256R1()),
    "p384": lambda: generate_private_key(SECP384R1()),
}


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Place(NamedTuple):
    """A folder with the model, its attestation and the keys of who signed it."""

    folder: Path

    @property
    def model(self) -> Path:
        return self.folder / "m.onnx"

    @property
    def attestation(self) -> Path:
        return self.folder / "m.onnx.intoto.jsonl"

    @property
    def signer(self) -> Signer:
        return self.signer_by("key")

    def signer_by(self, name: str) -> Signer:
        return signer(str(self.folder / f"{name}.pem"), lambda path: "")

    @property
    def trusted(self) -> TrustedKey:
        return trusted_key(str(self.folder / "key.pub"))

    @property
    def audit(self) -> AttestedAudit:
        """What was attested."""
        envelopes = map(key_envelope, parse_lines(self.attestation.read_bytes(), "m"))
        return believed(signed_by_keys(envelopes, [self.trusted]))[0]


def write_keys(folder: Path, name: str, kind: str = "ed25519", password: str = "") -> None:
    """``name.pem`` and ``name.pub``."""
    private = KEYS[kind]()
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    (folder / f"{name}.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pub").write_bytes(public)


def write_model(folder: Path) -> None:
    """Two layers whose weights lie in two files of one size, and a node that was compiled into a third."""

    def stored(name: str, file: str) -> TensorProto:
        values = np.random.default_rng(len(file) + ord(file[0])).normal(size=(8, 8)).astype(np.float32)
        (folder / file).write_bytes(values.tobytes())
        tensor = TensorProto(name=name, dims=[8, 8], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value=file)
        return tensor

    nodes = [
        helper.make_node("MatMul", ["x", "v"], ["h"], "first"),
        helper.make_node("MatMul", ["h", "w"], ["i"], "second"),
        helper.make_node(
            "EPContext", ["i"], ["y"], "compiled", domain="com.microsoft", embed_mode=0,
            ep_cache_context="context.bin", source="QNN",
        ),
    ]  # fmt: skip
    (folder / "context.bin").write_bytes(bytes(range(256)))
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], [stored("v", "a.bin"), stored("w", "b.bin")])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    (folder / "m.onnx").write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


def program(folder: Path, *words: str, **environment: str) -> Said:
    """Runs the program in a folder, as a process of its own, with a database of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AUDITOR_")}
    done = subprocess.run(
        [sys.executable, "-m", "auditor", *words],
        cwd=folder, env={**env, "AUDITOR_DB": str(folder / "reports.db"), **environment},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Made once; tests that change something take a copy (`place`)."""
    folder = tmp_path_factory.mktemp("attested")
    write_model(folder)
    write_keys(folder, "key")
    place = Place(folder)
    said = program(folder, "attest", "m.onnx", "--no-run", "--key", "key.pem", "-o", place.attestation.name)
    assert said.code == 0, said.err
    return place


@pytest.fixture
def place(made: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy in a folder of its own, which is the working one."""
    folder = tmp_path / "place"
    shutil.copytree(made.folder, folder)
    monkeypatch.chdir(folder)
    for name in ("AUDITOR_CONFIG", "AUDITOR_TRUSTED_CONFIG", "AUDITOR_BASELINE", "AUDITOR_FAIL_ON", "AUDITOR_PROFILE",
                 "AUDITOR_KEY_PASSWORD"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return Place(folder)


@pytest.fixture
def attest(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """``auditor attest`` in this process, for what ends before anything is audited."""

    def call(*words: str) -> Said:
        return said_by_program(["attest", *words], capsys)

    return call


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """``auditor verify m.onnx`` by the attestation that lies there, with more options."""

    def call(*more: str, model: str = "m.onnx", key: str = "key.pub") -> Said:
        return said_by_program(["verify", model, "--attestation", "m.onnx.intoto.jsonl", "--key", key, *more], capsys)

    return call


@pytest.fixture
def verify_by(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The same, by whom the words say."""
    return lambda *words: said_by_program(["verify", "m.onnx", "--attestation", "m.onnx.intoto.jsonl", *words], capsys)


def said_by_program(words: list[str], capsys: pytest.CaptureFixture[str]) -> Said:
    from auditor.cli.app import run

    capsys.readouterr()
    code = run(words)
    captured = capsys.readouterr()
    return Said(int(code), captured.out, captured.err)
