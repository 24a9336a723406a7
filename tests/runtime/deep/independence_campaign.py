"""Independence and repeatability at scale: 30 sound models are silent, and 60 mutants are named at the right node.

    python -m tests.runtime.deep.independence_campaign [--verbose] [--only WORD]

A mutant that mixes counts if onnxruntime itself answers an image otherwise beside others: a fault behind which a
normalisation takes all of it away again is none, and is passed over.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from auditor.pipeline import audit
from auditor.report import Finding, Report, Severity
from auditor.settings import Settings
from tests.corpus import SAMPLES, light_models

from .mixing import Mutant, mutants
from .networks import NETWORKS, nothing

PARTS = frozenset({"sizes", "independence", "repeatability"})
SOUND, MUTANTS, ENOUGH = 30, 60, 57
_APART = 1e-3  # of the largest element


def sound_models() -> Iterator[tuple[str, onnx.ModelProto]]:
    """30 of them: small ones of many kinds, samples, and a light model."""
    for name, made in NETWORKS.items():
        yield name, made(nothing)
    for path in (SAMPLES / "lenet5" / "lenet5.onnx", SAMPLES / "resnet_block.onnx", SAMPLES / "open_sizes.onnx"):
        yield path.stem, onnx.load(path)
    yield next((path.stem, onnx.load(path)) for path in light_models() if path.stem == "light_squeezenet")


def report_of(model: onnx.ModelProto, folder: Path, parts: frozenset[str] = PARTS) -> Report:
    """The audit of a model with parts of the look in depth."""
    path = folder / "model.onnx"
    onnx.save(model, path)
    return audit(str(path), Settings(deep_parts=parts))


def in_depth(report: Report) -> list[Finding]:
    """The findings of rules on these parts, notes apart."""
    rules = {"dependent-images", "unrepeatable-outputs", "sizes-that-fail"}
    return [one for one in report.findings if one.rule in rules and one.severity is not Severity.NOTE]


def named(report: Report) -> bool:
    """Whether an error or a warning names a node of the fault."""
    return any(one.location.node.startswith("fault") and one.severity is not Severity.NOTE for one in report.findings)


def mixes(model: onnx.ModelProto) -> bool:
    """Whether onnxruntime answers an image otherwise beside others: of inputs whose first axis is the batch."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    random = np.random.default_rng(5)
    fed = {}
    for port in session.get_inputs():
        shape = [3 if not at else size if isinstance(size, int) else 8 for at, size in enumerate(port.shape)]
        scale = np.array([1.0, 0.5, 0.25]).reshape(3, *[1] * (len(shape) - 1))
        values = random.random(shape) * scale
        fed[port.name] = (values > 0.2).astype(np.int64) if "int64" in port.type else values.astype(np.float32)
    together = session.run(None, fed)
    for image in range(3):
        alone = session.run(None, {name: value[image : image + 1] for name, value in fed.items()})
        for a, b in zip(together, alone, strict=True):
            if b.shape[0] != 1 or np.abs(a[image] - b[0]).max() > _APART * np.abs(a).max():
                return True
    return False


def chosen() -> Iterator[Mutant]:
    """The first mutants that have an effect."""
    found = 0
    for one in mutants():
        if one.kind != "mixing" or mixes(one.model):
            yield one
            found += 1
            if found == MUTANTS:
                return


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.runtime.deep.independence_campaign", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="what is said of each")
    parser.add_argument("--only", default="", help="models with this word in their name")
    asked = parser.parse_args()
    false: list[str] = []
    missed: list[str] = []
    sound = right = counted = 0
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        for name, model in sound_models():
            if asked.only in name:
                report = report_of(model, folder)
                sound += 1
                false += [f"{name}: {one.rule} {one.location.node}: {one.message}" for one in in_depth(report)]
                _said(name, report, verbose=asked.verbose)
        for one in chosen():
            if asked.only in one.name:
                report = report_of(one.model, folder)
                counted += 1
                right += named(report)
                missed += [] if named(report) else [one.name]
                _said(one.name, report, verbose=asked.verbose or not named(report))
    print(f"{sound} sound models: {len(false)} false findings")
    print(*(f"  {line}" for line in false), sep="\n", end="\n" if false else "")
    print(f"{counted} mutants: {right} named at the right node; not: {', '.join(missed) or 'none'}")
    if asked.only:
        return 0
    return 0 if not false and sound >= SOUND and counted == MUTANTS and right >= ENOUGH else 1


def _said(name: str, report: Report, *, verbose: bool) -> None:
    if verbose:
        print(name)
        for part in report.depth:
            print(f"    {part.part}: {part.status} {part.why} | {' | '.join(part.lines[:2])}"[:240])
        for one in report.findings:
            print(f"    {one.severity} {one.rule} {one.location.node}: {one.message}"[:240])


if __name__ == "__main__":
    sys.exit(main())
