"""One call of ``auditor bom``: a model hashed and judged as its gate judges it, and written down as a bill."""

from __future__ import annotations

import os

from ..attest.bom import BilledModel, bill_of_materials
from ..attest.policy_text import policy_text
from ..batch.state import runtime_version
from ..hashing import sha256
from ..model.load import load
from .asked import Asked
from .attesting import judged_files
from .listening import Listener


def billed(path: str, ask: Asked, listener: Listener) -> str:
    """The bill of the model at a path, whatever the verdict is."""
    metadata = dict(load(path).metadata)
    judged = judged_files(path, ask, listener)
    gated = judged.gated
    subject, report = gated.subject, gated.judgement.report
    name = ask.said.get("subject") or subject.name or os.path.basename(path).removesuffix(".onnx")
    policy = sha256(policy_text(subject.policy)).hexdigest()
    runtime = runtime_version() if report.run.status != "not run" else ""
    model = BilledModel(name, subject.version or "", metadata, policy, runtime)
    return bill_of_materials(model, gated.judgement, judged.files)
