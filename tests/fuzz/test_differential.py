"""The short form of the differential fuzzer, and what the long one has found."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnx
import pytest

from auditor.rules import impossible_shapes
from tests.pace import HANG

from .finds import FINDS, FORBIDDEN
from .graphs import Case
from .judging import Refused, judge, runtime
from .lax import LAX


def test_random_graphs_are_as_we_say() -> None:
    """In a process of its own: it forks, which no process should that has had a session."""
    command = [sys.executable, "-m", "tests.fuzz.differential", "--graphs", "2000", "--seed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", FINDS)
def test_what_was_found_is_mended(name: str) -> None:
    assert judge(_case(FINDS[name]), runtime()).wrong == ""


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_the_specification_forbids_is_accused_though_it_runs(name: str) -> None:
    with pytest.raises(Refused, match="it should be"):
        judge(_case(FORBIDDEN[name]), runtime())


@pytest.mark.parametrize("sentence", sorted(set(LAX.values())))
def test_the_page_gives_the_sentence_that_onnxruntime_does_not_keep(sentence: str) -> None:
    quoted = sentence[1 : sentence.rindex('"')]
    assert f'"{quoted}"' in " ".join((impossible_shapes.__doc__ or "").split())


def _case(text: str) -> Case:
    """The model, fed with ones; a size with a name is 2."""
    model = onnx.parser.parse_model(text)
    feeds: dict[str, np.ndarray] = {}
    names: dict[str, int] = {}
    for value in model.graph.input:
        kind = value.type.tensor_type
        shape = [names.setdefault(d.dim_param, 2) if d.dim_param else d.dim_value for d in kind.shape.dim]
        feeds[value.name] = np.ones(shape, onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
    return Case(model, feeds, names)
