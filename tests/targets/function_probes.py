"""Models of functions at several opsets and element types, written before anybody had looked at what the table says.

Whether a body loads hangs on both: what stands in it is read at the opset that the model imports.
"""

from __future__ import annotations

from collections.abc import Mapping


def _one(opset: int, inputs: str, output: str, node: str, ir_version: int = 8) -> str:
    return (
        f'<ir_version: {ir_version}, opset_import: ["" : {opset}]> agraph ({inputs}) => ({output} y) {{ y = {node} }}'
    )


BY_OPSET: Mapping[str, str] = {
    "mish_float_19": _one(19, "float[2] x", "float[2]", "Mish(x)"),
    "mish_float16_21": _one(21, "float16[2] x", "float16[2]", "Mish(x)"),
    "mish_double_20": _one(20, "double[2] x", "double[2]", "Mish(x)"),
    "mish_double_22": _one(22, "double[2] x", "double[2]", "Mish(x)"),
    "swish_double_24": _one(24, "double[2] x", "double[2]", "Swish<alpha = 0.5>(x)"),
    "swish_float16_25": _one(25, "float16[2] x", "float16[2]", "Swish(x)"),
    "leaky_relu_double_19": _one(19, "double[2] x", "double[2]", "LeakyRelu<alpha = 0.25>(x)"),
    "leaky_relu_float16_21": _one(21, "float16[2] x", "float16[2]", "LeakyRelu(x)"),
    "prelu_int32_18": _one(18, "int32[2, 3] x, int32[3] s", "int32[2, 3]", "PRelu(x, s)"),
    "prelu_uint64_21": _one(21, "uint64[2, 3] x, uint64[3] s", "uint64[2, 3]", "PRelu(x, s)"),
    "reduce_l2_double_20": _one(20, "double[2, 3] x, int64[1] a", "double[2, 1]", "ReduceL2(x, a)"),
    "reduce_log_sum_exp_int64_19": _one(19, "int64[2, 3] x", "int64[1, 1]", "ReduceLogSumExp(x)"),
    "reduce_log_sum_exp_float16_23": _one(23, "float16[2, 3] x", "float16[1, 1]", "ReduceLogSumExp(x)"),
    "mean_variance_double_18": _one(
        18, "double[1, 2, 3, 3] x", "double[1, 2, 3, 3]", "MeanVarianceNormalization<axes = [0, 2, 3]>(x)"
    ),
    "group_normalization_21": _one(
        21, "float[1, 4, 3] x, float[4] s, float[4] b", "float[1, 4, 3]",
        "GroupNormalization<num_groups = 2>(x, s, b)"
    ),
    "celu_float_22": _one(22, "float[2, 3] x", "float[2, 3]", "Celu<alpha = 2.0>(x)"),
    "hard_swish_double_21": _one(21, "double[2] x", "double[2]", "HardSwish(x)"),
    "less_or_equal_int16_20": _one(20, "int16[2] a, int16[2] b", "bool[2]", "LessOrEqual(a, b)"),
    "thresholded_relu_double_21": _one(21, "double[2] x", "double[2]", "ThresholdedRelu<alpha = 0.5>(x)"),
    "center_crop_pad_double_19": _one(
        19, "double[5, 4] x, int64[2] s", "double[3, 6]", "CenterCropPad(x, s)"
    ),
}  # fmt: skip
