"""Operators of ai.onnx that mean something else from an opset on, though their signatures allow the same nodes.

Read in the operators' pages (https://onnx.ai/onnx/operators, "Version History"). What is not here, and whose
signature only grows, was read as well, and means what it meant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ..model.dtypes import DType
from ..model.graph import Node
from ..tuples import NamedTuple

_FLOAT8 = (DType.FLOAT8E4M3FN, DType.FLOAT8E4M3FNUZ, DType.FLOAT8E5M2, DType.FLOAT8E5M2FNUZ)


class Turn(NamedTuple):
    since: int
    why: str  # behind "Softmax 13"
    concerns: Callable[[Node], bool]


def turns(domain: str, op_type: str) -> tuple[Turn, ...]:
    """Where an operator's meaning turns, the earliest first."""
    return () if domain else _turns().get(op_type, ())


def _every(node: Node) -> bool:
    return True


def _rounds_up(node: Node) -> bool:
    return node.attributes.get("ceil_mode", 0) != 0


def _pads_itself(node: Node) -> bool:
    return node.attributes.get("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in node.attributes


def _to_float8(node: Node) -> bool:
    return node.attributes.get("to") in _FLOAT8


def _hands_out_the_mask(node: Node) -> bool:
    return len(node.outputs) > 1 and bool(node.outputs[1])


@cache
def _turns() -> dict[str, tuple[Turn, ...]]:
    broadcasts = Turn(7, "broadcasts as NumPy does", _every)
    along_one_axis = Turn(13, "works along one axis, the last by default, not on a matrix", _every)
    ignores_windows = Turn(22, "ignores windows that start in the padding behind", _rounds_up)
    return {
        **dict.fromkeys(
            ("Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less", "Gemm", "PRelu"),
            (broadcasts,),
        ),
        **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax"), (along_one_axis,)),
        "Attention": (Turn(24, "aligns the causal mask otherwise, and masks whole rows with zeros", _every),),
        "AveragePool": (
            Turn(19, "counts other elements where a window reaches over the end", _rounds_up),
            ignores_windows,
        ),
        "MaxPool": (ignores_windows,),
        "BatchNormalization": (Turn(7, "no longer says whether it trains", _every),),
        "Cast": (Turn(24, "casts infinity to another float 8", _to_float8),),
        "CastLike": (Turn(24, "casts infinity to another float 8", _every),),
        "ConvTranspose": (Turn(11, "puts the odd row of padding at the other end", _pads_itself),),
        "DFT": (Turn(20, "transforms the last axis but one by default, not the second", _every),),
        "Dropout": (
            Turn(7, "never trains", _every),
            Turn(10, "has a mask of booleans", _hands_out_the_mask),
            Turn(12, "says what the mask is where it does not train", _hands_out_the_mask),
        ),
        "GRU": (Turn(7, "says otherwise which sequences it gives out", _every),),
        "LSTM": (Turn(7, "says otherwise which sequences it gives out", _every),),
        "RNN": (Turn(7, "says otherwise which sequences it gives out", _every),),
        "GroupNormalization": (Turn(21, "takes scale and bias for each channel, not for each group", _every),),
        "OneHot": (Turn(11, "counts negative indices from the end, and gave rows of off before", _every),),
        "Resize": (Turn(11, "maps places by half pixels by default", _every),),
        "RoiAlign": (Turn(16, "shifts the regions by half a pixel by default", _every),),
        "Scan": (Turn(9, "scans no batches", _every),),
        "Tile": (Turn(6, "takes repeats for every axis, not tiles and an axis", _every),),
    }
