"""``python -m tests.targets.campaign``: does the table say of the probes what every release does with them?

Each release is installed and loads every probe; ``--cache FOLDER`` keeps the installations. What they did is written
to answers.json beside this file, by which the suite judges the table without a network. Exits with 1 where the table
is wrong, or does not know.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import onnx

from auditor.model.load import load
from auditor.shapes.facts import Facts, infer
from auditor.targets.known import Runtime, runtimes
from auditor.targets.loading import answers
from auditor.targets.refusals import NotKnown
from auditor.targets.scratch import installed

from .exported_probes import AS_EXPORTED, IN_MAPS
from .fresh_probes import HELD_OUT, HELD_OUT_AGAIN, IN_FUNCTIONS
from .function_probes import BY_OPSET
from .probes import PROBES as FIRST
from .releases import Release

PROBES = {**FIRST, **HELD_OUT, **HELD_OUT_AGAIN, **IN_FUNCTIONS, **AS_EXPORTED, **IN_MAPS, **BY_OPSET}
ANSWERS = Path(__file__).parent / "answers.json"

_HALF_BYTES = (onnx.TensorProto.INT4, onnx.TensorProto.UINT4)

LOADS, REFUSED, UNKNOWN = "loads", "refused", "unknown"


@cache
def model(name: str) -> bytes:
    """A probe as a file has it. An initializer with one value in the text has it everywhere."""
    parsed = onnx.parser.parse_model(PROBES[name])
    for tensor in parsed.graph.initializer:
        count = prod(tensor.dims)
        if tensor.data_type in _HALF_BYTES:
            count = -(-count // 2)
        held: tuple[Any, ...] = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data)
        for values in held:
            if len(values) == 1:
                values.extend([values[0]] * (count - 1))
    made: bytes = parsed.SerializeToString()
    return made


@cache
def _facts(name: str) -> Facts:
    return infer(load(model(name)))


def said(name: str, release: Runtime) -> str:
    """What the table says of a probe."""
    found = tuple(answers(_facts(name), release))
    if any(not isinstance(answer, NotKnown) for answer in found):
        return REFUSED
    return UNKNOWN if found else LOADS


def wrong(refused: Mapping[str, list[str]]) -> Iterator[str]:
    """By release the probes that it refuses: where the table says something else, in a line each."""
    for release in runtimes():
        for name in PROBES:
            did = REFUSED if name in refused[release.version] else LOADS
            if (found := said(name, release)) != did:
                yield f"onnxruntime {release.version}, {name}: {did}, and the table says {found}"


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.targets.campaign", description=__doc__)
    words.add_argument("--cache", type=Path)
    with tempfile.TemporaryDirectory() as folder:
        below = words.parse_args().cache or Path(folder)
        refused: dict[str, list[str]] = {}
        for known in runtimes():
            release = Release(known.version, installed(known.version, below))
            did = zip(PROBES, release.load(map(model, PROBES)), strict=True)
            refused[known.version] = [name for name, why in did if why]
            release.close()
            print(known.version, len(refused[known.version]), "refused", flush=True)
    ANSWERS.write_text(json.dumps(refused, indent=1) + "\n")
    faults = list(wrong(refused))
    print(*faults, sep="\n")
    some = Counter(name for names in refused.values() for name in names)
    asked = len(PROBES) * len(refused)
    print(f"{asked - len(faults)} of {asked} answers are right: {len(PROBES)} probes, {len(refused)} releases")
    print(f"{len(some)} probes are refused by some release, {sum(n < len(refused) for n in some.values())} not by all")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
