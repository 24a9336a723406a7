"""Recurrent layers, against the shapes and sizes that ONNX's Operators.md gives for RNN, GRU and LSTM."""

from __future__ import annotations

import onnx.defs
import pytest

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import ask, misfits, shape, tensor

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def inputs(gates: int, directions: int = 1, hidden: int = 5, features: int = 3) -> list[Fact]:
    """X of 7 steps and a batch of 2, W, R, B."""
    return [
        tensor(7, 2, features),
        tensor(directions, gates * hidden, features),
        tensor(directions, gates * hidden, hidden),
        tensor(directions, 2 * gates * hidden),
    ]


@pytest.mark.parametrize("opset", [1, 3, 7, 14, 22])
@pytest.mark.parametrize("op_type", GATES)
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_shapes_and_macs_at_every_opset(op_type: str, opset: int, direction: str) -> None:
    directions = 2 if direction == "bidirectional" else 1
    gates = GATES[op_type]
    given = inputs(gates, directions)
    attributes = {"hidden_size": 5, "direction": direction}
    answer = ask(op_type, opset, given, attributes, outputs=2)
    assert [f.shape for f in answer.outputs[:2]] == [(7, directions, 2, 5), (directions, 2, 5)]
    assert answer.macs == 7 * 2 * directions * gates * 5 * (3 + 5)
    assert not misfits(op_type, opset, given, attributes)


@pytest.mark.parametrize("op_type", GATES)
def test_batch_first(op_type: str) -> None:
    given = [tensor(2, 7, 3), *inputs(GATES[op_type])[1:]]
    attributes = {"hidden_size": 5, "layout": 1}
    assert shape(op_type, 14, given, attributes) == (2, 7, 1, 5)
    assert shape(op_type, 14, given, attributes, 1) == (2, 1, 5)


def test_the_cell_has_the_shape_of_the_hidden_state() -> None:
    assert shape("LSTM", 14, inputs(4), {"hidden_size": 5}, 2) == (1, 2, 5)


def test_hidden_size_comes_from_r_where_it_is_not_said() -> None:
    assert shape("GRU", 14, inputs(3)) == (7, 1, 2, 5)


def test_open_sizes_stay() -> None:
    steps, batch = named("steps"), named("batch")
    given = [tensor(steps, batch, 3), *inputs(4)[1:]]
    answer = ask("LSTM", 14, given, {"hidden_size": 5}, outputs=3)
    assert answer.outputs[0].shape == (steps, 1, batch, 5)
    assert answer.macs == steps * batch * (4 * 5 * (3 + 5))


@pytest.mark.parametrize("place", [1, 2, 3])
def test_each_weight_must_fit(place: int) -> None:
    given = inputs(4)
    given[place] = tensor(1, 19) if place == 3 else tensor(1, 19, 3)
    assert misfits("LSTM", 14, given, {"hidden_size": 5}) == {("w", "r", "b")[place - 1]}


def test_states_lengths_and_peepholes_must_fit() -> None:
    state = tensor(1, 3, 5)  # a batch of 3 where it is 2
    given = [*inputs(4), tensor(3), state, state, tensor(1, 16)]
    assert misfits("LSTM", 14, given, {"hidden_size": 5}) == {"sequence_lens", "initial_h", "initial_c", "p"}


def test_the_default_direction_of_the_first_gru_is_one() -> None:
    """Which its page misspells."""
    default = onnx.defs.get_schema("GRU", 1).attributes["direction"].default_value.s.decode()
    assert shape("GRU", 1, inputs(3), {"hidden_size": 5, "direction": default}) == (7, 1, 2, 5)


def test_a_direction_that_there_is_not() -> None:
    with pytest.raises(ShapeError, match="sideways"):
        ask("RNN", 14, inputs(1), {"direction": "sideways"})


def test_x_must_have_steps_batch_and_features() -> None:
    with pytest.raises(ShapeError, match="rank 3"):
        ask("RNN", 14, [tensor(7, 2), *inputs(1)[1:]])
