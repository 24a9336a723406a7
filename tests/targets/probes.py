"""Models that were not used to make the table of releases: what it says of each is held against what each release does.

They were written before anybody had looked at what the table says of them.
"""

from __future__ import annotations

from collections.abc import Mapping

PROBES: Mapping[str, str] = {
    # IR versions
    "ir_3": '<ir_version: 3, opset_import: ["" : 7]> agraph (float[2] x) => (float[2] y) { y = Relu(x) }',
    "ir_10": '<ir_version: 10, opset_import: ["" : 17]> agraph (float[2] x) => (float[2] y) { y = Relu(x) }',
    "ir_11": '<ir_version: 11, opset_import: ["" : 17]> agraph (float[2] x) => (float[2] y) { y = Relu(x) }',
    "ir_13": '<ir_version: 13, opset_import: ["" : 17]> agraph (float[2] x) => (float[2] y) { y = Relu(x) }',
    # Opsets
    "opset_20": '<ir_version: 8, opset_import: ["" : 20]> agraph (float[2] x) => (float[2] y) { y = Gelu(x) }',
    "opset_21": '<ir_version: 8, opset_import: ["" : 21]> agraph (float[2] x) => (float[2] y) { y = Relu(x) }',
    "opset_23": """<ir_version: 8, opset_import: ["" : 23]>
        agraph (float[2, 4] x, float[4] s) => (float[2, 4] y) { y = RMSNormalization(x, s) }""",
    "opset_24": '<ir_version: 8, opset_import: ["" : 24]> agraph (float[2] x) => (float[2] y) { y = Swish(x) }',
    "opset_26": """<ir_version: 8, opset_import: ["" : 26]>
        agraph (float[2] x) => (float[2] y) { y = Abs(x) }""",
    "opset_25_cast": """<ir_version: 8, opset_import: ["" : 25]>
        agraph (float[2] x) => (int32[2] y) { y = Cast<to = 6>(x) }""",
    "ml_4": """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 4]> agraph (int64[2] x) => (float[2] y)
        { y = ai.onnx.ml.LabelEncoder<keys_int64s = [1, 2], values_floats = [0.5, 1.5]>(x) }""",
    "ml_5": """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 5]>
        agraph (float[2, 3] x) => (float[2, 3] y) { y = ai.onnx.ml.Normalizer<norm = "L2">(x) }""",
    "ml_tree_ensemble": """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.ml" : 5]>
        agraph (float[2, 1] x) => (float[2, 1] y) {
            y = ai.onnx.ml.TreeEnsemble<n_targets = 1, aggregate_function = 1, post_transform = 0, tree_roots = [0],
                nodes_modes = uint8[1] {0}, nodes_featureids = [0], nodes_splits = float[1] {0.5},
                nodes_truenodeids = [0], nodes_trueleafs = [1], nodes_falsenodeids = [1], nodes_falseleafs = [1],
                leaf_targetids = [0, 0], leaf_weights = float[2] {1.0, 2.0}>(x) }""",
    # onnxruntime's own operators
    "matmul_nbits": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[2, 32] x, uint8[8, 1, 16] b, float[8] s) => (float[2, 8] y)
        { y = com.microsoft.MatMulNBits<K = 32, N = 8, bits = 4, block_size = 32>(x, b, s) }""",
    "matmul_nbits_index": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[2, 32] x, uint8[8, 1, 16] b, float[8] s, int32[32] g) => (float[2, 8] y)
        { y = com.microsoft.MatMulNBits<K = 32, N = 8, bits = 4, block_size = 32>(x, b, s, "", g) }""",
    "gqa_softcap": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[1, 1, 64] q, float[1, 1, 32] k, float[1, 1, 32] v, float[1, 1, 8, 32] pk, float[1, 1, 8, 32] pv,
                int32[1, 1] n, int32 t) => (float[1, 1, 64] y, float[1, 1, 9, 32] nk, float[1, 1, 9, 32] nv)
        { y, nk, nv = com.microsoft.GroupQueryAttention<num_heads = 2, kv_num_heads = 1, softcap = 1.0>
            (q, k, v, pk, pv, n, t) }""",
    "quick_gelu": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[2] x) => (float[2] y) { y = com.microsoft.QuickGelu<alpha = 1.7>(x) }""",
    "skip_rms": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[1, 2, 4] x, float[1, 2, 4] s, float[4] g) => (float[1, 2, 4] y)
        { y = com.microsoft.SkipSimplifiedLayerNormalization(x, s, g) }""",
    "rms_of_onnxruntime": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (float[2, 4] x, float[4] g) => (float[2, 4] y) { y = SimplifiedLayerNormalization(x, g) }""",
    "rotary": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[1, 2, 16] x, int64[1] p, float[8, 8] c, float[8, 8] s) => (float[1, 2, 16] y)
        { y = com.microsoft.RotaryEmbedding(x, p, c, s) }""",
    "block_quantized": """<ir_version: 10, opset_import: ["" : 21, "com.microsoft" : 1]>
        agraph (uint4[4, 16] d, int64[2] i, float[4, 1] s) => (float[2, 16] y)
        { y = com.microsoft.GatherBlockQuantized<gather_axis = 0, quantize_axis = 1, block_size = 16>(d, i, s) }""",
    "moe": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[2, 8] x, float[2, 2] r, float[2, 16, 8] a, float[2, 8, 16] b) => (float[2, 8] y)
        { y = com.microsoft.MoE<k = 1, activation_type = "relu">(x, r, a, "", b) }""",
    "no_such_contrib": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (float[2] x) => (float[2] y) { y = com.microsoft.NoSuchOperator(x) }""",
    "custom_domain": """<ir_version: 8, opset_import: ["" : 17, "my.domain" : 3]>
        agraph (float[2] x) => (float[2] y) { y = my.domain.Mine(x) }""",
    "custom_domain_unused": """<ir_version: 8, opset_import: ["" : 17, "my.domain" : 3]>
        agraph (float[2] x) => (float[2] y) { y = Relu(x) }""",
    # Kernels by element type
    "bfloat16_add": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (bfloat16[2] a, bfloat16[2] b) => (bfloat16[2] y) { y = Add(a, b) }""",
    "bfloat16_matmul": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (bfloat16[2, 2] a, bfloat16[2, 2] b) => (bfloat16[2, 2] y) { y = MatMul(a, b) }""",
    "float16_conv": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (float16[1, 1, 4, 4] x, float16[1, 1, 3, 3] w) => (float16[1, 1, 2, 2] y) { y = Conv(x, w) }""",
    "float16_softmax": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (float16[2, 3] x) => (float16[2, 3] y) { h = Erf(x)  y = Softmax(h) }""",
    "double_conv": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (double[1, 1, 4, 4] x, double[1, 1, 3, 3] w) => (double[1, 1, 2, 2] y) { y = Conv(x, w) }""",
    "double_lstm": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (double[2, 1, 3] x, double[1, 16, 3] w, double[1, 16, 4] r) => (double[2, 1, 1, 4] y)
        { y = LSTM<hidden_size = 4>(x, w, r) }""",
    "int8_add": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (int8[2] a, int8[2] b) => (int8[2] y) { y = Add(a, b) }""",
    "int8_pool": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (int8[1, 1, 4, 4] x) => (int8[1, 1, 3, 3] y) { y = MaxPool<kernel_shape = [2, 2]>(x) }""",
    "uint16_where": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (bool[2] c, uint16[2] a, uint16[2] b) => (uint16[2] y) { y = Where(c, a, b) }""",
    "int16_mod": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (int16[2] a, int16[2] b) => (int16[2] y) { y = Mod(a, b) }""",
    "uint64_topk": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (uint64[4] x, int64[1] k) => (uint64[2] y, int64[2] i) { y, i = TopK(x, k) }""",
    "double_relu_and_celu": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (double[2] x) => (double[2] y) { h = Relu(x)  y = Elu(h) }""",
    # Quantised
    "qdq_uint16": """<ir_version: 10, opset_import: ["" : 21]> agraph (float[2] x) => (float[2] y)
        <float s = {0.5}, uint16 z = {3}> { q = QuantizeLinear(x, s, z)  y = DequantizeLinear(q, s, z) }""",
    "qdq_int4": """<ir_version: 10, opset_import: ["" : 21]> agraph (float[2] x) => (float[2] y)
        <float s = {0.5}> { q = QuantizeLinear<output_dtype = 22>(x, s)  y = DequantizeLinear(q, s) }""",
    "qdq_int8_axis": """<ir_version: 8, opset_import: ["" : 13]> agraph (float[2, 3] x) => (float[2, 3] y)
        <float[3] s = {0.5, 0.25, 0.125}, int8[3] z = {0, 0, 0}> {
            q = QuantizeLinear<axis = 1>(x, s, z)  y = DequantizeLinear<axis = 1>(q, s, z) }""",
    "float8_cast": """<ir_version: 9, opset_import: ["" : 19]> agraph (float[2] x) => (float[2] y)
        { q = Cast<to = 17>(x)  y = Cast<to = 1>(q) }""",
    "qlinear_matmul_int8": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (int8[2, 2] a, int8[2, 2] b) => (int8[2, 2] y) <float s = {0.5}, int8 z = {0}>
        { y = QLinearMatMul(a, s, z, b, s, z, s, z) }""",
    "qlinear_add_contrib": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        agraph (uint8[2] a, uint8[2] b) => (uint8[2] y) <float s = {0.5}, uint8 z = {0}>
        { y = com.microsoft.QLinearAdd(a, s, z, b, s, z, s, z) }""",
    # Texts, sequences, optionals
    "string_concat": """<ir_version: 9, opset_import: ["" : 20]>
        agraph (string[2] a, string[2] b) => (string[2] y) { y = StringConcat(a, b) }""",
    "regex": """<ir_version: 9, opset_import: ["" : 20]>
        agraph (string[2] a) => (bool[2] y) { y = RegexFullMatch<pattern = "a.*">(a) }""",
    "sequence": """<ir_version: 8, opset_import: ["" : 17]> agraph (float[4, 2] x) => (float[N, 2] y)
        { s = SplitToSequence<axis = 0>(x)  y = ConcatFromSequence<axis = 0>(s) }""",
    "sequence_of_bfloat16": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (bfloat16[2] x) => (int64 n) { s = SequenceConstruct(x, x)  n = SequenceLength(s) }""",
    "optional": """<ir_version: 8, opset_import: ["" : 18]>
        agraph (float[2] x) => (bool y) { o = Optional(x)  y = OptionalHasElement(o) }""",
    # Functions and bodies
    "gelu_in_a_branch": """<ir_version: 9, opset_import: ["" : 20]> agraph (bool c, float[2] x) => (float[2] y) {
        y = If(c) <then_branch = yes () => (float[2] a) { a = Gelu(x) },
                   else_branch = no () => (float[2] b) { b = Identity(x) }> }""",
    "double_conv_in_a_branch": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (bool c, double[1, 1, 4, 4] x, double[1, 1, 1, 1] w) => (double[1, 1, 4, 4] y) {
        y = If(c) <then_branch = yes () => (double[1, 1, 4, 4] a) { a = Conv(x, w) },
                   else_branch = no () => (double[1, 1, 4, 4] b) { b = Identity(x) }> }""",
    "local_function": """<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
        agraph (float[2] x) => (float[2] y) { y = local.Twice(x) }
        <domain: "local", opset_import: ["" : 17]> Twice (a) => (b) { b = Add(a, a) }""",
    "local_function_of_a_newer_opset": """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1, "local" : 1]>
        agraph (float[2, 8] x, float[2, 2] r, float[2, 16, 8] a, float[2, 8, 16] b) => (float[2, 8] y)
        { y = local.Mixed(x, r, a, b) }
        <domain: "local", opset_import: ["" : 17, "com.microsoft" : 1]> Mixed (x, r, a, b) => (y)
        { y = com.microsoft.MoE<k = 1, activation_type = "relu">(x, r, a, "", b) }""",
    "mish": '<ir_version: 8, opset_import: ["" : 18]> agraph (float[2] x) => (float[2] y) { y = Mish(x) }',
    "group_norm": """<ir_version: 9, opset_import: ["" : 18]>
        agraph (float[1, 4, 2] x, float[2] s, float[2] b) => (float[1, 4, 2] y)
        { y = GroupNormalization<num_groups = 2>(x, s, b) }""",
    "attention": """<ir_version: 10, opset_import: ["" : 23]>
        agraph (float[1, 2, 3, 8] q, float[1, 2, 3, 8] k, float[1, 2, 3, 8] v) => (float[1, 2, 3, 8] y)
        { y = Attention(q, k, v) }""",
    # Without a kernel
    "deform_conv": """<ir_version: 9, opset_import: ["" : 19]>
        agraph (float[1, 1, 4, 4] x, float[1, 1, 3, 3] w, float[1, 18, 2, 2] o) => (float[1, 1, 2, 2] y)
        { y = DeformConv(x, w, o) }""",
    "image_decoder": """<ir_version: 9, opset_import: ["" : 20]>
        agraph (uint8[N] x) => (uint8[H, W, 3] y) { y = ImageDecoder(x) }""",
    "adagrad": """<ir_version: 8, opset_import: ["" : 17, "ai.onnx.preview.training" : 1]>
        agraph (float r, int64 t, float[2] x, float[2] g, float[2] h) => (float[2] y, float[2] n)
        { y, n = ai.onnx.preview.training.Adagrad(r, t, x, g, h) }""",
    "blackman": """<ir_version: 8, opset_import: ["" : 17]>
        agraph (int64 n) => (float[N] y) { y = BlackmanWindow(n) }""",
    "affine_grid": """<ir_version: 9, opset_import: ["" : 20]> agraph (float[1, 2, 3] t) => (float[1, 4, 4, 2] y)
        <int64[4] n = {1, 1, 4, 4}> { y = AffineGrid(t, n) }""",
}
