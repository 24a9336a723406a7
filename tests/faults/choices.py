"""Softmax, Dropout, Cast, Clip and choices: legal, and hardly what was meant."""

from __future__ import annotations

from auditor.report import Severity

from .fault import Kind, Place
from .tables import table

WARNING = Severity.WARNING


def _wrong(
    text: str, place: Place | str, rules: str, lines: str, least: Severity | None = WARNING, opset: int = 17
) -> None:
    table(__name__, Kind.WRONG, text, place, rules, lines, least=least, opset=opset)


DROPPED = "agraph (float[N, 4] x) => (float[N, 4] y) <float ratio = {0.5}> { y = Dropout(x, ratio) }"
table(
    __name__,
    Kind.ILLEGAL,
    DROPPED,
    Place("Dropout[0]", "ratio"),
    "dropout-ratios",
    """
    dropout_of_more_than_all: Dropout of 1.5.
        {0.5} --> {1.5}
    dropout_of_all: Dropout of 1.
        {0.5} --> {1}
    dropout_of_less_than_nothing: Dropout of -0.5.
        {0.5} --> {-0.5}
    """,
)
table(
    __name__,
    Kind.ILLEGAL,
    "agraph (float[N, 4] x) => (float[N, 4] y) { y = Dropout<ratio = 0.5>(x) }",
    "Dropout[0]",
    "dropout-ratios",
    """
    dropout_in_percent: An old Dropout of 50.
        ratio = 0.5 --> ratio = 50.0 @ratio
    dropout_attribute_negative: An old Dropout of -0.5.
        ratio = 0.5 --> ratio = -0.5 @ratio
    """,
    least=WARNING,
    opset=10,
)
_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) <float ratio = {0.5}, bool t = {1}> { y = Dropout(x, ratio) }",
    "Dropout[0]",
    "training-mode",
    """
    dropout_left_in_training: Dropout is exported in training mode.
        Dropout(x, ratio) --> Dropout(x, ratio, t)
    """,
)
_wrong(
    "agraph (float[N, 10] x) => (float[N, 10] y) { a = Softmax<axis = 1>(x) b = Identity(a) y = Neg(b) }",
    "Softmax[2]",
    "repeated-activations",
    """
    softmax_twice: Softmax of a Softmax.
        y = Neg(b) --> y = Softmax<axis = 1>(b)
    """,
)
_wrong(
    "agraph (float[N, 10] x) => (float[N, 10] y) { a = Softmax<axis = 1>(x) y = Neg(a) }",
    "LogSoftmax[1]",
    "repeated-activations",
    """
    log_softmax_of_softmax: LogSoftmax of a Softmax.
        y = Neg(a) --> y = LogSoftmax<axis = 1>(a)
    """,
)
_wrong(
    "agraph (float[N, 10] x) => (float[N, 10] y) { a = Softmax<axis = 1>(x) y = Neg(a) }",
    "Sigmoid[1]",
    "repeated-activations",
    """
    sigmoid_of_softmax: Sigmoid of a Softmax.
        y = Neg(a) --> y = Sigmoid(a)
    """,
)
_wrong(
    "agraph (float[N, 10] x) => (float[N, 10] y) { a = Sigmoid(x) y = Neg(a) }",
    "Sigmoid[1]",
    "repeated-activations",
    """
    sigmoid_twice: Sigmoid of a Sigmoid.
        y = Neg(a) --> y = Sigmoid(a)
    """,
)
_wrong(
    "agraph (float[N, 10] x) => (float[N, 10] y) { a = Relu(x) y = Neg(a) }",
    "Relu[1]",
    "repeated-activations",
    """
    relu_twice: Relu of a Relu.
        y = Neg(a) --> y = Relu(a)
    """,
    Severity.NOTE,
)
_wrong(
    "agraph (float[1, 21, 32, 32] x) => (float[1, 21, 32, 32] y) { y = Softmax<axis = 3>(x) }",
    "Softmax[0]",
    "flattened-softmax",
    """
    softmax_over_classes_and_places: A Softmax of opset 11 sums over classes, rows and columns.
        axis = 3 --> axis = 1 @axis
    softmax_by_its_old_default: A Softmax of opset 11 leaves its axis out.
        Softmax<axis = 3> --> Softmax @axis
    """,
    opset=11,
)
_wrong(
    "agraph (float[1, 21, 32] x) => (float[1, 21, 32] y) { y = LogSoftmax<axis = 2>(x) }",
    "LogSoftmax[0]",
    "flattened-softmax",
    """
    log_softmax_over_everything: A LogSoftmax of opset 9 sums over the whole tensor.
        axis = 2 --> axis = 0 @axis
    """,
    opset=9,
)
_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) { a = Neg(x) y = Cast<to = 1>(a) }",
    "Cast[0]",
    "lossy-casts",
    """
    rounded_to_float16: Through float16 and back.
        a = Neg(x) --> a = Cast<to = 10>(x) @to
    rounded_to_bfloat16: Through bfloat16 and back.
        a = Neg(x) --> a = Cast<to = 16>(x) @to
    """,
)
_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) { a = Neg(x) y = Cast<to = 1>(a) }",
    "Cast[0]",
    "lossy-casts",
    """
    cut_to_int8: Through int8 and back.
        a = Neg(x) --> a = Cast<to = 3>(x) @to
    cut_to_uint8: Through uint8 and back.
        a = Neg(x) --> a = Cast<to = 2>(x) @to
    cut_to_int32: Through int32 and back.
        a = Neg(x) --> a = Cast<to = 6>(x) @to
    cut_to_bool: Through bool and back.
        a = Neg(x) --> a = Cast<to = 9>(x) @to
    """,
    Severity.NOTE,
)
_wrong(
    "agraph (uint8[2] x) => (uint8[2] y) <int32[2] low = {1, 3}> { c = Cast<to = 2>(low) y = Add(x, c) }",
    Place("Cast[0]", "low"),
    "lossy-casts",
    """
    negative_to_unsigned: A stored negative number is cast to uint8.
        {1, 3} --> {-1, 3}
    stored_beyond_the_type: A stored 300 is cast to uint8.
        {1, 3} --> {1, 300}
    """,
)
_wrong(
    "agraph (int32[2] x) => (int32[2] y) <float[2] half = {1, 3}> { c = Cast<to = 6>(half) y = Add(x, c) }",
    Place("Cast[0]", "half"),
    "lossy-casts",
    """
    fraction_to_integer: A stored 0.5 is cast to int32.
        {1, 3} --> {0.5, 3}
    """,
)
_wrong(
    "agraph (float[2, 8] x) => (float[A, B] y, int64[C, D] i) <int64[1] k = {3}> { y, i = TopK<axis = 1>(x, k) }",
    "TopK[0]",
    "takes-nothing",
    """
    top_k_of_none: TopK of 0.
        {3} --> {0}
    """,
)
_wrong(
    """agraph (float[2, 8] x) => (float[A, B] y) <int64[1] from = {2}, int64[1] to = {6}, int64[1] on = {1}> {
      y = Slice(x, from, to, on)
    }""",
    "Slice[0]",
    "takes-nothing",
    """
    slice_of_nothing: A Slice ends where it begins.
        to = {6} --> to = {2}
    slice_backwards: A Slice ends before it begins.
        to = {6} --> to = {-7}
    slice_beyond_the_end: A Slice begins behind the end.
        from = {2}, int64[1] to = {6} --> from = {9}, int64[1] to = {12}
    """,
)
_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) <float low = {0}, float high = {6}> { y = Clip(x, low, high) }",
    "Clip[0]",
    "clip-reversed",
    """
    bounds_swapped: Clip's bounds are swapped.
        low = {0}, float high = {6} --> low = {6}, float high = {0}
    """,
)
_wrong(
    """agraph (float[1, 6, 4] boxes, float[1, 2, 6] scores) => (int64[A, 3] y) <int64[1] most = {3}> {
      y = NonMaxSuppression(boxes, scores, most)
    }""",
    "NonMaxSuppression[0]",
    "selects-no-boxes",
    """
    suppression_without_a_count: NonMaxSuppression has no count, which means no box.
        (boxes, scores, most) --> (boxes, scores)
    suppression_of_none: NonMaxSuppression keeps at most 0 boxes.
        {3} --> {0}
    """,
)
_wrong(
    """agraph (float[N, 1, 16, 16] x, float[2, 1, 3, 3] w) => (float[N, 2, A, B] y) {
      y = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [1, 1]>(x, w)
    }""",
    "Conv[0]",
    "skipped-pixels",
    """
    padding_beyond_the_kernel: A convolution's padding is as large as its kernel.
        pads = [1, 1, 1, 1] --> pads = [3, 3, 3, 3] @pads
    stride_beyond_the_kernel: A convolution's stride is larger than its kernel.
        strides = [1, 1] --> strides = [5, 5] @strides
    """,
    Severity.NOTE,
)
_wrong(
    "agraph (float[N, 4] x) => (float[N, 4] y) { r = Neg(x) y = Add(x, r) }",
    "RandomNormalLike[0]",
    "random-operators",
    """
    noise_added: Random numbers are added.
        r = Neg(x) --> r = RandomNormalLike(x)
    """,
)
