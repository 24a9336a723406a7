"""Random uses of ai.onnx.ml that onnxruntime takes: for the tests of the rules, and for the fuzzer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Case = tuple[str, list[np.ndarray], Mapping[str, Any], int]


def _shape(rng: random.Random, most: int = 3) -> tuple[int, ...]:
    return tuple(rng.choice((0, 1, 1, 2, 3, 4)) for _ in range(rng.randrange(most + 1)))


def _numbers(rng: random.Random, *shape: int) -> np.ndarray:
    return np.ones(shape, rng.choice(("float32", "float64", "int32", "int64")))


def _rows(rng: random.Random) -> np.ndarray:
    return _numbers(rng, *rng.choice(((3,), (1, 3), (4, 3), (0, 3), (2, 2, 3), ())))


def strings(*shape: int) -> np.ndarray:
    return np.full(shape, "a", dtype=object)


def _labels(rng: random.Random, count: int, ints: str) -> dict[str, Any]:
    if rng.random() < 0.5:
        return {ints: tuple(range(count))}
    return {"classlabels_strings": tuple(map(str, range(count)))}


def _features(rng: random.Random) -> Case:
    x = _numbers(rng, *_shape(rng))
    whole = x.dtype.kind == "i"
    cases: list[Case] = [
        ("Binarizer", [x], {"threshold": 0.5}, 1),
        ("Scaler", [x], {"scale": (1.0,), "offset": (0.0,)}, 1),
        ("Imputer", [x], {"imputed_value_int64s" if whole else "imputed_value_floats": (1,)}, 1),
        ("Normalizer", [_rows(rng)], {"norm": "L1"}, 1),
        ("OneHotEncoder", [x], {"cats_int64s": (1, 2, 3)}, 1),
        ("OneHotEncoder", [strings(*_shape(rng))], {"cats_strings": ("a", "b")}, 1),
        ("ArrayFeatureExtractor", [_numbers(rng, *_shape(rng)), np.zeros(_shape(rng, 2), "int64")], {}, 1),
        ("ZipMap", [np.ones((2, 3), "float32")], {"classlabels_int64s": (1, 2, 3)}, 1),
    ]
    return rng.choice(cases)


def _vectorizer(rng: random.Random) -> Case:
    dtype = rng.choice(("float32", "int64"))
    batch = rng.choice((1, 2))  # of nothing, onnxruntime aborts
    arrays = [np.ones((batch, rng.randint(1, 4)), dtype) for _ in range(rng.randint(1, 3))]
    if batch == 1:
        arrays = [a[0] if rng.random() < 0.5 else a for a in arrays]
    return "FeatureVectorizer", arrays, {"inputdimensions": tuple(a.shape[-1] for a in arrays)}, 1


def _linear(rng: random.Random) -> Case:
    count = rng.randint(1, 3)
    attributes: dict[str, Any]
    if rng.random() < 0.4:
        attributes = {"targets": count, "coefficients": (1.0,) * 3 * count}
        if rng.random() < 0.5:
            attributes["intercepts"] = (0.0,) * count
        return "LinearRegressor", [_rows(rng)], attributes, 1
    rows = 1 if count == 2 and rng.random() < 0.5 else count
    attributes = {"coefficients": (1.0,) * 3 * rows, "intercepts": (0.0,) * rows}
    return "LinearClassifier", [_rows(rng)], attributes | _labels(rng, count, "classlabels_ints"), 2


def _support_vectors(rng: random.Random) -> Case:
    kernel: dict[str, Any] = {"kernel_params": (1.0, 0.0, 3.0)}
    kernel["kernel_type"] = rng.choice(("LINEAR", "RBF", "POLY", "SIGMOID"))
    if rng.random() < 0.4:
        vectors = rng.choice((0, 2))
        attributes = {"rho": (0.0,), "coefficients": (1.0,) * (vectors or 3)} | kernel
        if vectors:
            attributes |= {"n_supports": vectors, "support_vectors": (1.0,) * 3 * vectors}
        return "SVMRegressor", [_rows(rng)], attributes, 1
    classes = rng.randint(2, 5)
    pairs = classes * (classes - 1) // 2
    attributes = _labels(rng, classes, "classlabels_ints") | kernel
    if rng.random() < 0.3:
        attributes |= {"coefficients": (1.0,) * 3 * classes, "rho": (0.0,)}
    else:
        each = tuple(rng.randint(1, 2) for _ in range(classes))
        attributes |= {
            "vectors_per_class": each,
            "support_vectors": (1.0,) * 3 * sum(each),
            "coefficients": (1.0,) * sum(each) * (classes - 1),
            "rho": (0.0,) * pairs,
        }
        if rng.random() < 0.5:
            attributes |= {"prob_a": (1.0,) * pairs, "prob_b": (1.0,) * pairs}
    return "SVMClassifier", [_rows(rng)], attributes, 2


_TREE: dict[str, Any] = {
    "nodes_treeids": (0, 0, 0),
    "nodes_nodeids": (0, 1, 2),
    "nodes_featureids": (0, 0, 0),
    "nodes_values": (0.5, 0.0, 0.0),
    "nodes_modes": ("BRANCH_LEQ", "LEAF", "LEAF"),
    "nodes_truenodeids": (1, 0, 0),
    "nodes_falsenodeids": (2, 0, 0),
}


def _tree(rng: random.Random) -> Case:
    count = rng.randint(2, 4)
    x = np.ones((rng.choice((0, 1, 5)), 3), rng.choice(("float32", "float64")))
    leaves: dict[str, Any]
    if rng.random() < 0.5:
        leaves = {"target_treeids": (0, 0), "target_nodeids": (1, 2), "target_ids": (0, 1)}
        return "TreeEnsembleRegressor", [x], _TREE | leaves | {"target_weights": (1.0, 2.0), "n_targets": count}, 1
    leaves = {"class_treeids": (0, 0), "class_nodeids": (1, 2), "class_ids": (0, 1), "class_weights": (1.0, 2.0)}
    return "TreeEnsembleClassifier", [x], _TREE | leaves | _labels(rng, count, "classlabels_int64s"), 2


def _label_encoder(rng: random.Random) -> Case:
    keys = rng.choice(("floats", "int64s", "strings"))
    kinds = {"floats": (1.0, 2.0), "int64s": (1, 2), "strings": ("a", "b")}
    shape = _shape(rng)
    x = strings(*shape) if keys == "strings" else np.ones(shape, "float32" if keys == "floats" else "int64")
    values = rng.choice([k for k in kinds if k != keys])
    return "LabelEncoder", [x], {f"keys_{keys}": kinds[keys], f"values_{values}": kinds[values]}, 1


def _category_mapper(rng: random.Random) -> Case:
    x = strings(*_shape(rng)) if rng.random() < 0.5 else np.ones(_shape(rng), "int64")
    return "CategoryMapper", [x], {"cats_int64s": (1, 2), "cats_strings": ("a", "b")}, 1


FAMILIES: dict[Callable[[random.Random], Case], int] = {
    _features: 1, _vectorizer: 1, _linear: 1, _support_vectors: 1, _tree: 3, _label_encoder: 2, _category_mapper: 1,
}  # fmt: skip
