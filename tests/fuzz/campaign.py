"""The campaign: seeds out of the corpus, spoilt, read, propagated, counted and judged by every rule that runs nothing.

Inside a process, for thousands of files a second want no process each. A file that takes too long is a find as well.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import onnx

from auditor.errors import AuditorError
from auditor.evidence.evidence import Evidence
from auditor.formats import json as json_format
from auditor.model.load import loads
from auditor.pipeline import _judge, selected
from auditor.policy.judge import judge
from auditor.settings import Settings
from tests.corpus import NodeTest, converted_models, node_tests
from tests.pace import check_units, cpu_of
from tests.rules.mutators import ADD, BRANCHES, RELU, TWO_WEIGHTS

from .mutations import bytes_spoilt, meaning_spoilt

TEXTS = (RELU, ADD, BRANCHES, TWO_WEIGHTS)
MOST = 100.0  # units of work that a file may take
LARGEST = 30_000
SETTINGS = Settings(run=False, weights=False)


@dataclass(frozen=True)
class Find:
    """A file that got out of hand; ``seed`` makes it again: `spoilt(seed)`."""

    seed: int
    what: str
    data: bytes

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.what} ({len(self.data)} bytes)"


@cache
def seeds() -> tuple[bytes, ...]:
    """Small models of every operator, subgraphs, functions and external data among them."""
    models = [_with_its_integers(case) for case in node_tests()]
    models += [path.read_bytes() for path in converted_models()]
    models += [onnx.parser.parse_model(text).SerializeToString() for text in TEXTS]
    return tuple(m for m in models if len(m) < LARGEST)


def _with_its_integers(case: NodeTest) -> bytes:
    """A node test whose small integer inputs are stored: shapes hang on them."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for value, array in zip(case.model.graph.input, case.inputs, strict=False):
        if array is not None and array.dtype == "int64" and array.size <= 16:
            model.graph.initializer.append(onnx.numpy_helper.from_array(array, value.name))
    return bytes(model.SerializeToString())


@cache
def operators() -> tuple[str, ...]:
    return tuple(sorted({schema.name for schema in onnx.defs.get_all_schemas()}))


def spoilt(seed: int) -> bytes:
    """The file of this seed."""
    rng = random.Random(seed)
    model = rng.choice(seeds())
    if rng.random() < 0.4:
        return bytes_spoilt(rng, model, seeds())
    return meaning_spoilt(rng, model, operators())


def trouble(data: bytes) -> str:
    """What went wrong with us over this file; "" if nothing did."""
    started = time.process_time()
    what = _fault(data)
    spent = time.process_time() - started
    try:
        check_units(MOST, lambda: cpu_of(lambda: _fault(data)), spent)
    except AssertionError as slow:
        return what or str(slow)
    return what


def _fault(data: bytes) -> str:
    try:
        report = _judge(Evidence(loads(data), SETTINGS), selected(SETTINGS))
        json_format.line(report, judge(report).verdict)
    except AuditorError:
        pass
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    else:
        for missed in (*report.coverage.skipped, *report.coverage.failed):
            if "fault of auditor" in missed.why:
                return f"{missed.what}: {missed.why}"[:300]
    return ""


def campaign(first: int) -> Iterator[tuple[int, Find | None]]:
    """Files from a seed on, without an end."""
    seed = first
    while True:
        data = spoilt(seed)
        what = trouble(data)
        yield seed, Find(seed, what, data) if what else None
        seed += 1
