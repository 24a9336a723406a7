"""Operators that draw, and those that make windows."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import ask, tensor
from tests.shapes.confronting import confront

N = named("N")
INT64, DOUBLE = 7, 11


def test_random_shapes() -> None:
    assert ask("RandomNormal", 1, [], {"shape": (2, 3)}).outputs[0] == tensor(2, 3)
    assert ask("RandomUniform", 22, [], {"shape": (), "dtype": DOUBLE}).outputs[0] == Fact(DOUBLE, ())
    assert ask("RandomNormalLike", 1, [tensor(N, 3)]).outputs[0] == tensor(N, 3)
    assert ask("Bernoulli", 15, [tensor(N)], {"dtype": INT64}).outputs[0] == Fact(INT64, (N,))
    assert ask("Multinomial", 7, [tensor(N, 10)], {"sample_size": 4}).outputs[0] == Fact(6, (N, 4))
    with pytest.raises(ShapeError, match="negative"):
        ask("RandomNormal", 1, [], {"shape": (2, -3)})


def test_windows_and_filter_banks_are_the_runtimes() -> None:
    size = np.array(9, np.int64)
    for name in ("HannWindow", "HammingWindow", "BlackmanWindow"):
        assert confront(name, 17, [size], {"output_datatype": DOUBLE})
    scalars = [np.array(n, np.int64) for n in (8, 16, 8192)] + [np.array(f, np.float32) for f in (0.0, 4096.0)]
    assert confront("MelWeightMatrix", 17, scalars)
    assert ask("HannWindow", 17, [Fact(INT64, (), (N,))]).outputs[0] == tensor(N)
