"""``auditor verify`` of a gigabyte and more against hashing the same file, both as whole processes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.attest.conftest import write_keys
from tests.benchmarks.measure import AUDITOR, PYTHON, processes

_TIMES = 7
_HASH = "import hashlib, sys; f = open(sys.argv[1], 'rb'); print(hashlib.file_digest(f, 'sha256').hexdigest())"


def attest(tell: Callable[[str, str, str, bool], None], sizes: tuple[int, ...] = (1 << 30, 1 << 31)) -> None:
    """The external data is sparse: what is measured is hashing, and no disk. The peer is the same Python's hashlib."""
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            model = attested(Path(folder), size)
            words = ("--attestation", f"{model}.intoto.jsonl", "--key", f"{folder}/key.pub")
            ours, peer = processes(
                (*AUDITOR, "verify", str(model), *words), (PYTHON, "-c", _HASH, f"{folder}/w.bin"), _TIMES
            )
            ratio = ours.cpu / peer.cpu
            figure = f"{ratio:.3f}x ({ours.cpu * 1e3:.0f} and {peer.cpu * 1e3:.0f} ms, {ours.peak / 1e6:.0f} MB)"
            tell(f"verify of {size >> 20:,} MiB, CPU, against hashlib", figure, "<= 1.1x", ratio <= 1.1)


def attested(folder: Path, size: int) -> Path:
    """A model with one weight in a file of so many bytes, and its attestation."""
    from onnx import TensorProto, helper

    from auditor.attest.keys import signer
    from auditor.attest.model_files import hashed_files
    from auditor.attest.signing import attested_audit
    from auditor.policy.judge import judge
    from auditor.policy.policy import Policy
    from auditor.report import ModelIdentity, Report

    weight = TensorProto(name="w", dims=[size // 4], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value="w.bin")
    with (folder / "w.bin").open("wb") as file:
        file.truncate(size)
    graph = helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "g", [], [], [weight])
    graph.output.add(name="y").type.tensor_type.elem_type = TensorProto.FLOAT
    model = folder / "m.onnx"
    model.write_bytes(helper.make_model(graph, ir_version=8).SerializeToString())
    write_keys(folder, "key")
    judgement = judge(Report(ModelIdentity(str(model))))
    audit = attested_audit(judgement, Policy(), hashed_files(str(model)), "", datetime.now(UTC))
    by = signer(str(folder / "key.pem"), lambda path: "")
    Path(f"{model}.intoto.jsonl").write_text(by.signed(audit.payloads())[0])
    return model
