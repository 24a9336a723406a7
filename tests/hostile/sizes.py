"""Numbers that no tensor has: sizes beyond memory, attributes beyond sense, names that are not sizes."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import helper

from .files import add
from .wire import HEAD, parsed

LARGEST, LOWEST = (1 << 63) - 1, -(1 << 63)
IMPOSSIBLE = "impossible-shapes"


def single(
    op_type: str,
    dims: tuple[int | str, ...] = (1, 3, 8, 8),
    *,
    opset: int = 17,
    dtype: int = onnx.TensorProto.FLOAT,
    outputs: int = 1,
    constants: tuple[onnx.TensorProto | None, ...] = (),
    **attributes: Any,
) -> bytes:
    """A model of one node: x and constants go in."""
    names = [c.name if c is not None else "" for c in constants]
    node = helper.make_node(op_type, ["x", *names], [f"y{i}" for i in range(outputs)], name="odd", **attributes)
    x = helper.make_tensor_value_info("x", dtype, dims)
    y = [helper.make_empty_tensor_value_info(f"y{i}") for i in range(outputs)]
    graph = helper.make_graph([node], "g", [x], y, [c for c in constants if c is not None])
    return bytes(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString()
    )


def ints(name: str, *values: int) -> onnx.TensorProto:
    return helper.make_tensor(name, onnx.TensorProto.INT64, [len(values)], values)


def scalar(name: str, value: int) -> onnx.TensorProto:
    return helper.make_tensor(name, onnx.TensorProto.INT64, [], [value])


def floats(name: str, *dims: int, fill: float = 1.0) -> onnx.TensorProto:
    count = 1
    for dim in dims:
        count *= dim
    return helper.make_tensor(name, onnx.TensorProto.FLOAT, dims, [fill] * count)


def _scales(value: float) -> tuple[onnx.TensorProto | None, ...]:
    return None, helper.make_tensor("s", onnx.TensorProto.FLOAT, [4], [1.0, 1.0, value, value])


W = floats("w", 2, 3, 3, 3)
_BODY = helper.make_graph(
    [], "body", [helper.make_empty_tensor_value_info("r")], [helper.make_empty_tensor_value_info("r")]
)


def _of_constants(op_type: str, *constants: onnx.TensorProto) -> bytes:
    """One node that takes stored tensors alone."""
    node = helper.make_node(op_type, [c.name for c in constants], ["y"], name="odd")
    graph = helper.make_graph([node], "g", [], [helper.make_empty_tensor_value_info("y")], list(constants))
    return bytes(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )


WRONG = {
    "reshape_to_more": lambda: single("Reshape", constants=(ints("s", 1 << 31, 1 << 31),)),
    "reshape_that_overflows_to_its_size": lambda: single("Reshape", constants=(ints("s", (1 << 63) - 1, 192),)),
    "reshape_negative": lambda: single("Reshape", constants=(ints("s", -2, 192),)),
    "reshape_with_two_unknowns": lambda: single("Reshape", constants=(ints("s", -1, -1),)),
    "reshape_zero_beyond_the_rank": lambda: single("Reshape", constants=(ints("s", 1, 3, 8, 8, 0),)),
    "reshape_of_nothing_to_unknown": lambda: single("Reshape", (0, 3), constants=(ints("s", 0, -1),)),
    "conv_of_group_0": lambda: single("Conv", constants=(W,), group=0),
    "conv_of_group_negative": lambda: single("Conv", constants=(W,), group=-1),
    "conv_of_stride_0": lambda: single("Conv", constants=(W,), strides=[0, 0]),
    "conv_of_stride_negative": lambda: single("Conv", constants=(W,), strides=[-1, -1]),
    "conv_of_dilation_0": lambda: single("Conv", constants=(W,), dilations=[0, 0]),
    "conv_of_huge_dilation": lambda: single("Conv", constants=(W,), dilations=[LARGEST, LARGEST]),
    "conv_of_huge_kernel": lambda: single("Conv", constants=(W,), kernel_shape=[LARGEST, LARGEST]),
    "conv_of_one_pad": lambda: single("Conv", constants=(W,), pads=[1]),
    "conv_of_negative_pads": lambda: single("Conv", constants=(W,), pads=[-9, -9, -9, -9]),
    "conv_of_no_strides": lambda: single("Conv", constants=(W,), strides=[1]),
    "conv_of_a_scalar": lambda: single("Conv", (), constants=(W,)),
    "pool_of_kernel_0": lambda: single("MaxPool", kernel_shape=[0, 0]),
    "pool_of_kernel_negative": lambda: single("AveragePool", kernel_shape=[-1, -1]),
    "pool_of_huge_kernel": lambda: single("MaxPool", kernel_shape=[LARGEST, 1]),
    "pool_of_stride_0": lambda: single("LpPool", kernel_shape=[2, 2], strides=[0, 1]),
    "transposed_conv_of_stride_0": lambda: single("ConvTranspose", constants=(floats("w", 3, 2, 3, 3),), strides=[0]),
    "split_num_outputs_0": lambda: single("Split", opset=18, num_outputs=0),
    "split_of_negative_sizes": lambda: single("Split", outputs=2, constants=(ints("s", -5, 6),), axis=0),
    "split_of_overflowing_sizes": lambda: single("Split", outputs=2, constants=(ints("s", LARGEST, LOWEST + 2),)),
    "axis_of_the_largest_number": lambda: single("LayerNormalization", constants=(floats("s", 8),), axis=LARGEST),
    "axis_of_the_lowest_number": lambda: single("Softmax", axis=LOWEST),
    "concat_axis_behind_the_end": lambda: single("Concat", axis=4),
    "transpose_of_no_permutation": lambda: single("Transpose", perm=[0, 0, LARGEST, -1]),
    "squeeze_of_eight": lambda: single("Squeeze", constants=(ints("a", 3),)),
    "unsqueeze_far_away": lambda: single("Unsqueeze", constants=(ints("a", LARGEST),)),
    "unsqueeze_twice": lambda: single("Unsqueeze", constants=(ints("a", 1, 1),)),
    "tile_negative": lambda: single("Tile", constants=(ints("r", -1, 1, 1, 1),)),
    "tile_of_another_rank": lambda: single("Tile", constants=(ints("r", 1, 1),)),
    "pad_negative": lambda: single("Pad", constants=(ints("p", 0, 0, -9, 0, 0, 0, -9, 0),)),
    "pad_of_three": lambda: single("Pad", constants=(ints("p", 1, 1, 1),)),
    "expand_that_does_not_fit": lambda: single("Expand", constants=(ints("s", 1 << 40, 3, 7, 8),)),
    "expand_negative": lambda: single("Expand", (1,), constants=(ints("s", -4),)),
    "slice_of_step_0": lambda: single(
        "Slice", constants=(ints("b", 0), ints("e", 4), ints("a", 2), ints("st", 0))
    ),
    "gather_behind_the_end": lambda: single("Gather", constants=(ints("i", LARGEST),), axis=9),
    "depth_to_space_of_block_0": lambda: single("DepthToSpace", blocksize=0),
    "space_to_depth_of_huge_block": lambda: single("SpaceToDepth", blocksize=LARGEST),
    "resize_of_infinity": lambda: single("Resize", constants=_scales(float("inf"))),
    "resize_of_nan": lambda: single("Resize", constants=_scales(float("nan"))),
    "resize_negative": lambda: single("Resize", constants=_scales(-2.0)),
    "constant_of_negative_shape": lambda: _constant_of_shape(-1),
    "gemm_of_rank_4": lambda: single("Gemm", constants=(floats("w", 8, 2),)),
    "constant_of_2_620": lambda: _constant_of_shape(*[1 << 62] * 10),
    "pad_by_2_62": lambda: single("Pad", constants=(ints("p", 0, 0, 1 << 62, 1 << 62, 0, 0, 1 << 62, 1 << 62),)),
    "tile_that_overflows": lambda: single("Tile", constants=(ints("r", 1 << 62, 1 << 62, 1 << 62, 1 << 62),)),
    "conv_of_huge_pads": lambda: single("Conv", constants=(W,), pads=[LARGEST] * 4),
    "input_of_the_largest_sizes": lambda: single("Relu", (LARGEST,) * 6),
    "one_hot_of_2_62": lambda: single("OneHot", constants=(scalar("d", 1 << 62), floats("v", 2))),
    "einsum_of_nonsense": lambda: single("Einsum", equation="ij,..->" + "k" * 1000),
}  # fmt: skip
WRONG |= {  # found by tests.fuzz
    "einsum_of_a_left_out_input": lambda: single("Einsum", constants=(None,), equation="i,i->i"),
    "split_of_2_40_parts": lambda: single("Split", opset=18, outputs=2, num_outputs=1 << 40),
    "split_of_more_than_it_has": lambda: single("Split", (6,), opset=18, outputs=2, num_outputs=3),
    "grid_of_one_axis": lambda: single("GridSample", (5,), constants=(floats("g", 5),)),
    "elements_behind_the_end": lambda: _of_constants("GatherElements", ints("d", 10, 9), ints("i", 10, 9)),
    "tile_by_a_table": lambda: single("Tile", (2,), constants=(helper.make_tensor("r", 7, [2, 2], [1, 1, 1, 1]),)),
    "scan_of_the_lowest_number": lambda: single("Scan", (2, 3), body=_BODY, num_scan_inputs=LOWEST),
    "scan_of_more_than_there_is": lambda: single("Scan", (2, 3), body=_BODY, num_scan_inputs=2),
    "scan_of_a_left_out_state": lambda: single("Scan", (2, 3), constants=(None,), body=_BODY, num_scan_inputs=1),
}
for name, maker in WRONG.items():
    add(name, maker, IMPOSSIBLE)


def _constant_of_shape(*shape: int) -> bytes:
    model = parsed(HEAD + "g () => (float[N] y) { y = ConstantOfShape(s) }")
    model.graph.initializer.append(ints("s", *shape))
    return bytes(model.SerializeToString())


# Legal by the letter, and larger than any machine: the audit says so or counts on, and does not try.
HUGE = {
    "constant_of_2_40": lambda: _constant_of_shape(1 << 40),
    "expand_to_2_40": lambda: single("Expand", (1,), constants=(ints("s", 1 << 40),)),
    "resize_by_1e38": lambda: single("Resize", constants=_scales(1e38)),
    "resize_by_almost_nothing": lambda: single("Resize", constants=_scales(1e-38)),
    "slice_of_extremes": lambda: single(
        "Slice", constants=(ints("b", LOWEST), ints("e", LARGEST), ints("a", 2), ints("st", LARGEST))
    ),
    "slice_of_lowest_step": lambda: single(
        "Slice", constants=(ints("b", LARGEST), ints("e", LOWEST), ints("a", -1), ints("st", LOWEST))
    ),
    "topk_of_more_than_there_is": lambda: single("TopK", outputs=2, constants=(ints("k", 8),)),
}  # fmt: skip
for name, maker in HUGE.items():
    add(f"huge_{name}", maker, "", 0)


def _range(start: int, limit: int, delta: int) -> bytes:
    model = parsed(HEAD + "g () => (int64[N] y) { y = Range(a, b, c) }")
    model.graph.initializer.extend([scalar("a", start), scalar("b", limit), scalar("c", delta)])
    return bytes(model.SerializeToString())


add("huge_range", lambda: _range(0, 1 << 62, 1), "enormous-tensors")  # 2^65 bytes: no process has them
add("huge_range_of_extremes", lambda: _range(LOWEST, LARGEST, 1), IMPOSSIBLE)


def _sliced_by_a_list(length: int) -> bytes:
    """Starts and ends that are inputs, each a list longer than memory."""
    return parsed(
        HEAD + f"g (float[4] x, int64[{length}] b, int64[{length}] e) => (float[M] y) {{ y = Slice(x, b, e) }}"
    ).SerializeToString()


def _complex_of_negative_dims() -> bytes:
    model = parsed(HEAD + "g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.initializer.add(name="c", data_type=onnx.TensorProto.COMPLEX64, dims=[-3])
    return bytes(model.SerializeToString())


def _tiled(times: int) -> bytes:
    """2^62 times as large, again and again: a number that takes thousands of digits."""
    steps = "".join(f"t{i + 1} = Tile(t{i}, r)  " for i in range(times))
    model = parsed(HEAD + f"g (float[1] t0) => (float[M] y) {{ {steps} y = Relu(t{times}) }}")
    model.graph.initializer.append(ints("r", 1 << 62))
    return bytes(model.SerializeToString())


add("huge_tile_300_times", lambda: _tiled(300), IMPOSSIBLE)
add("slice_of_a_list_of_2_40", lambda: _sliced_by_a_list(1 << 40), "", 0)
add("complex_of_negative_dims", _complex_of_negative_dims, "malformed-tensors")
add("input_of_a_negative_size", lambda: single("Relu", (-5, 3)), "", 0)
add("input_of_a_thousand_huge_axes", lambda: single("Relu", (LARGEST,) * 1_000), IMPOSSIBLE)
add("range_of_step_0", lambda: _range(0, 5, 0), IMPOSSIBLE)


# Names of sizes: whatever stands there is a name, and never computed with.
SIZE_NAMES = (
    "N*M//0",
    "?",
    "",
    "-1",
    "1e999",
    "N" * 300,
    "批次",
    "\u202eN",
    "\x1b[31mN",
    "__import__('os')",
    "N.M[0]",
    "a b\nc",
    " ",
)


def _of_named_sizes() -> bytes:
    """Every absurd name at once: a Flatten multiplies them."""
    return single("Flatten", SIZE_NAMES, axis=0)


def _doubled(depth: int) -> bytes:
    """A size that doubles so many times: N * 2^depth."""
    steps = "".join(f"t{i + 1} = Concat<axis = 0>(t{i}, t{i})  " for i in range(depth))
    return parsed(HEAD + f"g (float[N] t0) => (float[M] y) {{ {steps} y = Relu(t{depth}) }}").SerializeToString()


def _powers(depth: int) -> bytes:
    """A size that squares itself so many times: it would have 2^depth factors."""
    steps = "".join(
        f"a{i} = Unsqueeze(t{i}, one)  b{i} = Mul(a{i}, t{i})  t{i + 1} = Reshape(b{i}, flat)  " for i in range(depth)
    )
    model = parsed(HEAD + f"g (float[N] t0) => (float[M] y) {{ {steps} y = Relu(t{depth}) }}")
    model.graph.initializer.extend([ints("one", 1), ints("flat", -1)])
    return bytes(model.SerializeToString())


def _sums(depth: int) -> bytes:
    """The square of a sum of names, squared again and again: the terms of the polynomial explode."""
    names = [f"float[{n}] in_{n}" for n in "ABCDEFGH"]
    steps = "".join(
        f"a{i} = Unsqueeze(t{i}, one)  b{i} = Mul(a{i}, t{i})  t{i + 1} = Reshape(b{i}, flat)  " for i in range(depth)
    )
    joined = ", ".join(f"in_{n}" for n in "ABCDEFGH")
    text = f"g ({', '.join(names)}) => (float[M] y) {{ t0 = Concat<axis = 0>({joined})  {steps} y = Relu(t{depth}) }}"
    model = parsed(HEAD + text)
    model.graph.initializer.extend([ints("one", 1), ints("flat", -1)])
    return bytes(model.SerializeToString())


add("names_of_sizes", _of_named_sizes, "", 0)
add("size_doubled_5000_times", lambda: _doubled(5_000), "", 0, work=40)
add("size_squared_60_times", lambda: _powers(60), "", 0, work=20)
add("sum_squared_20_times", lambda: _sums(20), "", 0, work=20)
