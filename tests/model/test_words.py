"""The words of string attributes are those of ONNX's own texts, in every version of every operator."""

from __future__ import annotations

import re

import onnx.defs
import pytest

from auditor.model.graph import Attributes
from auditor.model.words import BadWord, bad_words, listed, words

_SCHEMAS = onnx.defs.get_all_schemas_with_history()

_FREE = {
    "Cast.to", "Constant.value_string", "Constant.value_strings", "Einsum.equation", "RegexFullMatch.pattern",
    "StringNormalizer.stopwords", "StringNormalizer.locale", "StringSplit.delimiter", "TfIdfVectorizer.pool_strings",
    "CategoryMapper.default_string", "CategoryMapper.cats_strings", "DictVectorizer.string_vocabulary",
    "LabelEncoder.default_string", "LabelEncoder.classes_strings", "LabelEncoder.values_strings",
    "LabelEncoder.keys_strings", "LinearClassifier.classlabels_strings", "OneHotEncoder.cats_strings",
    "SVMClassifier.classlabels_strings", "TreeEnsembleClassifier.classlabels_strings", "ZipMap.classlabels_strings",
    "Gradient.y", "Gradient.xs", "Gradient.zs",
}  # fmt: skip
"""Attributes that may hold anything: data, names, patterns."""


def test_every_string_attribute_is_either_a_choice_or_free() -> None:
    choices = {f"{op_type}.{attribute}" for _, op_type, attribute in listed()}
    kinds = (onnx.defs.OpSchema.AttrType.STRING, onnx.defs.OpSchema.AttrType.STRINGS)
    every = {f"{s.name}.{a.name}" for s in _SCHEMAS for a in s.attributes.values() if a.type in kinds}
    assert not choices & _FREE
    assert choices | _FREE == every


def test_every_word_is_in_what_the_schema_says_and_every_default_is_a_word() -> None:
    looked_at = 0
    for s in _SCHEMAS:
        for attribute in s.attributes.values():
            known = words(s.domain, s.name, attribute.name, s.since_version)
            text = attribute.description + ((s.doc or "") if attribute.name == "activations" else "")
            for word in known:
                assert re.search(rf"(?<![A-Za-z_]){word}(?![A-Za-z_])", text), (s.name, s.since_version, word)
                looked_at += 1
            default = attribute.default_value
            if known and default.type == onnx.AttributeProto.STRING:
                assert default.s.decode() in (*known, "foward")  # so written for GRU at opset 1
            elif known:
                assert all(d.decode() in known for d in default.strings)
    assert looked_at > 300


_NO_CHOICE = {
    "roi", "mode", "axes", "nearest", "x_resized", "x_original", "length_original", "length_resized", "output_width",
    "output_width_int", "max_sequence_length",
}  # fmt: skip
"""What those texts quote and do not offer: other attributes, and the letters of their formulas."""


@pytest.mark.parametrize("name", ["mode", "reduction", "coordinate_transformation_mode", "nearest_mode", "norm"])
def test_no_quoted_word_of_a_schema_is_forgotten(name: str) -> None:
    """What a text puts between quotes or backquotes as a choice is in our list."""
    for s in _SCHEMAS:
        known = words(s.domain, s.name, name, s.since_version)
        if not known or name not in s.attributes:
            continue
        text = s.attributes[name].description
        quoted = set(re.findall(r"""(?<![\w\[])["'`]([a-z_]{3,30})["'`](?!\w)""", text))
        assert quoted <= {*known, *_NO_CHOICE}, s.name


def test_what_is_told_of_a_bad_word() -> None:
    assert list(bad_words("", "GridSample", 16, Attributes(mode="linear"))) == [
        BadWord("mode", "linear", ("bilinear", "nearest", "bicubic"), (20, 22))
    ]
    assert not list(bad_words("", "GridSample", 20, Attributes(mode="linear")))
    assert not list(bad_words("", "Upsample", 1, Attributes(mode="bilinear")))
    assert [b.word for b in bad_words("", "Upsample", 1, Attributes(mode="linear"))] == ["linear"]
    for opset in (7, 9):  # "Two interpolation modes: nearest (default), and linear"
        assert not list(bad_words("", "Upsample", opset, Attributes(mode="linear")))
    assert not list(bad_words("", "GRU", 1, Attributes(direction="foward")))
    assert [b.word for b in bad_words("", "GRU", 14, Attributes(direction="foward"))] == ["foward"]
    assert [b.word for b in bad_words("", "LSTM", 14, Attributes(activations=("Tanh", "tanh")))] == ["tanh"]
    assert not list(bad_words("com.microsoft", "GridSample", 1, Attributes(mode="any")))
