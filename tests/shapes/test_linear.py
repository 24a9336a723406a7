"""Matrix products against NumPy's and onnxruntime's outputs."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import numpy as np
import pytest

from auditor.shapes.fact import BroadcastsTo, Exact, ShapeError
from auditor.shapes.sizes.dim import evaluate, named
from tests.shapes.asking import ask, confront, formula, misfits, shape, tensor

N, M = named("N"), named("M")


def floats(*sizes: int) -> np.ndarray:
    return np.zeros(sizes, np.float32)


def test_a_dense_layer() -> None:
    """AlexNet's fc6: 9216 features into 4096, (n + 1) * m parameters."""
    x, w, b = tensor(N, 9216), tensor(4096, 9216), tensor(4096)
    answer = ask("Gemm", 13, [x, w, b], {"transB": 1})
    assert answer.outputs[0].shape == (N, 4096)
    assert answer.needs == {"b": Exact((4096, 9216), "learnable"), "c": BroadcastsTo((N, 4096), "learnable")}
    assert answer.macs == N * 9216 * 4096
    assert formula("Gemm", 13, [x, w, b], {"transB": 1}) == "9216 features in, 4096 out"


def test_features_that_do_not_fit_are_a_misfit_of_the_weight() -> None:
    w = tensor(9216, 4096)
    assert misfits("Gemm", 13, [tensor(1, 6400), w]) == {"b"}
    assert misfits("MatMul", 13, [tensor(1, 6400), w]) == {"b"}
    assert misfits("MatMul", 13, [tensor(N, 7, 6400), w]) == {"b"}
    assert misfits("Gemm", 13, [tensor(1, M), w]) == set()
    assert misfits("Gemm", 13, [tensor(1, 9216), tensor(9216)]) == {"b"}
    assert misfits("Gemm", 13, [tensor(2, 9216), w, tensor(3, 4096)]) == {"c"}
    assert misfits("Gemm", 13, [tensor(2, 9216), w, tensor(4095)]) == {"c"}


def test_before_opset_7_the_bias_stretches_only_if_asked_to() -> None:
    x, w, b = tensor(2, 3), tensor(3, 4), tensor(4)
    assert misfits("Gemm", 6, [x, w, b]) == {"c"}
    assert misfits("Gemm", 6, [x, w, b], {"broadcast": 1}) == set()
    assert misfits("Gemm", 7, [x, w, b]) == set()


def test_a_dense_layer_wants_a_matrix() -> None:
    with pytest.raises(ShapeError) as error:
        ask("Gemm", 13, [tensor(1, 256, 6, 6), tensor(9216, 4096)])
    assert error.value.parameter == "a"


@pytest.mark.parametrize(
    ("sizes", "advised"),
    [((), ""), ((9216,), "Unsqueeze (axes [0])"), ((2, 9, 1024), "Flatten (axis 1)"), ((2, 9, 32, 32), "Flatten")],
)
def test_what_makes_a_matrix_of_the_data_is_advised(sizes: tuple[int, ...], advised: str) -> None:
    """A vector is one row; each of several images is one. Of a number nothing makes 9,216 features."""
    with pytest.raises(ShapeError) as error:
        ask("Gemm", 13, [tensor(*sizes), tensor(9216, 4096)])
    assert advised in error.value.advice and bool(error.value.advice) == bool(advised)


def test_matmul_counts_its_batches() -> None:
    """12 heads of 64: the products of attention."""
    answer = ask("MatMul", 13, [tensor(N, 12, 128, 64), tensor(N, 12, 64, 128)])
    assert answer.outputs[0].shape == (N, 12, 128, 128)
    assert answer.macs == N * 12 * 128 * 64 * 128
    dense = ask("MatMul", 13, [tensor(N, 128, 768), tensor(768, 3072)])
    assert dense.needs == {"b": Exact((768, 3072), "learnable")} and dense.macs == N * 128 * 768 * 3072


def test_matmul_of_what_is_not_known() -> None:
    unranked = tensor()._replace(shape=None)
    assert shape("MatMul", 13, [unranked, tensor(3, 4)]) is None
    assert shape("MatMul", 13, [tensor(None, 3), tensor(3, N)]) == (None, N)
    assert ask("MatMul", 13, [tensor(2, None), tensor(5, 4)]).macs == 2 * 5 * 4
    with pytest.raises(ShapeError):
        ask("MatMul", 13, [tensor(2, 3, 4), tensor(5, 4, 6)])
    with pytest.raises(ShapeError):
        ask("MatMul", 13, [tensor(), tensor(4)])


@pytest.mark.parametrize(
    ("equation", "shapes", "expected", "macs"),
    [
        ("bij,bjk->bik", [(N, 3, 4), (N, 4, 5)], (N, 3, 5), N * 3 * 4 * 5),
        ("ij,jk", [(3, 4), (4, 5)], (3, 5), 60),
        ("ba,bc", [(3, 4), (3, 5)], (4, 5), 60),  # implicit: the letters that occur once, in their order
        ("...ij,...jk->...ik", [(7, 1, 3, 4), (2, 4, 5)], (7, 2, 3, 5), 7 * 2 * 60),
        ("i...->...", [(3, 4, 5)], (4, 5), 0),
        ("ii->i", [(3, 3)], (3,), 0),
        (" i j -> j i ", [(3, 4)], (4, 3), 0),
        ("i,i->", [(3,), (3,)], (), 3),
        ("ij,jk->ik", [(3, None), (4, 5)], (3, 5), 60),
        ("ij,jk->ik", [None, (4, 5)], (None, 5), None),
    ],
)
def test_einsum(equation: str, shapes: list[Any], expected: Any, macs: Any) -> None:
    inputs = [tensor()._replace(shape=s) for s in shapes]
    answer = ask("Einsum", 12, inputs, {"equation": equation})
    assert answer.outputs[0].shape == expected
    assert answer.macs == macs


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(3, 4), (5, 6)]),
        ("ij->i", [(3, 4), (3, 4)]),
        ("ij->k", [(3, 4)]),
        ("ijk->i", [(3, 4)]),
        ("i1->i", [(3, 4)]),
    ],
)
def test_impossible_einsums(equation: str, shapes: list[Any]) -> None:
    with pytest.raises(ShapeError):
        ask("Einsum", 12, [tensor(*s) for s in shapes], {"equation": equation})


def test_determinants() -> None:
    assert shape("Det", 11, [tensor(N, 3, 3)]) == (N,)
    with pytest.raises(ShapeError):
        ask("Det", 11, [tensor(N, 3, 4)])


def test_random_products_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(4)
    ran = 0
    for _ in range(200):
        inner = chance.randrange(1, 4)
        batch = [chance.randrange(1, 4), chance.randrange(1, 4)]

        def stretched(axes: int, batch: list[int] = batch) -> list[int]:
            return [1 if chance.random() < 0.3 else size for size in batch[len(batch) - axes :]]

        a = [inner] if chance.random() < 0.2 else [*stretched(chance.randrange(3)), chance.randrange(1, 4), inner]
        b = [inner] if chance.random() < 0.2 else [*stretched(chance.randrange(3)), inner, chance.randrange(1, 4)]
        ran += confront("MatMul", chance.choice([1, 9, 13]), [floats(*a), floats(*b)])
        ran += confront("MatMulInteger", 10, [np.zeros(a, np.uint8), np.zeros(b, np.uint8)])
    assert ran > 300


def test_random_dense_layers_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(5)
    ran = 0
    for _ in range(100):
        m, k, n = (chance.randrange(1, 5) for _ in range(3))
        turned_a, turned_b = chance.randrange(2), chance.randrange(2)
        arrays = [floats(k, m) if turned_a else floats(m, k), floats(n, k) if turned_b else floats(k, n)]
        opset = chance.choice([7, 9, 11, 13])
        if opset < 11 or chance.random() < 0.7:
            arrays.append(floats(*chance.choice([(n,), (1, n), (m, n), (m, 1), (1,), ()])))
        ran += confront("Gemm", opset, arrays, {"transA": turned_a, "transB": turned_b})
    assert ran == 100


def test_random_einsums_come_out_as_onnxruntime_makes_them() -> None:
    chance = random.Random(6)
    ran = 0
    for _ in range(150):
        sizes = {letter: chance.randrange(1, 4) for letter in "ijkl"}
        terms, arrays, dots = [], [], False
        for _ in range(chance.randrange(1, 4)):
            letters = [chance.choice("ijkl") for _ in range(chance.randrange(1, 4))]
            wide = chance.random() < 0.3
            middle = [2, 3][chance.randrange(3) :] if wide else []
            dots |= wide
            terms.append(letters[0] + ("..." if wide else "") + "".join(letters[1:]))
            arrays.append(floats(sizes[letters[0]], *middle, *(sizes[x] for x in letters[1:])))
        equation = ",".join(terms)
        if chance.random() < 0.7:
            kept = [x for x in "lkji" if x in equation and chance.random() < 0.6]
            equation += "->" + ("..." if dots else "") + "".join(kept)
        ran += confront("Einsum", 12, arrays, {"equation": equation})
    assert ran > 100


@pytest.mark.parametrize("equation", ["i,i->i", "ik,kj->ij", "ik,kj->ikj", "...i,...i->..."])
def test_named_axes_of_one_letter_stretch_as_numpy_says(equation: str) -> None:
    ranks = [len(term.replace("...", "b")) for term in equation.partition("->")[0].split(",")]
    names = [named(f"n{i}") for i in range(sum(ranks))]
    found = shape("Einsum", 12, [tensor(*names[: ranks[0]]), tensor(*names[ranks[0] :])], {"equation": equation})
    assert found is not None
    tried = 0
    for numbers in product((0, 1, 2, 3), repeat=len(names)):
        try:
            made = np.einsum(equation, floats(*numbers[: ranks[0]]), floats(*numbers[ranks[0] :]))
        except ValueError:
            continue
        tried += 1
        values = {f"n{i}": number for i, number in enumerate(numbers)}
        assert tuple(evaluate(size, values) for size in found if size is not None) == made.shape, numbers
    assert tried >= 10
