"""Normalizations keep the shape; what they need of their parameters, as the specification says."""

from __future__ import annotations

import random

import numpy as np
import pytest

from auditor.shapes.fact import BroadcastsTo, Exact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import ask, confront, misfits, shape, tensor

N, C = named("N"), named("C")
IMAGE = tensor(N, 64, 7, 7)
FLOAT16, BOOL = 10, 9


def floats(*sizes: int) -> np.ndarray:
    return np.ones(sizes, np.float32)


@pytest.mark.parametrize(
    ("opset", "mean", "variance"),
    [(6, "mean", "var"), (7, "mean", "var"), (9, "mean", "var"), (15, "input_mean", "input_var")],
)
def test_batch_normalization_learns_two_and_remembers_two(opset: int, mean: str, variance: str) -> None:
    answer = ask("BatchNormalization", opset, [IMAGE] + [tensor(64)] * 4)
    assert answer.outputs[0].shape == IMAGE.shape
    assert answer.needs == {
        "scale": Exact((64,), "learnable"),
        "b": Exact((64,), "learnable"),
        mean: Exact((64,), "statistic"),
        variance: Exact((64,), "statistic"),
    }
    wrong = [IMAGE, tensor(64), tensor(63), tensor(64), tensor(1)]
    assert misfits("BatchNormalization", opset, wrong) == {"b", variance}


def test_batch_normalization_in_training_gives_its_statistics() -> None:
    half = IMAGE._replace(dtype=FLOAT16)
    answer = ask("BatchNormalization", 15, [half] + [tensor(64)] * 4, {"training_mode": 1}, outputs=3)
    assert [(f.dtype, f.shape) for f in answer.outputs] == [(FLOAT16, IMAGE.shape), (1, (64,)), (1, (64,))]


def test_batch_normalization_of_each_place() -> None:
    """ "If spatial is false, the dimensions of scale are (C x D1 x ... x Dn)"."""
    each = tensor(64, 7, 7)
    assert misfits("BatchNormalization", 7, [IMAGE] + [each] * 4, {"spatial": 0}) == set()
    assert misfits("BatchNormalization", 7, [IMAGE] + [each] * 4) == {"scale", "b", "mean", "var"}


def test_one_channel_where_there_is_no_axis_for_it() -> None:
    assert misfits("BatchNormalization", 9, [tensor(N)] + [tensor(1)] * 4) == set()


def test_group_normalization_changed_its_parameters() -> None:
    """ "(num_groups)" in opset 18, "(C)" in 21."""
    assert misfits("GroupNormalization", 18, [IMAGE, tensor(8), tensor(8)], {"num_groups": 8}) == set()
    assert misfits("GroupNormalization", 21, [IMAGE, tensor(8), tensor(64)], {"num_groups": 8}) == {"scale"}
    with pytest.raises(ShapeError) as error:
        ask("GroupNormalization", 21, [IMAGE, tensor(64), tensor(64)], {"num_groups": 7})
    assert error.value.attribute == "num_groups"
    assert shape("GroupNormalization", 21, [tensor(N, C, 4), tensor(C), tensor(C)], {"num_groups": 7}) == (N, C, 4)


def test_layer_normalization() -> None:
    x = tensor(N, 128, 768, dtype=FLOAT16)
    answer = ask("LayerNormalization", 17, [x, tensor(768), tensor(768)], outputs=3)
    assert [(f.dtype, f.shape) for f in answer.outputs] == [(FLOAT16, x.shape), (1, (N, 128, 1)), (1, (N, 128, 1))]
    assert answer.needs["scale"] == BroadcastsTo((768,), "learnable")
    assert misfits("LayerNormalization", 17, [x, tensor(767), tensor(768)]) == {"scale"}
    assert misfits("LayerNormalization", 17, [x, tensor(128, 768)], {"axis": 1}) == set()
    assert misfits("RMSNormalization", 23, [x, tensor(128)]) == {"scale"}
    with pytest.raises(ShapeError):
        ask("LayerNormalization", 17, [x, tensor(768)], {"axis": 3})


def test_a_slope_stretches_to_the_data_and_never_the_data_to_it() -> None:
    for slope in ((), (1,), (7,), (64, 1, 1), (1, 64, 1, 1)):
        assert misfits("PRelu", 9, [IMAGE, tensor(*slope)]) == set()
    assert misfits("PRelu", 9, [IMAGE, tensor(64)]) == {"slope"}
    assert misfits("PRelu", 9, [tensor(64), tensor(1, 64)]) == {"slope"}
    assert misfits("PRelu", 6, [IMAGE, tensor(64)]) == set()  # one for each channel, in those days
    assert misfits("PRelu", 6, [IMAGE, tensor(63)]) == {"slope"}


def test_softmax_asks_for_an_axis_that_is_there() -> None:
    for op_type in ("Softmax", "LogSoftmax", "Hardmax"):
        assert shape(op_type, 13, [tensor(N, 10)]) == (N, 10)
        with pytest.raises(ShapeError):
            ask(op_type, 13, [tensor(N, 10)], {"axis": 2})
        assert shape(op_type, 1, [tensor(10)]) == (10,)


@pytest.mark.parametrize(("opset", "mask"), [(6, FLOAT16), (7, FLOAT16), (10, BOOL), (12, BOOL), (13, BOOL)])
def test_dropout_gives_a_mask(opset: int, mask: int) -> None:
    answer = ask("Dropout", opset, [IMAGE._replace(dtype=FLOAT16)], outputs=2)
    assert [(f.dtype, f.shape) for f in answer.outputs] == [(FLOAT16, IMAGE.shape), (mask, IMAGE.shape)]


def test_values_do_not_survive_a_normalization() -> None:
    x = tensor(2)._replace(elements=(1.0, 2.0))
    for op_type in ("Softmax", "LpNormalization"):
        assert ask(op_type, 13, [x], {"axis": 0}).outputs[0].elements is None


def test_random_normalizations_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(7)
    ran = 0
    for _ in range(40):
        sizes = [chance.randrange(1, 5) for _ in range(chance.randrange(2, 5))]
        x, rank, each = floats(*sizes), len(sizes), floats(sizes[1])
        axis = chance.randrange(-rank, rank)
        rest = floats(*sizes[axis % rank :])
        ran += confront("BatchNormalization", chance.choice([7, 9, 14, 15]), [x] + [each] * 4)
        ran += confront("BatchNormalization", 15, [x] + [each] * 4, {"training_mode": 1}, outputs=3)
        ran += confront("InstanceNormalization", chance.choice([6, 22]), [floats(*sizes, 3), each, each])
        ran += confront("LayerNormalization", 17, [x, rest, rest], {"axis": axis}, chance.choice([1, 3]))
        ran += confront("LpNormalization", 1, [x], {"axis": axis})
        for op_type in ("Softmax", "LogSoftmax", "Hardmax"):
            ran += confront(op_type, chance.choice([1, 11, 13]), [x], {"axis": chance.randrange(rank)})
        ran += confront("Dropout", chance.choice([7, 10, 12, 13]), [x], outputs=2)
        slope = [1 if chance.random() < 0.5 else size for size in sizes][chance.randrange(rank) :]
        ran += confront("PRelu", chance.choice([7, 9, 16]), [x, floats(*slope)])
    assert ran > 360
