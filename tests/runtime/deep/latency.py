"""``python -m tests.runtime.deep.latency [PAIRS]``: the times of the part speed against a plain loop of onnxruntime.

The loop is a script as anybody writes one, in no sandbox, with the same threads, level and number of runs. It has a
process and a session of its own, for Linux gives each session its share of a busy machine. Both are made in turn, and
the order changes from pair to pair. It falls short where the median of the ratios is more than 3 % away from 1: ratios
of the median runs, or, where half of these lie farther apart than that, of the fastest tenths (P10), which others on
the machine disturb half as much (18 pairs at a load of 25 on two processors: half of the ratios within 4.3 %, against
8.2 %). Where half of both lie farther apart it is open.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from auditor.evidence.deep.spreads import quantile
from auditor.runtime.deep.speed import SpeedSeen
from auditor.runtime.outcome import Deep
from auditor.runtime.parent import look
from auditor.runtime.request import DeepQuestion, Feed, Request, RunLimits
from tests.corpus import light_models
from tests.pace import HANG

Pair: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]

PAIRS = 9
WITHIN = 0.03
LIMITS = RunLimits(seconds=HANG, threads=1)
"""One thread: on a busy machine two wait for each other, and the times are those of the wait."""

LOOP = """
import json, sys, time
import numpy, onnxruntime
path, shape, runs, threads = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
feed = {session.get_inputs()[0].name: numpy.random.default_rng(0).random(shape, numpy.float32)}
names = [output.name for output in session.get_outputs()]
taken = []
for _ in range(5):
    session.run(names, feed)
for _ in range(runs):
    began = time.perf_counter()
    session.run(names, feed)
    taken.append((time.perf_counter() - began) * 1e3)
print(json.dumps(taken))
"""


def ours(path: str, name: str, shape: tuple[int, ...], runs: int) -> tuple[float, ...]:
    """The milliseconds of the part's runs, as many as it made."""
    question = DeepQuestion("speed", json.dumps({"runs": runs}))
    request = Request(path, attempts=((Feed(name, 1, shape),),), deep=question, limits=LIMITS)
    outcome = look(request)
    assert isinstance(outcome, Deep) and isinstance(outcome.seen, SpeedSeen), outcome
    return outcome.seen.timed[0].milliseconds


def looped(path: str, shape: tuple[int, ...], runs: int) -> tuple[float, ...]:
    """Those of the loop's."""
    threads = LIMITS.thread_count()
    command = [sys.executable, "-c", LOOP, path, json.dumps(shape), str(runs), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    return tuple(json.loads(done.stdout))


def plain(path: str, shape: tuple[int, ...], runs: int) -> float:
    """The median of the loop's."""
    return quantile(looped(path, shape, runs), 0.5)


def pairs_of(path: str, name: str, shape: tuple[int, ...], runs: int, pairs: int) -> list[Pair]:
    """Ours and the loop's, each time as many runs."""
    made = len(ours(path, name, shape, runs))
    found: list[Pair] = []
    for pair in range(pairs):
        if pair % 2:
            other = looped(path, shape, made)
            found.append((ours(path, name, shape, runs), other))
        else:
            own = ours(path, name, shape, runs)
            found.append((own, looped(path, shape, made)))
    return found


def judged(pairs: Sequence[Pair]) -> tuple[str, str]:
    """A word, and what it rests on."""
    said = ""
    for share, called in ((0.5, "median"), (0.1, "fastest tenth")):
        ratios = [quantile(own, share) / quantile(other, share) for own, other in pairs]
        low, middle, high = (quantile(ratios, part) for part in (0.25, 0.5, 0.75))
        said += f"{'; ' if said else ''}{middle:.3f} of the loop's {called}, half in {low:.3f} to {high:.3f}"
        if high - low <= WITHIN:
            return "ok" if abs(middle - 1) <= WITHIN else "SHORT", said
    return "open", said


def main(pairs: int) -> int:
    samples = Path(__file__).parents[3] / "sample_models"
    models = [
        (samples / "lenet5" / "lenet5.onnx", "data", (8, 1, 32, 32)),
        (samples / "resnet_block.onnx", "data", (8, 16, 28, 28)),
        *((path, "", (1, 3, 224, 224)) for path in light_models() if path.stem in ("light_squeezenet",)),
    ]
    short = 0
    for path, name, shape in models:
        word, said = judged(pairs_of(str(path), name or input_of(path), shape, 30, pairs))
        short += word == "SHORT"
        print(f"{word:5} {path.stem}, {pairs} pairs: {said}")
    return 1 if short else 0


def input_of(path: Path) -> str:
    """The only input that is fed."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    stored = {one.name for one in graph.initializer}
    return next(one.name for one in graph.input if one.name not in stored)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS))
