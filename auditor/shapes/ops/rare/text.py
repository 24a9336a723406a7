"""Strings in, strings or counts of words out."""

from __future__ import annotations

from ....model.dtypes import DType
from ...fact import Fact, ShapeError, show
from ...registry import op


@op("StringNormalizer", since=10)
def string_normalizer(x: Fact, *, stopwords: tuple[str, ...] | None = None) -> Fact:
    """How many strings are left depends on them; at least one, if need be an empty one.

    https://onnx.ai/onnx/operators/onnx__StringNormalizer.html
    """
    if x.shape is None:
        return x.unknown()
    if len(x.shape) not in (1, 2):
        raise ShapeError(f"X must be of [C] or [1, C], has shape {show(x.shape)}", parameter="x")
    *front, count = x.shape
    if not stopwords and count != 0:
        return Fact(x.dtype, x.shape)
    return x.shaped(*(1 for _ in front), 1 if count == 1 else None)


@op("TfIdfVectorizer", since=9)
def tf_idf_vectorizer(x: Fact, *, ngram_indexes: tuple[int, ...]) -> Fact:
    """A count for each n-gram that the pool knows: https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html"""
    dtype = DType.FLOAT.value
    if x.shape is None:
        return Fact(dtype)
    if len(x.shape) not in (1, 2):
        raise ShapeError(f"X must be of [C] or [N, C], has shape {show(x.shape)}", parameter="x")
    return Fact(dtype, (*x.shape[:-1], max(ngram_indexes) + 1 if ngram_indexes else None))
