"""What a repeated block is called: by its operators; the names in a file are nobody's word for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..picture.graph import Box, OperatorKind

_MOST_OPERATORS = 5
_JOINS = ("Add", "Sum", "QLinearAdd")
_CONVOLUTIONS = ("Conv", "QLinearConv", "ConvInteger")
_PRODUCTS = ("MatMul", "Gemm", "QLinearMatMul", "MatMulInteger", "FusedMatMul", "MatMulNBits")
_ATTENTIONS = ("Attention", "MultiHeadAttention", "GroupQueryAttention", "QAttention")


def block_title(boxes: Sequence[Box]) -> str:
    """The name that papers have for such a block, or its operators: ``Conv-Relu-MaxPool``.

    Bottleneck and basic block: He et al., Deep Residual Learning for Image Recognition, 2015. Inverted residual:
    Sandler et al., MobileNetV2, 2018. Dense layer: Huang et al., Densely Connected Convolutional Networks, 2016.
    Inception module: Szegedy et al., Going Deeper with Convolutions, 2014. Transformer layer: Vaswani et al., Attention
    Is All You Need, 2017.
    """
    operators = [box.op for box in boxes]
    convolutions = [box for box in boxes if box.op in _CONVOLUTIONS]
    products = sum(op in _PRODUCTS for op in operators)
    joined = any(op in _JOINS for op in operators)
    pointwise = [_window(box) in ((1,), (1, 1), (1, 1, 1)) for box in convolutions]
    grouped = any(_groups(box) > 1 for box in convolutions)
    if any(op in _ATTENTIONS for op in operators) or ("Softmax" in operators and products >= 4):
        return "Transformer layer" if products >= 4 or joined else "Attention"
    if "Softmax" in operators and products >= 2:
        return "Attention"
    if len(convolutions) >= 3 and pointwise[:3] == [True, False, True] and (joined or grouped):
        return (
            "Inverted residual" if grouped and _widens(convolutions) else "Bottleneck" if joined else _listed(operators)
        )
    if joined and len(convolutions) in (2, 3) and not any(pointwise[:2]):
        return "Basic block"
    if "Concat" in operators and pointwise[:2] == [True, False] and len(convolutions) == 2:
        return "Dense layer"
    if "Concat" in operators and len(convolutions) >= 4:
        return "Inception module"
    return _listed(operators)


def common_name(boxes: Sequence[Box]) -> str:
    """What the names of the block's nodes begin with, up to a separator: ``layer1.0``; "" where they share nothing."""
    low, high = min(box.label for box in boxes), max(box.label for box in boxes)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    shared = low[:same]
    cut = max(shared.rfind(mark) for mark in "./_:")
    return shared[:cut].strip("./_:") if cut > 0 else ""


def dominant_kind(boxes: Sequence[Box]) -> OperatorKind:
    """The kind that a block has for the eye: of convolutions or dense layers if it has any, else the most frequent."""
    kinds = Counter(box.kind for box in boxes if not box.small)
    leading = [kind for kind in (OperatorKind.CONV, OperatorKind.DENSE) if kinds[kind]]
    return max(leading or kinds, key=kinds.__getitem__, default=OperatorKind.SHAPE)


def _listed(operators: Sequence[str]) -> str:
    short = [op for i, op in enumerate(operators) if i == 0 or op != operators[i - 1]]
    return "-".join(short[:_MOST_OPERATORS]) + ("…" if len(short) > _MOST_OPERATORS else "")


def _window(box: Box) -> tuple[int, ...]:
    """``kernel_shape``, or what the stored weights say: [out, in, ...]."""
    for name, text in box.attributes:
        if name == "kernel_shape":
            return _sizes(text)
    return next((sizes[2:] for _, text in box.stored if len(sizes := _sizes(text.partition(" ")[2])) > 2), ())


def _groups(box: Box) -> int:
    return next((int(text) for name, text in box.attributes if name == "group" and text.isdecimal()), 1)


def _widens(convolutions: Sequence[Box]) -> bool:
    """Whether the first convolution gives more channels than the third."""
    first, third = (next((_sizes(text.partition(" ")[2]) for _, text in c.made), ()) for c in convolutions[:3:2])
    return len(first) > 1 and len(third) > 1 and first[1] > third[1]


def _sizes(text: str) -> tuple[int, ...]:
    """``[1, 64, 56, 56]`` as numbers; an open size is -1."""
    if not text.startswith("["):
        return ()
    return tuple(int(size) if size.isdecimal() else -1 for size in text[1:].rstrip("]").replace(" ", "").split(","))
