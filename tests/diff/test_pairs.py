"""Scripts and verdicts against what was done to the models: seeded edits, disguises, another library's writing."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import onnx
import onnx_ir
import pytest
from google.protobuf.message import DecodeError
from onnx import shape_inference

from auditor.diff.difference import Degree, Renamed, Reordered
from auditor.diff.differing import model_difference
from auditor.errors import AuditorError
from auditor.model.load import load, loads
from auditor.shapes.facts import infer
from tests.corpus import SAMPLES, converted_models, light_models
from tests.diff.disguised import disguised
from tests.diff.mutators import MUTATORS, Mutation, Workbench
from tests.diff.nets import net
from tests.diff.pairs import Pair, difference, measured, script


def _is_readable(path: Path) -> bool:
    """Some samples are what no library reads."""
    try:
        load(str(path))
        onnx.load(str(path), load_external_data=False)
    except (AuditorError, DecodeError):
        return False
    return True


MODELS = [*light_models(), *sorted(SAMPLES.rglob("*.onnx")), *converted_models()[::4]]
MODELS = [path for path in MODELS if _is_readable(path)]


def test_scripts_and_verdicts() -> None:
    """A share of what `python -m tests.diff.pairs` measures; the seeds are fixed, and what is wrong names its own."""
    found = measured(30, each=15)
    assert found.right == found.pairs == 30, "\n".join(found.wrong)
    assert found.exact >= 29, "\n".join(found.wrong)


@pytest.mark.parametrize("mutator", MUTATORS, ids=lambda mutator: mutator.__name__)
def test_each_kind_by_itself(mutator: Callable[[Workbench], Mutation | None]) -> None:
    """In three nets in which it finds a place, each disguised."""
    tried = 0
    for seed in range(60):
        old = net(seed)
        bench = Workbench(old, seed)
        mutation = mutator(bench)
        if mutation is None or tried == 3:
            continue
        try:
            pair = Pair(seed, old, disguised(bench.model, seed), (mutation,))
            lines, degree = pair.truth
        except shape_inference.InferenceError:
            continue
        tried += 1
        found = difference(pair.old, pair.new)
        assert (script(found), found.conclusion.degree) == (lines, degree), f"seed {seed}: {found.edits}"
    assert tried == 3


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_model_renamed_and_reordered(path: Path) -> None:
    """Nothing but names and orders, and against itself nothing at all."""
    model, proto = load(str(path)), onnx.load(str(path), load_external_data=False)
    facts = infer(model)
    itself = model_difference(facts, infer(load(str(path)))).conclusion
    other = loads(disguised(proto, 7).SerializeToString(), str(path))
    found = model_difference(facts, infer(other))
    assert not script(found) or itself.unknown, [edit.text for edit in found.edits]
    if itself.unknown:  # data that is not there is not the same
        assert itself.degree is found.conclusion.degree is Degree.WEIGHTS
        return
    assert (itself.degree, found.conclusion.degree) == (Degree.IDENTICAL, Degree.RENAMED)
    assert all(isinstance(edit.change, Renamed | Reordered) or edit.degree is Degree.RENAMED for edit in found.edits)


@pytest.mark.parametrize("seed", range(4))
def test_another_library_writes_it(seed: int) -> None:
    """onnx-ir puts fields, initializers and raw data in orders and forms of its own."""
    proto = net(seed)
    for tensor in list(proto.graph.initializer)[::2]:
        values = onnx.numpy_helper.to_array(tensor)
        tensor.ClearField("raw_data")
        tensor.float_data.extend(values.reshape(-1).tolist())
    written = onnx_ir.to_proto(onnx_ir.from_proto(disguised(proto, seed)))
    out = io.BytesIO()
    onnx.save(written, out)
    found = model_difference(infer(loads(proto.SerializeToString())), infer(loads(out.getvalue())))
    assert found.conclusion.degree is Degree.RENAMED, [edit.text for edit in found.edits]
    assert not script(found)
