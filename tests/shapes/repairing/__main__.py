"""``python -m tests.shapes.repairing [--seeds N] [--kind KIND] [--light]``: the table of repairs by kind of fault."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator

import onnx

from tests.corpus import SAMPLES, light_models

from .faults import KINDS
from .measuring import Result, faulty, measured
from .nets import network

_LIGHT = ("light_squeezenet", "light_shufflenet", "light_resnet50", "light_inception_v1", "light_zfnet512")
_SAMPLES = ("lenet5/lenet5.onnx", "resnet_block.onnx", "alexnet.onnx")


def sources(seeds: int, *, whole: bool) -> Iterator[tuple[str, int, onnx.ModelProto]]:
    """Random networks; and, if asked for, samples and ONNX's light models."""
    for seed in range(seeds):
        family, model = network(seed)
        yield family, seed, model
    if whole:
        for i, name in enumerate(_SAMPLES):
            yield name, 1000 + i, onnx.load(SAMPLES / name)
        for i, path in enumerate(p for p in light_models() if p.stem in _LIGHT):
            yield path.stem, 2000 + i, onnx.load(path)


def results(seeds: int, kinds: list[str], *, whole: bool = False) -> Iterator[Result]:
    for source, seed, model in sources(seeds, whole=whole):
        for kind in kinds:
            made = faulty(kind, model, seed)
            if made is not None:
                yield measured(kind, source, seed, *made)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.shapes.repairing", description=__doc__)
    parser.add_argument("--seeds", type=int, default=18)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--whole", action="store_true", help="samples and light models too")
    parser.add_argument("--verbose", action="store_true", help="each that is not named first")
    asked = parser.parse_args()
    by_kind: dict[str, list[Result]] = defaultdict(list)
    for result in results(asked.seeds, [asked.kind] if asked.kind else list(KINDS), whole=asked.whole):
        by_kind[result.kind].append(result)
        if asked.verbose and (result.place != 0 or result.false):
            print(f"{result.kind} {result.source} {result.seed}: cause {result.cause}\n    {result.rule}")
            for row in result.rows:
                print("   ", row)
            for row, why in result.false:
                print("    FALSE", row, why)
    print(f"{'kind':<22}{'faults':>7}{'first':>7}{'three':>7}{'exact':>7}{'none':>6}{'told':>6}{'false':>7}")
    everything = [r for found in by_kind.values() for r in found]
    for kind, found in [*by_kind.items(), ("all", everything)]:
        columns = (
            len(found), sum(r.place == 0 for r in found), sum(r.place is not None for r in found),
            sum(r.exact for r in found), sum(not r.rows for r in found), sum(len(r.rows) for r in found),
            sum(len(r.false) for r in found),
        )  # fmt: skip
        widths = (7, 7, 7, 7, 6, 6, 7)
        print(f"{kind:<22}" + "".join(f"{n:>{w}}" for n, w in zip(columns, widths, strict=True)))


if __name__ == "__main__":
    main()
