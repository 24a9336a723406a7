"""What onnxruntime runs though the specification forbids it, by operator and parameter or attribute.

Each with the plain sentence, and what onnxruntime does instead. "" stands for what is not a parameter's fault alone.
"""

REDUCTIONS = ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")

LAX = {
    ("Attention", ""): '"(batch_size, kv_num_heads, kv_sequence_length, ...)" for K and for V alike: it stretches',
    ("Attention", "nonpad_kv_seqlen"): '"of shape (batch_size,)": it stretches one',
    ("Concat", ""): '"must have the same shape, except for the dimension size of the axis": an empty one passes',
    (
        "ConcatFromSequence",
        "",
    ): '"must have the same shape, except for the dimension size of the axis": an empty one passes',
    ("Gemm", "a"): '"The shape of A should be (M, K)": a vector passes',
    ("CumSum", "axis"): '"Must be in the range [-rank(x), rank(x)-1]": of an empty tensor it does not look',
    ("DFT", "onesided"): '"only real input is supported": it takes the real parts',
    ("Multinomial", "input"): '"shape [batch_size, class_size]": it takes the first two of more',
    ("PRelu", "slope"): '"should be unidirectional broadcastable to input tensor X": it stretches X as well',
    ("NegativeLogLikelihoodLoss", "weight"): '"it has to be a tensor of size C": it only looks labels up',
    ("NegativeLogLikelihoodLoss", ""): '"Target tensor of shape (N) or (N, d1, d2, ..., dk)": it takes what it needs',
    ("Resize", "scales"): '"should be the same as the rank of input X": it drops the rest',
    ("SoftmaxCrossEntropyLoss", "weights"): '"assigning weight to each of the classes": it only looks labels up',
    **{(f"Reduce{kind}", "axes"): '"Accepted range is [-r, r-1]": a scalar has any axis' for kind in REDUCTIONS},
    ("ArgMax", "axis"): '"Accepted range is [-r, r-1]": a scalar has any axis',
    ("ArgMin", "axis"): '"Accepted range is [-r, r-1]": a scalar has any axis',
    ("SoftmaxCrossEntropyLoss", ""): '"shape(labels): (N) ... or (N, D1, D2, ..., Dk)": it flattens both',
}

POOLS = ("AveragePool", "LpPool", "MaxPool")
"""Where a kernel is larger than what it slides over, their formula says 0 places, and onnxruntime 1."""
