"""Strings and images: against onnxruntime where it runs them, else ONNX's own node tests (test_corpus.py)."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import FLOAT, STRING, ask, tensor
from tests.shapes.confronting import confront

_TF = {
    "mode": "TF",
    "ngram_counts": (0, 4),
    "ngram_indexes": (0, 1, 2, 6),
    "max_skip_count": 0,
    "min_gram_length": 1,
    "max_gram_length": 1,
}


@pytest.mark.parametrize("shape", [(3,), (1,), (1, 3), (1, 1)])
@pytest.mark.parametrize("stopwords", [(), ("a",), ("b",)])
def test_string_normalizer(shape: tuple[int, ...], stopwords: tuple[str, ...]) -> None:
    attributes = {"stopwords": stopwords} if stopwords else {}
    words = np.full(shape, "a", dtype=object)
    assert confront("StringNormalizer", 10, [words], {"locale": "C", "case_change_action": "UPPER", **attributes})
    got = ask("StringNormalizer", 10, [Fact(STRING, shape)], attributes).outputs[0].shape
    assert got == ((*shape[:-1], None) if stopwords and shape[-1] > 1 else shape)


def test_only_vectors_and_single_rows_of_strings_are_normalized() -> None:
    with pytest.raises(ShapeError):
        ask("StringNormalizer", 10, [Fact(STRING, (1, 2, 3))])


@pytest.mark.parametrize("shape", [(3,), (2, 3), (0,), (2, 0), (1, 1)])
def test_counts_of_words(shape: tuple[int, ...]) -> None:
    assert confront("TfIdfVectorizer", 9, [np.zeros(shape, "int64")], {**_TF, "pool_int64s": (1, 2, 3, 4)})
    strings = np.full(shape, "a", dtype=object)
    assert confront("TfIdfVectorizer", 9, [strings], {**_TF, "pool_strings": ("a", "b", "c", "d")})


def test_counts_of_words_of_a_batch() -> None:
    got = ask("TfIdfVectorizer", 9, [Fact(STRING, (named("N"), named("W")))], _TF).outputs
    assert got == (Fact(FLOAT, (named("N"), 7)),)


def test_an_image_has_three_axes() -> None:
    assert ask("ImageDecoder", 20, [tensor(None, dtype=2)]).outputs == (Fact(2, (None, None, None)),)
    with pytest.raises(ShapeError):
        ask("ImageDecoder", 20, [tensor(2, 2, dtype=2)])
