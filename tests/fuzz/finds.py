"""What the differential fuzzer has found: each a model of its own, held to onnxruntime ever since."""

FINDS = {
    "a sequence of parts of which each has one place": """
        <ir_version: 10, opset_import: ["" : 24]>
        found (int64[6, 6] x) => (parts, first) <int64 one = {1}, int64 place = {0}> {
            parts = SplitToSequence <axis = -2, keepdims = 0> (x, one)
            first = SequenceAt (parts, place)
        }
    """,
    "an axis that is named twice": """
        <ir_version: 10, opset_import: ["" : 18]>
        found (float[3, 2, 2] x) => (y) <int64[2] axes = {1, 1}> { y = ReduceProd <keepdims = 1> (x, axes) }
    """,
    "a bound that is not a number": """
        <ir_version: 10, opset_import: ["" : 13]>
        found () => (zero, bound, y) <float[2] x = {0.5, -2.0}, float nought = {0.0}> {
            zero = Constant <value_float = 0.0> ()
            bound = Div (zero, nought)
            y = Clip (x, bound)
        }
    """,
    "the largest of integers of which one is the smallest there is": """
        <ir_version: 10, opset_import: ["" : 24]>
        found () => (values, places) <int64[2] x = {-9223372036854775808, 7}, int64[1] k = {2}> {
            values, places = TopK <axis = -1> (x, k)
        }
    """,
    "more conditions than there are rows": """
        <ir_version: 10, opset_import: ["" : 15]>
        found (float[N, 6] x) => (rows) <bool[4] kept = {1, 0, 1, 1}> { rows = Compress <axis = 0> (x, kept) }
    """,
    "a scale of one place, which nobody declares": """
        <ir_version: 10, opset_import: ["" : 13]>
        found (float[N] scales) => (first, y) <float x = {2.5}, int64[1] start = {0}, int64[1] end = {-1}> {
            first = Slice (scales, start, end)
            y = QuantizeLinear (x, first)
        }
    """,
    "an axis that is squeezed twice": """
        <ir_version: 10, opset_import: ["" : 21]>
        found (float[N, 1, 1] x) => (y) <int64[2] axes = {1, -2}> { y = Squeeze (x, axes) }
    """,
}

FORBIDDEN = {
    "the loss of fewer labels than scores": """
        <ir_version: 10, opset_import: ["" : 22]>
        found (float[N, 5, 3, 2] scores) => (loss) <int64[1, 3, 2] labels = {1, 1, 1, 1, 1, 1}> {
            loss = NegativeLogLikelihoodLoss <reduction = "none"> (scores, labels)
        }
    """,
    "labels of fewer images than there are scores of": """
        <ir_version: 10, opset_import: ["" : 13]>
        found (float[N, 5, 2] scores) => (loss, logs) <int64[1, 2] labels = {3, 3}> {
            loss, logs = SoftmaxCrossEntropyLoss (scores, labels)
        }
    """,
    "rows concatenated with no rows of another length": """
        <ir_version: 10, opset_import: ["" : 13]>
        found (float[N, M] x, float[3, 5] y) => (rows, z) <int64[0] none = {}> {
            rows = Gather (x, none)
            z = Concat <axis = 0> (rows, y)
        }
    """,
}
"""What runs though a plain sentence of the specification forbids it: we accuse, and the sentence stands in `lax`."""
