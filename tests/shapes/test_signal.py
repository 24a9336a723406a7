"""Fourier transforms against onnxruntime, every attribute and many lengths."""

from __future__ import annotations

import random

import numpy as np
import pytest

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import ask, tensor, values
from tests.shapes.confronting import confront


def _scalar(value: int) -> np.ndarray:
    return np.array(value, "int64")


@pytest.mark.parametrize("opset", [17, 20])
def test_dft(opset: int) -> None:
    rng = random.Random(opset)
    ran = 0
    for _ in range(150):
        space = [rng.choice((1, 2, 3, 5, 8)) for _ in range(rng.randint(1, 3))]
        x = np.ones((*space, rng.choice((1, 2, 2))), rng.choice(("float32", "float64")))
        length = _scalar(rng.choice((1, 2, 4, 7, 9))) if rng.random() < 0.5 else None
        attributes = {"inverse": rng.randrange(2), "onesided": rng.randrange(2)}
        axis = rng.choice([*range(-len(space) - 1, -1), *range(len(space))])
        inputs = [x, length]
        if opset == 17:
            attributes["axis"] = axis
        elif rng.random() < 0.7:
            inputs.append(_scalar(axis))
        ran += confront("DFT", opset, inputs, attributes)
    assert ran > 80


def test_stft() -> None:
    rng = random.Random(17)
    ran = 0
    for _ in range(120):
        shape = (rng.randint(1, 3), rng.randint(6, 40))
        x = np.ones(rng.choice((shape, (*shape, 1), (*shape, 2))), "float32")
        length = rng.randint(1, 12)
        window = np.ones(length, "float32") if rng.random() < 0.6 else None
        inputs = [x, _scalar(rng.randint(1, 8)), window]
        if window is None or rng.random() < 0.5:
            inputs.append(_scalar(length))
        ran += confront("STFT", 17, inputs, {"onesided": rng.randrange(2)})
    assert ran > 80


def test_symbolic_samples() -> None:
    samples = named("T")
    got = ask("STFT", 17, [tensor(1, samples, 1), Fact(7, (), (4,)), tensor(16)]).outputs[0].shape
    assert got == (1, (samples - 16) // 4 + 1, 9, 2)
    real = ask("DFT", 20, [tensor(1, samples, 1)], {"onesided": 1}).outputs[0].shape
    assert real == (1, samples // 2 + 1, 2)


def test_a_step_that_nobody_knows_leaves_the_frames_open() -> None:
    assert ask("STFT", 17, [tensor(2, 64, 1), Fact(7, ()), tensor(16)]).outputs[0].shape == (2, None, 9, 2)


@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        ((1, 8, 3), {}),  # neither real nor complex
        ((1, 8, 2), {"onesided": 1}),  # "only real input is supported"
        ((1, 8, 1), {"onesided": 1, "inverse": 1}),  # "only complex input is supported"
        ((1, 8, 1), {"axis": 2}),  # "the last dimension ... is an invalid axis"
        ((1, 8, 1), {"axis": -1}),
    ],
)
def test_what_the_specification_forbids(shape: tuple[int, ...], attributes: dict[str, int]) -> None:
    with pytest.raises(ShapeError):
        ask("DFT", 17, [tensor(*shape)], attributes)
    assert not confront("DFT", 17, [np.ones(shape, "float32")], attributes)


def test_the_axis_may_be_anywhere_where_nobody_knows_it() -> None:
    got = ask("DFT", 20, [tensor(2, 8, 1), None, Fact(7, ())]).outputs[0].shape
    assert got == (None, None, 2)
    assert ask("DFT", 20, [tensor(2, 8, 1), None, values(0)]).outputs[0].shape == (2, 8, 2)
