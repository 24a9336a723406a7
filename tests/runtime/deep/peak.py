"""``python -m tests.runtime.deep.peak plain|deep MODEL [OTHER]``: the most memory that a run took, in kilobytes, beside
what the process had before it."""

from __future__ import annotations

import sys
from pathlib import Path

import onnxruntime

from auditor.evidence.sizes import choose
from auditor.model.load import load
from auditor.runtime.deep.divergence import Comparing
from auditor.runtime.request import OFF, Request, RunLimits
from auditor.runtime.session import Sessions
from auditor.runtime.tensors import make
from auditor.shapes.facts import infer

from .in_process import CHAIN, ground_of, sides_of


def peak() -> int:
    """Of this process's resident memory: VmHWM, for what its parent had is no part of it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def main(how: str, path: str, other: str = "") -> None:
    model = load(path)
    feeds = choose(infer(model)).attempts[:1]
    request = Request(path, attempts=feeds, limits=RunLimits(seconds=3600, threads=1))
    sessions = Sessions(onnxruntime, request, CHAIN)
    before = peak()
    if how == "plain":
        for level in ("all", OFF):
            session = sessions.open(level)
            session.run([one.name for one in session.outputs], [make(feed, 0) for feed in feeds[0]])
            del session
        print(peak() - before)
        return
    looked = 0
    for side in sides_of(Path(path), other):
        *_, seen = Comparing(ground_of(request), side, invented=True).steps()
        looked += seen.looked
    print(peak() - before, looked)


if __name__ == "__main__":
    main(*sys.argv[1:])
