"""A word in an attribute that its operator does not define.

## What it does
Holds every string attribute that is a choice (`mode`, `reduction`, `auto_pad`, `direction`, `activations`,
`post_transform`, ...) against the words that the operator's page lists at the model's opset, and names the nearest one.

## Why it matters
"The number of inputs and outputs in a node, their types, the set of attributes specified in a node and their types
MUST satisfy the constraints imposed by the signature of the node's operator"
(https://onnx.ai/onnx/repo-docs/IR.html#nodes), and each page says which words there are. onnx's checker does not look.
onnxruntime 1.32 refuses most unknown words when it makes the session. Some it takes in silence for another one: for
ScatterND and ScatterElements any unknown `reduction` overwrites, for RoiAlign an unknown
`coordinate_transformation_mode` leaves the half pixel out, for losses an unknown `reduction` is the mean. A warning
where it does what is meant: `auto_pad = ""` is NOTSET; the activations of LSTM and GRU and RoiAlign's `mode` may be in
any case; Pad's wrap, Resize's tf_half_pixel_for_nn and half_pixel_symmetric, and the scatters' max and min work at
every opset.

## Fires on
```onnx
# linear came with opset 20; here it is bilinear.
<ir_version: 8, opset_import: ["" : 16]>
agraph (float[1, 3, 8, 8] x, float[1, 5, 5, 2] g) => (float[1, 3, 5, 5] y) { y = GridSample<mode = "linear">(x, g) }
```
```onnx
# There is "add"; onnxruntime overwrites.
<ir_version: 8, opset_import: ["" : 18]>
agraph (float[4] x, int64[1, 1] i, float[1] u) => (float[4] y) { y = ScatterND<reduction = "sum">(x, i, u) }
```
```onnx
# onnxruntime takes it as NOTSET: a warning.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[1, 1, 4, 4] x, float[1, 1, 2, 2] w) => (float[1, 1, 3, 3] y) { y = Conv<auto_pad = "">(x, w) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[5, 1, 4] x, float[1, 3, 4] w, float[1, 3, 3] r) => (float[5, 1, 1, 3] y) {
  y = RNN<hidden_size = 3, activations = ["relu"]>(x, w, r)
}
```
```onnx
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 3]>
agraph (float[1, 4] x) => (float[1, 4] y) { y = ai.onnx.ml.Normalizer<norm = "l2">(x) }
```

## Quiet on
```onnx
<ir_version: 9, opset_import: ["" : 20, "ai.onnx.ml" : 3]>
agraph (float[1, 3, 8, 8] x, float[1, 5, 5, 2] g, int64[1, 1] i, float[1, 3, 8, 8] u, string[2] s)
=> (float[1, 3, 5, 5] y, float[1, 3, 8, 8] z, float[1, 3, 8, 8] p, string[2] t)
<int64[8] pads = {0, 0, 0, 0, 0, 0, 0, 0}> {
  y = GridSample<mode = "linear", padding_mode = "reflection">(x, g)
  z = ScatterND<reduction = "max">(x, i, u)
  p = Pad<mode = "wrap">(x, pads)
  # The locale is a name, not a choice.
  t = StringNormalizer<case_change_action = "LOWER", locale = "en_US">(s)
}
```
```onnx
# What a function hands down is known where it is called.
<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1]>
agraph (float[4] x, int64[1, 1] i, float[1] u) => (float[4] y) { y = my.domain.Put<how = "add">(x, i, u) }
<domain: "my.domain", opset_import: ["" : 17]>
Put <how> (a, b, c) => (d) { d = ScatterND<reduction : string = @how>(a, b, c) }
```

## How to fix
Write one of the words that the operator has at this opset, or import the opset that has the one that is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..findings.places import nodes_at
from ..model.conformance import schema_of
from ..model.graph import Attribute, Model
from ..model.schemas import Schema
from ..model.scopes import scopes
from ..model.words import BadWord, bad_words
from ..report import Basis, Found, Location, Severity
from ..wording import listed, others
from . import rule

_ANY_CASE = frozenset({("LSTM", "activations"), ("GRU", "activations"), ("RoiAlign", "mode")})
_TAKEN_EARLY_OR_LATE = frozenset({"wrap", "tf_half_pixel_for_nn", "half_pixel_symmetric", "max", "min"})
_IN_SILENCE = {
    "ScatterND": "overwrites, as with 'none'",
    "ScatterElements": "overwrites, as with 'none'",
    "RoiAlign": "does as with 'output_half_pixel'",
    "NegativeLogLikelihoodLoss": "gives the mean",
    "SoftmaxCrossEntropyLoss": "gives the mean",
}
"""What onnxruntime 1.32 makes of any unknown word, without saying so."""

_MEANT = {
    "sum": ("add",), "prod": ("mul",), "multiply": ("mul",), "amax": ("max",), "amin": ("min",), "replicate": ("edge",),
    "circular": ("wrap",), "reflect": ("reflection",), "zero": ("zeros",), "same": ("SAME_UPPER",),
    "avg": ("AVERAGE", "mean"), "mean": ("AVERAGE", "avg"), "average": ("avg", "mean"), "swish": ("silu",),
    "erf": ("none",), "backward": ("reverse",), "silu": ("silu",), "gelu": (), "selu": (), "celu": (), "prelu": (),
    "mish": (), "hardswish": (), "hardtanh": (), "relu6": (), "softmax": (),
}  # fmt: skip
"""What other libraries call it, and what it is here; of some there is nothing, only words that look like them."""


@rule(Severity.ERROR, Basis.ILLEGAL)
def undefined_words(model: Model) -> Iterator[Found]:
    for scope in scopes(model):
        found: dict[tuple[str, str, BadWord], list[int]] = {}
        for node, alike in scope.graph.kinds:
            if not any(map(_holds_words, node.attributes.values())) or schema_of(model, node, scope.opsets) is None:
                continue
            for word in bad_words(node.domain, node.op_type, scope.opsets[node.domain], node.attributes):
                found.setdefault((node.domain, node.op_type, word), []).extend(alike)
        for (_, op_type, word), places in found.items():
            places.sort()
            node, label = scope.graph.nodes[places[0]], scope.graph.label(places[0])
            known = schema_of(model, node, scope.opsets)
            if known is None:
                continue
            taken = _taken(op_type, word)
            silent = "" if taken else _silently(op_type, word)
            yield Found(
                f"{label}{others(places)}: {word.attribute} is {word.word!r}, which {op_type} does not have at opset "
                f"{scope.opsets[node.domain]}; it has {listed(word.known, 12)}{taken or silent}",
                Location(scope.path, label, op_type, attribute=word.attribute, offset=node.offset),
                _fix(known, word),
                expected=", ".join(word.known),
                actual=word.word,
                severity=Severity.WARNING if taken else None,
                places=nodes_at((scope.path, i) for i in places),
            )


def _holds_words(value: Attribute) -> bool:
    return type(value) is str or (type(value) is tuple and bool(value) and type(value[0]) is str)


def _taken(op_type: str, word: BadWord) -> str:
    """What onnxruntime 1.32 takes it for, where that is what is meant; else nothing."""
    if word.attribute == "auto_pad" and not word.word:
        return "; onnxruntime takes it as 'NOTSET'"
    lower = {w.lower(): w for w in word.known}
    if (op_type, word.attribute) in _ANY_CASE and word.word.lower() in lower:
        return f"; onnxruntime takes it as {lower[word.word.lower()]!r}"
    if word.elsewhere and word.word in _TAKEN_EARLY_OR_LATE:
        return "; onnxruntime takes it all the same"
    return ""


def _silently(op_type: str, word: BadWord) -> str:
    if op_type in _IN_SILENCE and (op_type, word.attribute) not in _ANY_CASE:
        return f"; onnxruntime {_IN_SILENCE[op_type]}, and says nothing"
    return ""


def _fix(known: Schema, word: BadWord) -> str:
    default = known.attributes[word.attribute].default if word.attribute in known.attributes else None
    near = _nearest(word)
    if near:
        fix = f"write {near!r}"
    elif isinstance(default, str) and default:
        fix = f"write one of them; left out, it is {default!r}"
    else:
        fix = "write one of them"
    if word.elsewhere:
        fix += f", or import an opset that has {word.word!r} (opset {word.elsewhere[0]} has it)"
    return fix


def _nearest(word: BadWord) -> str:
    from difflib import get_close_matches

    lower = {w.lower(): w for w in word.known}
    said = word.word.strip().lower()
    if said in _MEANT:  # it means something: a word that only looks like it means another thing
        return next((w for w in (*_MEANT[said], lower.get(said, "")) if w in word.known), "")
    if not said:
        return "NOTSET" if "NOTSET" in word.known else ""
    return next((lower[w] for w in get_close_matches(said[:100], lower, 1, 0.55)), "")
