"""Indices: gather, scatter, top k, one-hot, and what makes or counts entries."""

from __future__ import annotations

from .fault import Kind
from .tables import table

SHAPES = "impossible-shapes misfit-initializers"


def indexing(text: str, place: str, lines: str, opset: int = 17) -> None:
    table(__name__, Kind.ILLEGAL, text, place, SHAPES, lines, opset=opset)


indexing(
    "agraph (float[5, 4] x) => (float[A, B] y) <int64[2] i = {0, 4}> { y = Gather<axis = 0>(x, i) }",
    "Gather[0]",
    """
    gather_beyond_the_end: Gather takes entry 5 of five.
        {0, 4} --> {0, 5}
    gather_before_the_beginning: Gather takes entry -6 of five.
        {0, 4} --> {0, -6}
    gather_axis_out_of_range: Gather along an axis that is not there.
        axis = 0 --> axis = 2 @axis
    gather_by_floats: Gather's indices are floats.
        int64[2] i --> float[2] i !wrong-types
    """,
)
indexing(
    "agraph (float[5, 4] x) => (float[A] y) <int64[2, 2] i = {0, 3, 4, 3}> { y = GatherND(x, i) }",
    "GatherND[0]",
    """
    gather_nd_beyond_the_end: GatherND takes entry 4 of four.
        {0, 3, 4, 3} --> {0, 3, 4, 4}
    gather_nd_of_more_axes: GatherND's indices have three numbers for two axes.
        int64[2, 2] i = {0, 3, 4, 3} --> int64[2, 3] i = {0, 0, 0, 1, 1, 1}
    gather_nd_batches_beyond: GatherND's batch_dims are as many as the axes.
        GatherND(x, i) --> GatherND<batch_dims = 2>(x, i)
    """,
)
indexing(
    "agraph (float[5, 4] x, int64[5, 2] i) => (float[A, B] y) { y = GatherElements<axis = 1>(x, i) }",
    "GatherElements[0]",
    """
    gather_elements_of_other_rank: GatherElements's indices have another rank.
        int64[5, 2] i --> int64[5] i
    gather_elements_axis_out_of_range: GatherElements along an axis that is not there.
        axis = 1 --> axis = 2 @axis
    """,
)
indexing(
    """agraph (float[5, 4] x, float[2, 4] u) => (float[A, B] y) <int64[2, 1] i = {0, 4}> {
      y = ScatterND<reduction = "add">(x, i, u)
    }""",
    "ScatterND[0]",
    """
    scatter_nd_of_other_updates: ScatterND's updates have another shape than its places.
        float[2, 4] u --> float[3, 4] u
    scatter_nd_beyond_the_end: ScatterND writes entry 5 of five.
        {0, 4} --> {0, 5}
    scatter_nd_of_an_unknown_reduction: ScatterND's reduction is no word of its.
        "add" --> "sum" @reduction !undefined-words
    scatter_nd_of_other_types: ScatterND's updates are double.
        float[2, 4] u --> double[2, 4] u !wrong-types
    """,
)
indexing(
    """agraph (float[5, 4] x, int64[2, 4] i, float[2, 4] u) => (float[A, B] y) {
      y = ScatterElements<axis = 0>(x, i, u)
    }""",
    "ScatterElements[0]",
    """
    scatter_elements_of_other_updates: ScatterElements's updates have another shape than its indices.
        float[2, 4] u --> float[2, 3] u
    scatter_elements_axis_out_of_range: ScatterElements along an axis that is not there.
        axis = 0 --> axis = -3 @axis
    """,
)
indexing(
    "agraph (float[2, 8] x) => (float[A, B] y, int64[C, D] i) <int64[1] k = {3}> { y, i = TopK<axis = 1>(x, k) }",
    "TopK[0]",
    """
    top_k_of_more_than_there_are: TopK of nine among eight.
        {3} --> {9}
    top_k_of_a_negative_number: TopK of -1.
        {3} --> {-1}
    top_k_axis_out_of_range: TopK along an axis that is not there.
        axis = 1 --> axis = 2 @axis
    top_k_of_two_numbers: TopK by two numbers.
        int64[1] k = {3} --> int64[2] k = {3, 3}
    top_k_of_int32: TopK's k is int32.
        int64[1] k --> int32[1] k !wrong-types
    """,
)
indexing(
    """agraph (int64[3] i) => (float[A, B] y) <int64 depth = {4}, float[2] values = {0, 1}> {
      y = OneHot<axis = -1>(i, depth, values)
    }""",
    "OneHot[0]",
    """
    one_hot_axis_out_of_range: OneHot along an axis that is not there.
        axis = -1 --> axis = 2 @axis
    one_hot_of_three_values: OneHot's values are three.
        float[2] values = {0, 1} --> float[3] values = {0, 1, 2}
    one_hot_of_a_negative_depth: OneHot's depth is -4.
        {4} --> {-4}
    """,
)
indexing(
    "agraph (float[5] x) => (float[A] y, bool[5] m) <int64 axis = {0}> { y = CumSum(x, axis) m = IsNaN(x) }",
    "CumSum[0]",
    """
    cumsum_axis_out_of_range: CumSum along an axis that is not there.
        {0} --> {1}
    """,
)
indexing(
    "agraph (float[2, 5] x, bool[5] c) => (float[A, B] y) { y = Compress<axis = 1>(x, c) }",
    "Compress[0]",
    """
    compress_axis_out_of_range: Compress along an axis that is not there.
        axis = 1 --> axis = 2 @axis
    compress_by_integers: Compress's condition is int64.
        bool[5] c --> int64[5] c !wrong-types
    """,
)
indexing(
    "agraph (float[2, 3] x) => (float[A, B] y) <int64[2] s = {2, 3}> { c = ConstantOfShape(s) y = Add(x, c) }",
    "ConstantOfShape[0]",
    """
    constant_of_a_negative_shape: ConstantOfShape of -3.
        {2, 3} --> {2, -3}
    """,
)
indexing(
    """agraph (float x) => (float[A] y) <float start = {0}, float limit = {4}, float delta = {1}> {
      r = Range(start, limit, delta)
      y = Add(r, x)
    }""",
    "Range[0]",
    """
    range_of_no_step: Range's delta is 0.
        float delta = {1} --> float delta = {0}
    range_of_a_vector: Range's limit is a vector.
        float limit = {4} --> float[2] limit = {4, 4}
    range_of_other_types: Range's delta is int64.
        float delta = {1} --> int64 delta = {1} !wrong-types
    """,
)
indexing(
    "agraph (float[4, 4] x) => (float[A, B] y) { t = Trilu<upper = 1>(x) e = EyeLike(x) y = Add(t, e) }",
    "Trilu[0]",
    """
    trilu_of_a_vector: Trilu of a vector.
        float[4, 4] x --> float[4] x
    """,
)
indexing(
    """agraph (float[4, 3] x) => (float[A, B] y) <int64[3] lengths = {4, 2, 1}> {
      y = ReverseSequence<batch_axis = 1, time_axis = 0>(x, lengths)
    }""",
    "ReverseSequence[0]",
    """
    reverse_by_other_lengths: ReverseSequence's lengths are not as many as the batch.
        int64[3] lengths = {4, 2, 1} --> int64[2] lengths = {4, 2}
    reverse_along_one_axis: ReverseSequence's batch and time are one axis.
        batch_axis = 1, time_axis = 0 --> batch_axis = 0, time_axis = 0
    """,
)
indexing(
    """agraph (float[1, 6, 4] boxes, float[1, 2, 6] scores) => (int64[A, 3] y)
    <int64 most = {3}, float iou = {0.5}, float least = {0.1}> {
      y = NonMaxSuppression(boxes, scores, most, iou, least)
    }""",
    "NonMaxSuppression[0]",
    """
    suppression_of_boxes_of_five: NonMaxSuppression's boxes have five numbers.
        float[1, 6, 4] boxes --> float[1, 6, 5] boxes
    suppression_of_other_scores: NonMaxSuppression has scores for other boxes.
        float[1, 2, 6] scores --> float[1, 2, 7] scores
    suppression_beyond_one: NonMaxSuppression's iou_threshold is above 1.
        {0.5} --> {1.5}
    """,
)
