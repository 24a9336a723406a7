"""Shapes that are made anew: reshape, transpose, split, join, pad, slice, resize, and what must broadcast."""

from __future__ import annotations

from .fault import Kind
from .tables import table

SHAPES = "impossible-shapes misfit-initializers"


def shaping(text: str, place: str, lines: str, opset: int = 17) -> None:
    table(__name__, Kind.ILLEGAL, text, place, SHAPES, lines, opset=opset)


shaping(
    "agraph (float[2, 3, 4] x) => (float[A, B] y) <int64[2] s = {6, 4}> { y = Reshape(x, s) }",
    "Reshape[0]",
    """
    reshape_that_does_not_come_out_even: A Reshape to another number of elements.
        {6, 4} --> {7, 4}
    reshape_of_an_odd_rest: A -1 that does not come out even.
        {6, 4} --> {-1, 5}
    reshape_of_two_unknowns: Two -1 in one Reshape.
        {6, 4} --> {-1, -1}
    reshape_to_minus_two: A Reshape to -2.
        {6, 4} --> {-2, 4}
    reshape_target_of_two_axes: Reshape's target is a matrix.
        int64[2] s = {6, 4} --> int64[1, 2] s = {6, 4}
    reshape_target_of_int32: Reshape's target is int32.
        int64[2] s --> int32[2] s !wrong-types
    reshape_target_of_float: Reshape's target is float.
        int64[2] s --> float[2] s !wrong-types
    """,
)
shaping(
    "agraph (float[2, 3, 4] x) => (float[A, B, C, D] y) <int64[4] s = {0, 0, 2, 2}> { y = Reshape(x, s) }",
    "Reshape[0]",
    """
    reshape_that_copies_no_axis: A 0 where the input has no axis.
        {0, 0, 2, 2} --> {0, 1, 12, 0}
    """,
)
shaping(
    "agraph (float[2, 3, 4] x) => (float[A, B, C] y) { y = Transpose<perm = [0, 2, 1]>(x) }",
    "Transpose[0]",
    """
    perm_that_repeats_an_axis: perm names an axis twice.
        [0, 2, 1] --> [0, 1, 1] @perm
    perm_too_short: perm has two axes of three.
        [0, 2, 1] --> [1, 0] @perm
    perm_too_long: perm has four axes of three.
        [0, 2, 1] --> [0, 3, 2, 1] @perm
    perm_out_of_range: perm names an axis that is not there.
        [0, 2, 1] --> [0, 3, 1] @perm
    perm_negative: perm counts from the end.
        [0, 2, 1] --> [0, -1, 1] @perm
    """,
)
shaping(
    "agraph (float[2, 3, 4] x) => (float[A, B] y) { y = Flatten<axis = 1>(x) }",
    "Flatten[0]",
    """
    flatten_axis_out_of_range: Flatten at an axis that is not there.
        axis = 1 --> axis = 5 @axis
    flatten_axis_too_negative: Flatten at an axis before the first.
        axis = 1 --> axis = -4 @axis
    flatten_axis_of_a_float: Flatten's axis is a float.
        axis = 1 --> axis = 1.0 @axis !undeclared-attributes
    """,
)
shaping(
    "agraph (float[2, 1, 4] x) => (float[A, B] y) <int64[1] axes = {1}> { y = Squeeze(x, axes) }",
    "Squeeze[0]",
    """
    squeeze_of_an_axis_with_entries: Squeeze of an axis of two.
        {1} --> {0}
    squeeze_axis_out_of_range: Squeeze of an axis that is not there.
        {1} --> {3}
    """,
)
shaping(
    "agraph (float[2, 4] x) => (float[A, B, C, D] y) <int64[2] axes = {0, 3}> { y = Unsqueeze(x, axes) }",
    "Unsqueeze[0]",
    """
    unsqueeze_of_one_axis_twice: Unsqueeze names one axis twice.
        {0, 3} --> {1, 1}
    unsqueeze_axis_out_of_range: Unsqueeze beyond the new rank.
        {0, 3} --> {0, 4}
    unsqueeze_axis_twice_by_its_end: Unsqueeze names one axis from both ends.
        {0, 3} --> {3, -1}
    """,
)
shaping(
    "agraph (float[2, 3, 4] x, float[2, 5, 4] v) => (float[A, B, C] y) { y = Concat<axis = 1>(x, v) }",
    "Concat[0]",
    """
    concat_of_other_sizes: Concat of tensors that differ along another axis.
        float[2, 5, 4] v --> float[2, 5, 6] v
    concat_of_other_rank: Concat of tensors of different rank.
        float[2, 5, 4] v --> float[2, 5] v
    concat_axis_out_of_range: Concat along an axis that is not there.
        axis = 1 --> axis = 3 @axis
    concat_along_the_wrong_axis: Concat along the axis before.
        axis = 1 --> axis = 0
    concat_without_axis: Concat without its axis.
        <axis = 1> --> @axis !undeclared-attributes
    concat_of_other_types: Concat of float and double.
        float[2, 5, 4] v --> double[2, 5, 4] v !wrong-types
    """,
)
shaping(
    "agraph (float[2, 8] x) => (float[A, B] y, float[C, D] z) <int64[2] s = {3, 5}> { y, z = Split<axis = 1>(x, s) }",
    "Split[0]",
    """
    split_that_sums_to_less: Split into 3 and 4 of 8.
        {3, 5} --> {3, 4}
    split_that_sums_to_more: Split into 3 and 6 of 8.
        {3, 5} --> {3, 6}
    split_of_a_negative_part: Split into 9 and -1.
        {3, 5} --> {9, -1}
    split_of_three_for_two: Split has three parts for two outputs.
        int64[2] s = {3, 5} --> int64[3] s = {3, 3, 2}
    split_axis_out_of_range: Split along an axis that is not there.
        axis = 1 --> axis = 2 @axis
    """,
)
shaping(
    "agraph (float[2, 8] x) => (float[A, B] y, float[C, D] z) { y, z = Split<axis = 1, num_outputs = 2>(x) }",
    "Split[0]",
    """
    split_counts_other_outputs: num_outputs is not the number of outputs.
        num_outputs = 2 --> num_outputs = 4
    split_into_nothing: num_outputs is 0.
        num_outputs = 2 --> num_outputs = 0
    """,
    18,
)
shaping(
    "agraph (float[2, 1, 4] x) => (float[A, B, C] y) <int64[3] s = {2, 3, 4}> { y = Expand(x, s) }",
    "Expand[0]",
    """
    expand_that_does_not_broadcast: Expand of 4 to 5.
        {2, 3, 4} --> {2, 3, 5}
    expand_to_a_negative_size: Expand to -3.
        {2, 3, 4} --> {2, -3, 4}
    """,
)
shaping(
    """agraph (float[2, 4] x, float pad) => (float[A, B] y) <int64[4] p = {0, 1, 0, 1}> {
      y = Pad<mode = "constant">(x, p, pad)
    }""",
    "Pad[0]",
    """
    pads_of_one_axis: Pad has two pads for two axes.
        int64[4] p = {0, 1, 0, 1} --> int64[2] p = {1, 1}
    pads_of_three_axes: Pad has six pads for two axes.
        int64[4] p = {0, 1, 0, 1} --> int64[6] p = {0, 1, 0, 1, 0, 0}
    pads_that_take_more_than_there_is: Pad takes seven of four away.
        {0, 1, 0, 1} --> {0, -3, 0, -4}
    pad_of_an_unknown_mode: Pad's mode is no word of its.
        mode = "constant" --> mode = "mirror" @mode !undefined-words
    pad_value_of_another_type: Pad's value is int64.
        float pad --> int64 pad !wrong-types
    pad_value_of_three: Pad's value has three numbers.
        float pad --> float[3] pad
    """,
)
shaping(
    "agraph (float[2, 4] x) => (float[A, B] y) <int64[2] r = {2, 3}> { y = Tile(x, r) }",
    "Tile[0]",
    """
    tile_of_three_axes: Tile has three repeats for two axes.
        int64[2] r = {2, 3} --> int64[3] r = {2, 3, 1}
    tile_a_negative_time: Tile repeats -2 times.
        {2, 3} --> {2, -2}
    """,
)
shaping(
    """agraph (float[2, 8, 4] x) => (float[A, B, C] y)
    <int64[2] starts = {0, 1}, int64[2] ends = {7, 3}, int64[2] axes = {1, 2}, int64[2] steps = {2, 1}> {
      y = Slice(x, starts, ends, axes, steps)
    }""",
    "Slice[0]",
    """
    slice_of_more_ends_than_starts: Slice has three ends for two starts.
        int64[2] ends = {7, 3} --> int64[3] ends = {7, 3, 1}
    slice_of_fewer_axes: Slice has one axis for two starts.
        int64[2] axes = {1, 2} --> int64[1] axes = {1}
    slice_axis_out_of_range: Slice along an axis that is not there.
        {1, 2} --> {1, 3}
    slice_of_one_axis_twice: Slice names one axis twice.
        {1, 2} --> {1, 1}
    slice_of_no_step: Slice has the step 0.
        {2, 1} --> {2, 0}
    slice_steps_of_another_type: Slice's steps are int32, its starts int64.
        int64[2] steps --> int32[2] steps !wrong-types
    slice_without_ends: Slice without its ends.
        (x, starts, ends, axes, steps) --> (x, starts) !wrong-arity
    """,
)
shaping(
    """agraph (float[1, 3, 4, 4] x) => (float[A, B, C, D] y)
    <float[4] scales = {1, 1, 2, 2}, int64[4] sizes = {1, 3, 8, 8}> {
      y = Resize<mode = "nearest", coordinate_transformation_mode = "asymmetric">(x, "", scales)
    }""",
    "Resize[0]",
    """
    resize_by_scales_and_sizes: Resize has scales and sizes both.
        (x, "", scales) --> (x, "", scales, sizes)
    resize_of_fewer_scales: Resize has two scales for four axes.
        float[4] scales = {1, 1, 2, 2} --> float[2] scales = {2, 2}
    resize_by_nothing: Resize has neither scales nor sizes.
        (x, "", scales) --> (x)
    resize_by_zero: A scale of Resize is 0.
        {1, 1, 2, 2} --> {1, 1, 0, 2}
    resize_by_a_negative_scale: A scale of Resize is negative.
        {1, 1, 2, 2} --> {1, 1, -2, 2}
    resize_of_an_unknown_mode: Resize's mode is no word of its.
        mode = "nearest", --> mode = "bilinear", @mode !undefined-words
    resize_by_unknown_coordinates: Resize's coordinate_transformation_mode is no word of its.
        "asymmetric" --> "half" @coordinate_transformation_mode !undefined-words
    """,
)
shaping(
    "agraph (float[1, 8, 4, 4] x) => (float[A, B, C, D] y) { y = DepthToSpace<blocksize = 2>(x) }",
    "DepthToSpace[0]",
    """
    blocks_that_do_not_divide: DepthToSpace by blocks that do not divide the channels.
        blocksize = 2 --> blocksize = 3
    blocks_of_nothing: DepthToSpace by blocks of 0.
        blocksize = 2 --> blocksize = 0
    blocks_of_a_matrix: DepthToSpace of a matrix.
        float[1, 8, 4, 4] x --> float[1, 8] x
    """,
)
shaping(
    "agraph (float[1, 2, 4, 4] x) => (float[A, B, C, D] y) { y = SpaceToDepth<blocksize = 2>(x) }",
    "SpaceToDepth[0]",
    """
    places_that_blocks_do_not_divide: SpaceToDepth by blocks that do not divide the image.
        blocksize = 2 --> blocksize = 3
    """,
)
shaping(
    "agraph (float[2, 3, 4] x, float[3, 4] v) => (float[A, B, C] y) { y = Add(x, v) }",
    "Add[0]",
    """
    add_that_does_not_broadcast: Add of sizes that do not broadcast.
        float[3, 4] v --> float[3, 5] v
    add_of_channels_along_the_width: Add of a vector of three along an axis of four.
        float[3, 4] v --> float[3] v
    add_of_other_types: Add of float and float16.
        float[3, 4] v --> float16[3, 4] v !wrong-types
    add_of_one: Add of one tensor.
        (x, v) --> (x) !wrong-arity
    add_of_three: Add of three tensors.
        (x, v) --> (x, v, v) !wrong-arity
    add_with_a_left_out_input: Add whose second input is left out.
        (x, v) --> (x, "") !wrong-arity
    add_at_an_axis: Add has no axis since opset 7.
        Add(x, v) --> Add<axis = 1>(x, v) @axis !undeclared-attributes
    """,
)
shaping(
    "agraph (bool[2, 3] c, float[2, 3] x, float[3] v) => (float[A, B] y) { y = Where(c, x, v) }",
    "Where[0]",
    """
    where_that_does_not_broadcast: Where of sizes that do not broadcast.
        float[3] v --> float[4] v
    where_on_floats: Where's condition is float.
        bool[2, 3] c --> float[2, 3] c !wrong-types
    """,
)
shaping(
    "agraph (float[2, 3, 4] x) => (float[A, B, C] y) { y = ReduceMean<axes = [1, 2], keepdims = 1>(x) }",
    "ReduceMean[0]",
    """
    reduce_axis_out_of_range: ReduceMean along an axis that is not there.
        axes = [1, 2] --> axes = [1, 3] @axes
    reduce_axes_of_a_number: ReduceMean's axes are one number.
        axes = [1, 2] --> axes = 1 @axes !undeclared-attributes
    """,
)
shaping(
    "agraph (float[2, 3, 4] x) => (float[A, B, C] y) <int64[2] axes = {1, 2}> { y = ReduceSum(x, axes) }",
    "ReduceSum[0]",
    """
    reduce_by_input_out_of_range: ReduceSum along an axis that is not there.
        {1, 2} --> {1, -4}
    reduce_axes_as_attribute: ReduceSum's axes are an input since opset 13.
        ReduceSum(x, axes) --> ReduceSum<axes = [1]>(x) @axes !undeclared-attributes
    """,
)
shaping(
    "agraph (float[2, 3, 4] x) => (int64[A, B, C] y) { y = ArgMax<axis = 1>(x) }",
    "ArgMax[0]",
    """
    argmax_axis_out_of_range: ArgMax along an axis that is not there.
        axis = 1 --> axis = 3 @axis
    """,
)
