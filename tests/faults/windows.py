"""Windows: convolutions and poolings whose attributes and parameters contradict each other."""

from __future__ import annotations

from .fault import Kind
from .tables import table

SHAPES = "impossible-shapes misfit-initializers"

CONV = """agraph (float[N, 4, 8, 8] x, float[6, 2, 3, 3] w, float[6] b) => (float[N, 6, A, B] y) {
  y = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [1, 1], dilations = [1, 1], group = 2>(x, w, b)
}"""

table(
    __name__,
    Kind.ILLEGAL,
    CONV,
    "Conv[0]",
    SHAPES,
    """
    group_that_does_not_divide: Three groups of four channels.
        group = 2 --> group = 3
    group_of_zero: Conv in no group.
        group = 2 --> group = 0 @group
    group_below_zero: Conv in -1 groups.
        group = 2 --> group = -1 @group
    kernel_shape_against_weights: kernel_shape is not the weight's.
        kernel_shape = [3, 3] --> kernel_shape = [5, 5]
    kernel_shape_of_other_rank: kernel_shape has one number for an image.
        kernel_shape = [3, 3] --> kernel_shape = [3] @kernel_shape
    kernel_of_nothing: A kernel of 0 by 0.
        kernel_shape = [3, 3] --> kernel_shape = [0, 0]
    conv_bias_too_long: A bias that has one number too many.
        float[6] b --> float[7] b
    conv_weight_of_other_channels: The weight takes other channels than arrive.
        float[6, 2, 3, 3] w --> float[6, 4, 3, 3] w
    conv_weight_without_an_axis: The weight of a convolution along one axis, for an image.
        float[6, 2, 3, 3] w --> float[6, 2, 3] w
    filters_not_divisible_by_group: Seven filters in two groups.
        float[6, 2, 3, 3] w, float[6] b --> float[7, 2, 3, 3] w, float[7] b
    conv_pads_too_few: Two pads for two axes, where begin and end want four.
        pads = [1, 1, 1, 1] --> pads = [1, 1] @pads
    conv_pads_too_many: Six pads for two axes.
        pads = [1, 1, 1, 1] --> pads = [1, 1, 1, 1, 1, 1] @pads
    conv_pads_negative: Conv pads by -1.
        pads = [1, 1, 1, 1] --> pads = [-1, -1, -1, -1] @pads
    conv_pads_negative_at_one_side: Conv pads by -1 at one side.
        pads = [1, 1, 1, 1] --> pads = [1, 1, -1, 1] @pads
    conv_strides_too_few: One stride for two axes.
        strides = [1, 1] --> strides = [1] @strides
    conv_strides_zero: A window that never moves.
        strides = [1, 1] --> strides = [0, 1] @strides
    conv_strides_negative: A window that moves backwards.
        strides = [1, 1] --> strides = [-1, -1] @strides
    conv_dilation_zero: A kernel whose taps lie on one another.
        dilations = [1, 1] --> dilations = [0, 0] @dilations
    conv_dilation_negative: A kernel with negative dilations.
        dilations = [1, 1] --> dilations = [-1, -1] @dilations
    conv_dilations_too_many: Three dilations for two axes.
        dilations = [1, 1] --> dilations = [1, 1, 1] @dilations
    conv_of_a_vector: Conv over a tensor of one axis.
        float[N, 4, 8, 8] x --> float[N] x
    conv_reach_beyond_the_image: A dilated kernel reaches beyond the padded image.
        dilations = [1, 1] --> dilations = [9, 9]
    auto_pad_unknown_word: auto_pad is no word of Conv's.
        strides = [1, 1] --> auto_pad = "SAME" @auto_pad !undefined-words
    auto_pad_beside_pads: auto_pad and pads together.
        strides = [1, 1] --> auto_pad = "SAME_UPPER" @auto_pad !padding-twice
    """,
)

table(
    __name__,
    Kind.ILLEGAL,
    """agraph (float[N, 4, 8, 8] x) => (float[N, 4, A, B] y) {
      y = MaxPool<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]>(x)
    }""",
    "MaxPool[0]",
    SHAPES,
    """
    pool_kernel_of_other_rank: kernel_shape has three numbers for an image.
        kernel_shape = [3, 3] --> kernel_shape = [3, 3, 3] @kernel_shape
    pool_without_kernel: MaxPool without its kernel_shape.
        kernel_shape = [3, 3], --> @kernel_shape !undeclared-attributes
    pool_kernel_of_nothing: A pooling window of no row.
        kernel_shape = [3, 3] --> kernel_shape = [0, 3] @kernel_shape
    pool_kernel_negative: A pooling window of -3 rows.
        kernel_shape = [3, 3] --> kernel_shape = [-3, 3] @kernel_shape
    pool_pads_negative: MaxPool pads by -1.
        pads = [1, 1, 1, 1] --> pads = [-1, -1, -1, -1] @pads
    pool_pads_too_few: MaxPool has three pads.
        pads = [1, 1, 1, 1] --> pads = [1, 1, 1] @pads
    pool_pads_as_large_as_kernel: A padding that fills whole windows.
        pads = [1, 1, 1, 1] --> pads = [3, 3, 3, 3] @pads !runtime-limits
    pool_strides_zero: MaxPool never moves.
        strides = [2, 2] --> strides = [0, 0] @strides
    pool_dilation_zero: MaxPool whose taps lie on one another.
        strides = [2, 2] --> dilations = [0, 0] @dilations
    pool_of_a_matrix: MaxPool over a matrix.
        float[N, 4, 8, 8] x --> float[N, 4] x
    pool_counting_pads: count_include_pad is not MaxPool's.
        strides = [2, 2] --> count_include_pad = 1 @count_include_pad !undeclared-attributes
    """,
)

table(
    __name__,
    Kind.ILLEGAL,
    """agraph (float[N, 4, 8, 8] x) => (float[N, 4, A, B] y) {
      y = AveragePool<kernel_shape = [3, 3], strides = [2, 2]>(x)
    }""",
    "AveragePool[0]",
    SHAPES,
    """
    average_kernel_beyond_the_image: AveragePool of a window larger than the image.
        kernel_shape = [3, 3] --> kernel_shape = [13, 13]
    average_dilated_too_early: AveragePool has dilations from opset 19 on.
        strides = [2, 2] --> dilations = [2, 2] @dilations !undeclared-attributes
    """,
)

table(
    __name__,
    Kind.ILLEGAL,
    """agraph (float[N, 4, 8, 8] x, float[4, 3, 2, 2] w, float[6] b) => (float[N, 6, A, B] y) {
      y = ConvTranspose<strides = [2, 2], output_padding = [1, 1], group = 2>(x, w, b)
    }""",
    "ConvTranspose[0]",
    SHAPES,
    """
    transposed_weight_of_other_channels: ConvTranspose's weight takes other channels than arrive.
        float[4, 3, 2, 2] w --> float[6, 3, 2, 2] w
    transposed_bias_of_one_group: ConvTranspose's bias has the numbers of one group.
        float[6] b --> float[3] b
    transposed_group_that_does_not_divide: ConvTranspose of four channels in three groups.
        group = 2 --> group = 3
    output_padding_as_large_as_stride: An output_padding that is not below the stride.
        output_padding = [1, 1] --> output_padding = [2, 2] @output_padding
    output_padding_too_short: One output_padding for two axes.
        output_padding = [1, 1] --> output_padding = [1] @output_padding
    output_padding_negative: An output_padding of -1.
        output_padding = [1, 1] --> output_padding = [-1, -1] @output_padding
    output_shape_too_short: One output_shape for two axes.
        output_padding = [1, 1] --> output_shape = [16] @output_shape
    """,
)

table(
    __name__,
    Kind.ILLEGAL,
    """agraph (float[1, 4, 8, 8] x, float[5, 4] rois, int64[5] i) => (float[5, 4, 2, 2] y) {
      y = RoiAlign<output_height = 2, output_width = 2, sampling_ratio = 2>(x, rois, i)
    }""",
    "RoiAlign[0]",
    SHAPES,
    """
    boxes_of_five_numbers: Boxes of five numbers for RoiAlign.
        float[5, 4] rois --> float[5, 5] rois
    boxes_without_an_image: RoiAlign with fewer batch indices than boxes.
        int64[5] i --> int64[3] i
    roi_indices_of_floats: RoiAlign's batch indices are floats.
        int64[5] i --> float[5] i !wrong-types
    """,
)

table(
    __name__,
    Kind.ILLEGAL,
    """agraph (float[1, 4, 8, 8] x, int64[1, 4, 4, 4] j) => (float[1, 4, A, B] y) {
      p, i = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)
      y = MaxUnpool<kernel_shape = [2, 2], strides = [2, 2]>(p, j)
    }""",
    "MaxUnpool[1]",
    SHAPES,
    """
    unpool_indices_of_other_shape: MaxUnpool's indices have not the data's shape.
        int64[1, 4, 4, 4] j --> int64[1, 4, 8, 8] j
    unpool_without_kernel: MaxUnpool without its kernel_shape.
        MaxUnpool<kernel_shape = [2, 2],  --> MaxUnpool< @kernel_shape !undeclared-attributes
    """,
)
