"""One thing changed in seeded layers of the samples and the light models: is the right node named?

``python -m tests.runtime.deep.divergence_campaign [--layers 25] [--models resnet] [--seconds N]`` prints, for each
kind, how many mutants moved an output beyond the tolerance, and of how many of these the right node was named. It exits
with 1 where that is less than 99 in 100. The models are held against each other in this process, without the sandbox.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx

from tests.corpus import SAMPLES, light_models

from .in_process import held_against
from .mutants import KINDS, candidates, saved, with_weights

ENOUGH = 0.99


class Tried(NamedTuple):
    """One mutant: whether an output moved, and whether the right node was named."""

    model: str
    kind: str
    node: str
    moved: bool
    right: bool
    said: str


def bases() -> list[Path]:
    """Samples, then light models."""
    samples = ("lenet5/lenet5.onnx", "resnet_block.onnx", "open_sizes.onnx", "alexnet.onnx", "vgg16.onnx")
    return [*(SAMPLES / name for name in samples), *light_models()]


def tried(base: Path, layers: int, seed: int = 0) -> Iterator[Tried]:
    """Mutants of one model."""
    random = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="divergence-") as folder:
        whole = with_weights(onnx.load(base), seed)
        there = saved(onnx.ModelProto.FromString(whole.SerializeToString()), Path(folder) / "base.onnx")
        light = onnx.load(there, load_external_data=False)
        for one in light.graph.initializer:
            if one.external_data:
                one.external_data.add(key="basepath", value=folder)
        places = [
            (kind, index)
            for kind, mutate in KINDS.items()
            for index in random.permutation(candidates(light, mutate))[:layers].tolist()
        ]
        for kind, index in [places[i] for i in random.permutation(len(places))]:
            mutant = onnx.ModelProto()
            mutant.CopyFrom(light)
            if not KINDS[kind](mutant, index, random):
                continue
            for one in mutant.graph.initializer:
                for entry in [e for e in one.external_data if e.key == "basepath"]:
                    one.external_data.remove(entry)
            path = Path(folder) / "mutant.onnx"
            path.write_bytes(mutant.SerializeToString())
            seen = held_against(path, there, seed)
            moved = any(one.bad for one in seen.outputs)
            named = seen.first.tensor if seen.first is not None else ""
            yield Tried(
                base.stem, kind, f"{light.graph.node[index].op_type}[{index}]", moved,
                named in light.graph.node[index].output, f"{named} {seen.why} {dict(seen.exempt)}",
            )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--layers", type=int, default=25)
    parser.add_argument("--models", default="")
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    until = time.monotonic() + asked.seconds
    moved, right, all_ = Counter[str](), Counter[str](), Counter[str]()
    for base in bases():
        if asked.models not in base.stem:
            continue
        began, before = time.monotonic(), sum(moved.values())
        for one in tried(base, asked.layers, asked.seed):
            all_[one.kind] += 1
            moved[one.kind] += one.moved
            right[one.kind] += one.moved and one.right
            if one.said.strip(" {}") and not one.moved:
                print(f"not compared: {one.model} {one.kind} {one.node}: {one.said[:300]}", flush=True)
            if one.moved and not one.right:
                print(f"WRONG {one.model} {one.kind} {one.node}: {one.said}", flush=True)
            if time.monotonic() > until:
                break
        print(f"{base.stem}: {sum(moved.values()) - before} moved, {time.monotonic() - began:.0f} s", flush=True)
        if time.monotonic() > until:
            break
    for kind in KINDS:
        print(f"{kind}: {all_[kind]} mutants, {moved[kind]} moved an output, {right[kind]} at the right node")
    share = sum(right.values()) / max(1, sum(moved.values()))
    print(f"all: {sum(right.values())} of {sum(moved.values())} ({share:.1%})")
    return 0 if moved and share >= ENOUGH else 1


if __name__ == "__main__":
    raise SystemExit(main())
