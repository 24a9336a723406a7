"""Layers: products, normalizations, recurrent layers and quantisation with parameters or attributes that do not fit."""

from __future__ import annotations

from .fault import Kind
from .tables import table

SHAPES = "impossible-shapes misfit-initializers"


def layer(text: str, place: str, lines: str, opset: int = 17) -> None:
    table(__name__, Kind.ILLEGAL, text, place, SHAPES, lines, opset=opset)


layer(
    "agraph (float[N, 4] x, float[4, 5] w, float[5] c) => (float[N, 5] y) { y = Gemm<alpha = 1.0>(x, w, c) }",
    "Gemm[0]",
    """
    gemm_of_other_features: Gemm's weight takes other features than arrive.
        float[4, 5] w --> float[3, 5] w
    gemm_transposed_by_mistake: Gemm transposes a weight that is stored the right way.
        alpha = 1.0 --> transB = 1
    gemm_data_transposed: Gemm transposes its data.
        float[N, 4] x --> float[4, 7] x
    gemm_bias_of_other_length: Gemm's C does not broadcast to its output.
        float[5] c --> float[6] c
    gemm_of_an_image: Gemm of a tensor of four axes.
        float[N, 4] x --> float[N, 4, 2, 2] x
    gemm_of_a_vector_weight: Gemm's weight is a vector.
        float[4, 5] w --> float[4] w
    gemm_weight_of_float16: Gemm's weight is float16 under float data.
        float[4, 5] w --> float16[4, 5] w !wrong-types
    gemm_alpha_of_a_number: Gemm's alpha is an int.
        alpha = 1.0 --> alpha = 1 @alpha !undeclared-attributes
    gemm_of_one: Gemm without its weight.
        (x, w, c) --> (x) !wrong-arity
    gemm_of_four: Gemm of four tensors.
        (x, w, c) --> (x, w, c, c) !wrong-arity
    """,
)
layer(
    "agraph (float[N, 3, 4] x, float[4, 5] w) => (float[N, 3, 5] y) { y = MatMul(x, w) }",
    "MatMul[0]",
    """
    matmul_of_other_features: MatMul's inner sizes differ.
        float[4, 5] w --> float[5, 4] w
    matmul_of_a_scalar: MatMul by a scalar.
        float[4, 5] w --> float w
    matmul_of_other_types: MatMul of float and double.
        float[4, 5] w --> double[4, 5] w !wrong-types
    """,
)
layer(
    """agraph (float[2, 3, 4] x, float[2, 4, 5] v) => (float[A, B, C] y) {
      y = Einsum<equation = "bij,bjk->bik">(x, v)
    }""",
    "Einsum[0]",
    """
    einsum_of_other_sizes: Einsum's letter stands for two sizes.
        float[2, 4, 5] v --> float[2, 6, 5] v
    einsum_of_other_rank: Einsum's term has more letters than its input has axes.
        float[2, 4, 5] v --> float[4, 5] v
    einsum_of_an_unknown_letter: Einsum gives a letter that no input has.
        ->bik --> ->biz
    einsum_of_three_terms: Einsum has three terms for two inputs.
        bij,bjk-> --> bij,bjk,k->
    """,
)
layer(
    """agraph (uint8[N, 4] x, uint8[4, 5] w) => (int32[N, 5] y) <uint8 zx = {0}, uint8[5] zw = {0, 0, 0, 0, 0}> {
      y = MatMulInteger(x, w, zx, zw)
    }""",
    "MatMulInteger[0]",
    """
    matmul_integer_of_other_features: MatMulInteger's inner sizes differ.
        uint8[4, 5] w --> uint8[3, 5] w
    matmul_integer_of_other_zero_points: MatMulInteger has other zero points than columns.
        uint8[5] zw = {0, 0, 0, 0, 0} --> uint8[3] zw = {0, 0, 0}
    matmul_integer_of_floats: MatMulInteger of floats.
        uint8[N, 4] x --> float[N, 4] x !wrong-types
    """,
)
layer(
    """agraph (float[N, 4, 8, 8] x) => (float[N, 4, 8, 8] y)
    <float[4] s = {1, 1, 1, 1}, float[4] b = {0, 0, 0, 0}, float[4] m = {0, 0, 0, 0}, float[4] v = {1, 1, 1, 1}> {
      y = BatchNormalization<epsilon = 0.001>(x, s, b, m, v)
    }""",
    "BatchNormalization[0]",
    """
    batch_norm_scale_of_other_channels: BatchNormalization's scale has one number too few.
        float[4] s = {1, 1, 1, 1} --> float[3] s = {1, 1, 1}
    batch_norm_mean_of_other_channels: BatchNormalization's mean has one number too many.
        float[4] m = {0, 0, 0, 0} --> float[5] m = {0, 0, 0, 0, 0}
    batch_norm_variance_of_one: BatchNormalization's variance is one number.
        float[4] v = {1, 1, 1, 1} --> float[1] v = {1}
    batch_norm_bias_of_two_axes: BatchNormalization's bias is a matrix.
        float[4] b = {0, 0, 0, 0} --> float[1, 4] b = {0, 0, 0, 0}
    batch_norm_without_variance: BatchNormalization without its variance.
        (x, s, b, m, v) --> (x, s, b, m) !wrong-arity
    batch_norm_outputs_without_training: BatchNormalization has outputs of training outside of it.
        y = BatchNormalization --> y, mean, var = BatchNormalization
    batch_norm_for_spatial: BatchNormalization has no spatial since opset 9.
        epsilon = 0.001 --> spatial = 0 @spatial !undeclared-attributes
    batch_norm_epsilon_of_text: BatchNormalization's epsilon is a text.
        epsilon = 0.001 --> epsilon = "small" @epsilon !undeclared-attributes
    """,
)
layer(
    """agraph (float[N, 6, 8] x, float[8] s, float[8] b) => (float[N, 6, 8] y) {
      y = LayerNormalization<axis = -1>(x, s, b)
    }""",
    "LayerNormalization[0]",
    """
    layer_norm_axis_out_of_range: LayerNormalization from an axis that is not there.
        axis = -1 --> axis = 3 @axis
    layer_norm_scale_of_other_length: LayerNormalization's scale does not broadcast.
        float[8] s --> float[7] s
    """,
)
layer(
    """agraph (float[N, 4, 8, 8] x, float[4] s, float[4] b) => (float[N, 4, 8, 8] y) {
      y = InstanceNormalization(x, s, b)
    }""",
    "InstanceNormalization[0]",
    """
    instance_norm_of_other_channels: InstanceNormalization's scale has one number too many.
        float[4] s --> float[5] s
    """,
)
layer(
    """agraph (float[N, 4, 8, 8] x, float[4] s, float[4] b) => (float[N, 4, 8, 8] y) {
      y = GroupNormalization<num_groups = 2>(x, s, b)
    }""",
    "GroupNormalization[0]",
    """
    groups_that_do_not_divide_the_channels: GroupNormalization of four channels in three groups.
        num_groups = 2 --> num_groups = 3
    groups_of_nothing: GroupNormalization in no group.
        num_groups = 2 --> num_groups = 0
    """,
    21,
)
layer(
    "agraph (float[N, 8] x) => (float[N, 8] y) { y = Softmax<axis = 1>(x) }",
    "Softmax[0]",
    """
    softmax_axis_out_of_range: Softmax over an axis that is not there.
        axis = 1 --> axis = 2 @axis
    softmax_axis_too_negative: Softmax over an axis before the first.
        axis = 1 --> axis = -3 @axis
    softmax_over_two_axes: Softmax's axis is a list.
        axis = 1 --> axis = [0, 1] @axis !undeclared-attributes
    softmax_with_a_temperature: Softmax has no temperature.
        axis = 1 --> temperature = 2.0 @temperature !undeclared-attributes
    softmax_of_integers: Softmax of int32.
        float[N, 8] x --> int32[N, 8] x !wrong-types
    """,
)
layer(
    "agraph (float[N, 8, 4, 4] x) => (float[N, 8, 4, 4] y) { y = LRN<size = 5>(x) }",
    "LRN[0]",
    """
    lrn_over_an_even_number: LRN over four channels.
        size = 5 --> size = 4 @size !runtime-limits
    lrn_without_a_size: LRN without its size.
        <size = 5> --> @size !undeclared-attributes
    lrn_of_size_zero: LRN over no channel.
        size = 5 --> size = 0 @size
    """,
)
layer(
    "agraph (float[N, 4, 8, 8] x, float[4, 1, 1] s) => (float[N, 4, 8, 8] y) { y = PRelu(x, s) }",
    "PRelu[0]",
    """
    slope_that_does_not_broadcast: PRelu's slope has three numbers for four channels.
        float[4, 1, 1] s --> float[3, 1, 1] s
    slope_along_the_width: PRelu's slope of four stands along a width of eight.
        float[4, 1, 1] s --> float[4] s
    """,
)
layer(
    """agraph (float[T, 1, 3] x, float[1, 16, 3] w, float[1, 16, 4] r, float[1, 32] b, float[1, 1, 4] h)
    => (float[T, 1, 1, 4] y) {
      y = LSTM<hidden_size = 4, direction = "forward">(x, w, r, b, "", h)
    }""",
    "LSTM[0]",
    """
    lstm_of_other_features: LSTM's weight takes other features than arrive.
        float[1, 16, 3] w --> float[1, 16, 5] w
    lstm_of_three_gates: LSTM's weight has the gates of a GRU.
        float[1, 16, 3] w --> float[1, 12, 3] w
    lstm_of_another_recurrence: LSTM's recurrence weight has another hidden size.
        float[1, 16, 4] r --> float[1, 16, 5] r
    lstm_bias_of_one_half: LSTM's bias has one half of its numbers.
        float[1, 32] b --> float[1, 16] b
    lstm_weights_of_one_direction: LSTM goes both ways with the weights of one.
        "forward" --> "bidirectional"
    lstm_of_another_hidden_size: hidden_size is not that of the weights.
        hidden_size = 4 --> hidden_size = 5
    lstm_of_an_unknown_direction: LSTM's direction is no word of its.
        "forward" --> "backward" @direction !undefined-words
    lstm_state_of_another_batch: LSTM's initial state is for a batch of three.
        float[1, 1, 4] h --> float[1, 3, 4] h
    lstm_of_unknown_activations: LSTM's activations are no words of its.
        direction = "forward" --> activations = ["Sigmoid", "Tanh", "Swish"] @activations !undefined-words
    """,
)
layer(
    """agraph (float[T, 2, 3] x, float[1, 12, 3] w, float[1, 12, 4] r) => (float[T, 1, 2, 4] y) {
      y = GRU<hidden_size = 4>(x, w, r)
    }""",
    "GRU[0]",
    """
    gru_of_four_gates: GRU's weight has the gates of an LSTM.
        float[1, 12, 3] w --> float[1, 16, 3] w
    gru_of_a_matrix: GRU over a tensor of two axes.
        float[T, 2, 3] x --> float[2, 3] x
    """,
)
layer(
    """agraph (int8[4, 6] x) => (float[4, 6] y)
    <float[6] s = {1, 1, 1, 1, 1, 1}, int8[6] z = {0, 0, 0, 0, 0, 0}> { y = DequantizeLinear<axis = 1>(x, s, z) }""",
    "DequantizeLinear[0]",
    """
    dequantize_along_the_other_axis: Six scales along an axis of four.
        axis = 1 --> axis = 0
    dequantize_axis_out_of_range: DequantizeLinear along an axis that is not there.
        axis = 1 --> axis = 2 @axis
    zero_points_of_another_number: DequantizeLinear has six scales and four zero points.
        int8[6] z = {0, 0, 0, 0, 0, 0} --> int8[4] z = {0, 0, 0, 0}
    zero_points_of_another_type: DequantizeLinear's zero points are uint8 and its data int8.
        int8[6] z --> uint8[6] z !wrong-types
    """,
)
layer(
    "agraph (float[4, 6] x) => (uint8[4, 6] y) <float s = {0.1}, uint8 z = {128}> { y = QuantizeLinear(x, s, z) }",
    "QuantizeLinear[0]",
    """
    quantize_without_a_scale: QuantizeLinear without its scale.
        (x, s, z) --> (x) !wrong-arity
    quantize_to_float: QuantizeLinear's zero point is float.
        uint8 z = {128} --> float z = {0} !wrong-types
    quantize_an_integer: QuantizeLinear of int64.
        float[4, 6] x --> int64[4, 6] x !wrong-types
    """,
)
layer(
    """agraph (float[N, 4] x, bool[N, 4] c) => (bool[N, 4] y) {
      i = Cast<to = 7>(x)
      b = Cast<to = 9>(i)
      y = And(b, c)
    }""",
    "Cast[0]",
    """
    cast_to_nothing: Cast to the type 0.
        to = 7 --> to = 0 @to !wrong-types
    cast_to_an_unknown_type: Cast to the type 99.
        to = 7 --> to = 99 @to !wrong-types
    cast_without_a_type: Cast without its type.
        <to = 7> --> @to !undeclared-attributes
    cast_to_a_word: Cast to a type by its name.
        to = 7 --> to = "int64" @to !undeclared-attributes
    """,
)
layer(
    "agraph (float[N, 4] x, float[N, 4] z) => (float[N, 4] y) { y = Mod<fmod = 1>(x, z) }",
    "Mod[0]",
    """
    mod_of_floats_without_fmod: Mod of floats by the integers' rule.
        fmod = 1 --> fmod = 0
    """,
)
layer(
    "agraph (float[N, 4] x) => (float[N, 4] y) <float low = {0}, float high = {6}> { y = Clip(x, low, high) }",
    "Clip[0]",
    """
    clip_by_a_vector: Clip's lower bound is a vector.
        float low = {0} --> float[2] low = {0, 0}
    clip_by_an_integer: Clip's upper bound is int64.
        float high = {6} --> int64 high = {6} !wrong-types
    clip_by_attributes: Clip's bounds are inputs since opset 11.
        Clip(x, low, high) --> Clip<min = 0.0, max = 6.0>(x) @min !undeclared-attributes
    """,
)
