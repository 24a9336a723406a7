"""Random well-formed graphs through our propagation and through onnxruntime: nothing we claim may be otherwise.

``python -m tests.fuzz.differential --graphs 100000 --seed 1`` is the long form; ``--seed 12345 --graphs 1 --show``
makes one graph again and prints it. onnxruntime runs in a confined child of ours, which makes and judges many graphs;
the one during which it dies is counted, and the next child goes on behind it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

import onnx

from auditor.model.load import loads
from auditor.shapes.facts import infer

from .flow import random_case
from .judging import Refused, Run, Verdict, judge, runtime

SECONDS = 10.0  # of one graph, until its child is ended
MEMORY = 3 << 30
EACH = 5_000  # graphs of one child


class Find(NamedTuple):
    """A graph of which we say something that is not so; ``seed`` makes it again."""

    seed: int
    what: str
    operators: str

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.what} ({self.operators})"


Outcome = Find | Verdict | str
"""What became of a seed: a find, how much we knew; or in a word: refused, died, hung."""


def campaign(first: int, graphs: int) -> Iterator[Outcome]:
    """The graphs of so many seeds."""
    at, last = first, first + graphs
    while at < last:
        until = min(at + EACH, last)
        for outcome in _child(at, until):
            yield outcome
            at += 1


def _child(first: int, last: int) -> Iterator[Outcome]:
    """What one child says of its seeds, in order; it may end before the last."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _work(first, last, writing)
    os.close(writing)
    done, ended, rest = 0, "died", b""
    while True:
        if not select.select([reading], [], [], SECONDS)[0]:
            os.kill(child, signal.SIGKILL)
            ended = "hung"
            break
        chunk = os.read(reading, 1 << 16)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            done += 1
            said = json.loads(line)
            yield said if isinstance(said, str) else (Find if isinstance(said[1], str) else Verdict)(*said)
    os.close(reading)
    os.waitpid(child, 0)
    if done < last - first:
        yield ended


def _work(first: int, last: int, writing: int) -> NoReturn:
    try:
        run = runtime()
        _confine()
        for seed in range(first, last):
            outcome = judged(seed, run)
            os.write(writing, json.dumps(outcome).encode() + b"\n")
    finally:
        os._exit(0)


def _confine() -> None:
    from auditor.runtime.sandbox import confine, cpu_profile

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a dying runtime has to say
    confine(cpu_profile((), MEMORY, 3_600))


def prepare() -> None:
    """Import and collect once, for every child, what is wanted now or then: a confined one can read no file any more.

    Forking after a clean import of onnxruntime is safe; after a session it is not.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import fractions  # noqa: F401

    import onnxruntime  # noqa: F401

    from auditor.shapes.registry import all_operators

    all_operators()
    for seed in range(200):  # what rules import when they need it
        case = random_case(seed)
        infer(loads(case.model.SerializeToString()), values=case.feeds)


def judged(seed: int, run: Run) -> Outcome:
    try:
        case = random_case(seed)
    except Exception as error:
        return Find(seed, f"no graph: {type(error).__name__}: {error}", "")
    operators = " ".join(node.op_type for node in case.model.graph.node)
    try:
        verdict = judge(case, run)
    except Refused:
        return "refused"
    except Exception as error:
        return Find(seed, f"no judgement: {type(error).__name__}: {error}", operators)
    return Find(seed, verdict.wrong, operators) if verdict.wrong else verdict


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.differential", description=__doc__)
    parser.add_argument("--graphs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first graph; each later one has the next")
    parser.add_argument("--show", action="store_true", help="print the graphs, and what becomes of each")
    options = parser.parse_args()
    if options.show:
        return _show(options.seed, options.graphs)
    prepare()
    started = time.monotonic()
    tally: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    known = [0] * 4
    for outcome in campaign(options.seed, options.graphs):
        match outcome:
            case Find(what=what):
                tally["found"] += 1
                kinds[kind := re.sub(r"\d+", "#", what)[:70]] += 1
                if kinds[kind] <= 3:
                    print(outcome, flush=True)
            case Verdict():
                tally["ran"] += 1
                known = [a + b for a, b in zip(known, outcome[1:], strict=True)]
            case word:
                tally[word] += 1
                if word != "refused":
                    print(f"seed {options.seed + tally.total() - 1}: onnxruntime {word}", flush=True)
    spent = time.monotonic() - started
    words = ", ".join(f"{count:,} {word}" for word, count in tally.most_common())
    print(f"{options.graphs:,} graphs from seed {options.seed} in {spent:.0f} s: {words}")
    tensors, *others = (f"{n:,}" for n in known)
    print(
        f"shapes known of {tensors} tensors: {others[0]} from shapes, {others[1]} from names, {others[2]} with values"
    )
    return 1 if tally["found"] else 0


def _show(first: int, graphs: int) -> int:
    found = 0
    run = runtime()
    for seed in range(first, first + graphs):
        case = random_case(seed)
        print(onnx.printer.to_text(case.model))
        print({name: (array.shape, array.ravel().tolist()[:16]) for name, array in case.feeds.items()}, case.names)
        try:
            what = judge(case, run).wrong
        except Refused as refusal:
            what = ""
            print("refused:", refusal)
        found += bool(what)
        print(f"seed {seed}:", what or "as we say")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
