"""What a caller may choose of an input is a batch, or a length: by where it stands, and by its name."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.model.load import loads
from auditor.shapes.facts import infer
from auditor.shapes.open_axes import OpenAxis, open_axes


def axes_of(sizes: str) -> tuple[OpenAxis, ...]:
    text = f'<ir_version: 8, opset_import: ["" : 17]> g (float[{sizes}] x) => (y) {{ y = Relu(x) }}'
    return open_axes(infer(loads(onnx.parser.parse_model(text).SerializeToString())))


@pytest.mark.parametrize(
    "name",
    [
        "T", "time", "time_steps", "timestep", "timesteps", "seq_len", "sequenceLength", "num_frames", "window",
        "window_size", "position", "num_positions", "past", "rows", "cols", "audio", "mel", "text", "num_boxes",
    ],
)  # fmt: skip
def test_a_length_that_leads_is_no_batch(name: str) -> None:
    (axis,) = axes_of(f"{name}, 4")
    assert axis == OpenAxis(name, "x", 0, batch=False)
    assert str(axis) == f"the size {name} of 'x'"


@pytest.mark.parametrize("name", ["N", "batch", "batch_size", "batchSize", "dim0", "K", "unk__12"])
def test_what_else_leads_is_a_batch(name: str) -> None:
    (axis,) = axes_of(f"{name}, 4")
    assert axis == OpenAxis(name, "x", 0, batch=True)
    assert str(axis) == "the batch of 'x'"


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [("seq, batch, 4", [False, True]), ("T, N, 4", [False, True]), ("N, K, 4", [True, False]), ("N, B", [True, False])],
)
def test_behind_the_first_axis_a_batch_is_named_so(sizes: str, batches: list[bool]) -> None:
    """Detectors have their boxes behind a batch."""
    assert [axis.batch for axis in axes_of(sizes)] == batches
