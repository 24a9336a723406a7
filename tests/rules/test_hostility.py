"""Rules on hostile models: where each begins to speak, and what usual names and texts they let pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from auditor.evidence.evidence import Evidence
from auditor.model.graph import Model
from auditor.model.load import Source, load
from auditor.report import Found, Severity
from auditor.rules import all_rules
from auditor.settings import Settings
from tests.pace import check_units

from . import hostile_mutators
from .mutators import HEAD, RELU

RULES = {rule.name: rule for rule in all_rules()}
NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
OF_TEXTS = (
    "addresses-in-text", "code-in-text", "hidden-characters", "look-alike-names", "overlong-names",
    "runtime-options-in-metadata", "secrets-in-text",
)  # fmt: skip


def found(rule: str, source: Source) -> list[Found]:
    evidence = Evidence(load(source), Settings(run=False))
    return list(RULES[rule].check(*(evidence.about(kind) for kind in RULES[rule].wants)))


def severities(rule: str, source: Source) -> list[Severity]:
    return [one.severity or RULES[rule].severity for one in found(rule, source)]


def parsed(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(HEAD + text)


# ---- what passes

USUAL_NAMES = (
    "/model.24/m.0/Conv_output_0", "onnx::MatMul_1234", "StatefulPartitionedCall/model/conv2d/BiasAdd:0__34",
    "model/dense/MatMul;model/dense/BiasAdd;conv", "conv2d_0.w_0@GRAD", "<lambda>", "Conv 1", "attention#0",
    "input.1", "while_cond^back", "layers[0]", "tmp_0@scale", "(Relu)", "a=b", "x->y",
    "encoder.layer.0.attention.self.query.weight", "InsertedPrecisionFreeCast_/layernorm/Mul", "%12", "p_fn_layers_0",
    "Identity_1:0", "token_type_ids", "password_hint", "secret/Add", "home/block/Conv", "/etc_block/Add",
    "select_scatter", "delete_from_cache", "import/conv1", "exec_unit", "drop_out", "union_1", "hf_norm",
    "ghost/conv", "sk_block", "a+b", "x_-1", "eyJ", "model.so_3x3", "äußere/Schicht", "注意力", "слой_1",
    "dense/kernel:0", "50%", "f(x)", "conv{0}", "sigmoid'", 'quoted "x"', "a|b", "a&b", "C++", "-1", "+", "@", "1/2",
    "key: 3", "ratio=0.5", "eval_mode", "os.path_block", "data:0", "cmd_0", "rm_0", "id", "cat;conv",
)  # fmt: skip


@pytest.mark.parametrize("rule", OF_TEXTS)
def test_usual_names_pass(rule: str) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for name in USUAL_NAMES:
        model.graph.node.add(op_type="Relu", input=["x"], output=[f"{name}_out"], name=name)
    assert [one.message for one in found(rule, model)] == []


USUAL_TEXTS = (
    "Exported by torch.onnx with dynamic axes {'images': {0: 'batch'}} and opset 17.",
    "A model of 1.2 M parameters; see the paper for what alpha=0.5 and beta < 1 mean.",
    "{0: 'person', 1: 'bicycle', 2: 'car'}",
    "[640, 640]",
    '{"classes": ["a", "b"], "mean": [0.485, 0.456, 0.406]}',
    "2026-11-29T12:00:00.123456",
    "AGPL-3.0 License",
    "x -> Conv -> Relu -> y\n\tand so on",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",  # a sha256
    "a b c d e",
)


TRACE = """File "/home/ann/project/model.py", line 12, in forward
    return self.conv(x)
File "/usr/local/lib/python3.11/site-packages/torch/nn/modules/conv.py", line 458, in forward"""


def test_the_trace_of_an_exporter_passes() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].metadata_props.add(key="pkg.torch.onnx.stack_trace", value=TRACE)
    model.graph.node[0].metadata_props.add(
        key="pkg.torch.onnx.fx_node",
        value="%s_1 : [num_users=1] = call_function[target=aten.add](args = (%x, %s), kwargs = {})",
    )
    model.graph.node[0].doc_string = "/usr/lib/python3/dist-packages/torch/nn/functional.py(1189): relu"
    assert [rule for rule in OF_TEXTS if found(rule, model)] == []
    model.metadata_props.add(key="from", value="/home/ann/project/model.py")
    assert len(found("addresses-in-text", model)) == 1


@pytest.mark.parametrize("rule", OF_TEXTS)
def test_usual_documentation_and_metadata_pass(rule: str) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for i, text in enumerate(USUAL_TEXTS):
        model.metadata_props.add(key=f"entry{i}", value=text)
        model.graph.node.add(op_type="Relu", input=["x"], output=[f"t{i}"], doc_string=text)
    assert [one.message for one in found(rule, model)] == []


def test_a_vocabulary_is_looked_through_for_keys_alone() -> None:
    words = ["<script>", "eval(", "DROP TABLE x", "\u200b", "http://x.example", *(f"word{i}" for i in range(100))]
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for extra, silent in ((["AKIA" + "IOSFODNN7EXAMPLE"], OF_TEXTS[:-1]), ([], OF_TEXTS)):
        del model.graph.initializer[:]
        model.graph.initializer.append(numpy_helper.from_array(np.array([*words, *extra], object), "vocabulary"))
        assert [rule for rule in silent if found(rule, model)] == []
        assert [one.location.tensor for one in found("secrets-in-text", model)] == ["vocabulary"] * len(extra)


def test_a_key_is_shown_in_part_only() -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    (one,) = found("secrets-in-text", hostile_mutators.metadata_with_a_key())
    assert "'AKIAIO'..." in one.message and key not in one.message


def test_many_texts_of_one_kind_are_told_together() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for i in range(5):
        model.graph.node.add(op_type="Relu", input=["x"], output=[f"t{i}"], name=f"<script>{i}</script>")
    assert "(and 4 more such texts)" in found("code-in-text", model)[0].message
    del model.graph.node[-1]
    assert len(found("code-in-text", model)) == 4


# ---- where they begin


@pytest.mark.parametrize(("length", "expected"), [(256, []), (257, [NOTE])])
def test_a_name_of_256_characters_is_one(length: int, expected: list[Severity]) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].name = "n" * length
    assert severities("overlong-names", model) == expected


@pytest.mark.parametrize(("marks", "expected"), [(3, []), (4, [NOTE])])
def test_three_marks_on_a_letter_are_usual(marks: int, expected: list[Severity]) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    model.graph.node[0].name = "e" + "\u0301" * marks
    assert severities("hidden-characters", model) == expected


def looped(trips: int, step: str = "c = Mul(a, a)", outer: str = "") -> onnx.ModelProto:
    return parsed(
        f"""g (float[1] x) => (float[N] y) <int64 trips = {{{trips}}}> {{ {outer}
          y = Loop(trips, "", x) <body = b (int64 i, bool go, float[K] a) => (bool on, float[M] c) {{
            on = Identity(go) {step} }}> }}"""
    )


@pytest.mark.parametrize(("trips", "expected"), [(999_999, []), (1_000_000, [WARNING])])
def test_a_million_rounds_are_many(trips: int, expected: list[Severity]) -> None:
    assert severities("endless-loops", looped(trips)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("on = Less(i, most)", [WARNING]),
        ("on = Greater(most, i)", [WARNING]),
        ("t = Less(i, most) on = And(go, t)", [WARNING]),
        ("on = Less(most, i)", []),  # ends at once
        ("s = ReduceSum<keepdims = 0>(a) on = Less(s, half)", []),  # ends when the data says so
    ],
)
def test_a_condition_on_the_round_alone_is_followed(condition: str, expected: list[Severity]) -> None:
    model = parsed(
        f"""g (float[1] x) => (float[1] y) <int64 most = {{1000000}}, float half = {{0.5}}> {{
          y = Loop("", "", x) <body = b (int64 i, bool go, float[1] a) => (bool on, float[1] c) {{
            {condition} c = Mul(a, a) }}> }}"""
    )
    assert severities("endless-loops", model) == expected


def test_loops_in_loops_are_multiplied_and_told_once() -> None:
    inner = """n = Constant<value = int64 {1000}>() c = Loop(n, "", a) <body = d (int64 j, bool go2, float[P] e)
      => (bool on2, float[Q] f) { on2 = Identity(go2) f = Mul(e, e) }>"""
    (one,) = found("endless-loops", looped(1_000, inner))
    assert one.location.node == "Loop[0]" and "1,000,000 times" in one.message
    assert found("endless-loops", looped(999, inner)) == []


@pytest.mark.parametrize(("trips", "expected"), [(19, []), (20, [WARNING])])
def test_twenty_doublings_are_a_million(trips: int, expected: list[Severity]) -> None:
    assert severities("doubling-values", looped(trips, "c = Concat<axis = 0>(a, a)")) == expected


def test_a_list_that_grows_is_usual() -> None:
    assert found("doubling-values", looped(1_000, "c = Concat<axis = 0>(a, x)")) == []


@pytest.mark.parametrize(("doublings", "expected"), [(23, []), (24, [WARNING]), (40, [WARNING])])
def test_sixteen_million_characters_are_much(doublings: int, expected: list[Severity]) -> None:
    nodes = [helper.make_node("StringConcat", [f"t{i}", f"t{i}"], [f"t{i + 1}"]) for i in range(doublings)]
    ends = [helper.make_tensor_value_info(f"t{i}", TensorProto.STRING, [1]) for i in (0, doublings)]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
    model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 20)])
    assert severities("doubling-values", model) == expected


def filled(*shape: int, more: str = "y = Relu(x)") -> onnx.ModelProto:
    sizes = ", ".join(map(str, shape))
    return parsed(
        f"g (float[2] x) => (float[2] y, w) <int64[{len(shape)}] s = {{{sizes}}}> {{ w = ConstantOfShape(s) {more} }}"
    )


@pytest.mark.parametrize(
    ("elements", "expected"),
    [((1 << 28) - 1, []), (1 << 28, [WARNING]), (1 << 45, [WARNING]), ((1 << 45) + 1, [ERROR])],
)
def test_a_gibibyte_out_of_nothing_is_much(elements: int, expected: list[Severity]) -> None:
    """Of float32: four bytes each. Beyond 2^47 bytes no process has it."""
    assert severities("enormous-tensors", filled(elements)) == expected


@pytest.mark.parametrize(("times", "expected"), [(15, []), (16, [WARNING])])
def test_a_sixteenth_is_little(times: int, expected: list[Severity]) -> None:
    """Of an input of a gibibyte: what is large beside it alone."""
    text = f"g (float[4096, 65536] x) => (float[A, B] y) <int64[2] r = {{1, {times}}}> {{ y = Tile(x, r) }}"
    assert severities("enormous-tensors", parsed(text)) == expected


def test_a_dense_layer_may_be_large() -> None:
    """Scores of attention over 16,384 places: 32 GiB, and meant."""
    model = parsed("g (float[32, 16384, 64] x, float[32, 64, 16384] k) => (float[A, B, C] y) { y = MatMul(x, k) }")
    assert found("enormous-tensors", model) == []


@pytest.mark.parametrize(("inner", "expected"), [(2047, []), (2048, [WARNING])])
def test_two_to_the_33_multiplications_are_many(inner: int, expected: list[Severity]) -> None:
    model = parsed(
        f"""g (float[2] x) => (float[2] y, w) <int64[2] s = {{2048, {inner}}}, int64[2] t = {{{inner}, 2048}}> {{
          a = ConstantOfShape(s) b = ConstantOfShape(t) w = MatMul(a, b) y = Relu(x) }}"""
    )
    assert severities("costly-constants", model) == expected


@pytest.mark.parametrize(("depth", "expected"), [(7, []), (8, [NOTE]), (15, [NOTE]), (16, [WARNING]), (30, [WARNING])])
def test_graphs_within_graphs(depth: int, expected: list[Severity]) -> None:
    assert severities("deep-nesting", hostile_mutators.nested(depth)) == expected


@pytest.mark.parametrize(("length", "expected"), [(62, []), (63, [WARNING])])
def test_sixty_four_calls_in_a_chain_are_deep(length: int, expected: list[Severity]) -> None:
    assert severities("deep-nesting", hostile_mutators.calling(length, 1)) == expected


@pytest.mark.parametrize(("length", "expected"), [(19, []), (20, [1 << 20]), (21, [1 << 21]), (200, [1 << 62])])
def test_a_million_nodes_out_of_few(length: int, expected: list[int]) -> None:
    """Each calls the next twice: 2^n nodes."""
    made = found("exploding-functions", hostile_mutators.calling(length, 2))
    assert [one.actual for one in made] == expected


def test_functions_that_call_themselves_end() -> None:
    text = '<ir_version: 8, opset_import: ["" : 17, "f" : 1]>\nm (float[2] x) => (float[2] y) { y = f.g(x) }\n'
    head = '<domain: "f", opset_import: ["" : 17, "f" : 1]>\n'
    own = onnx.parser.parse_model(text + head + "g (a) => (b) { b = f.g(a) }")
    both = onnx.parser.parse_model(text + head + "g (a) => (b) { b = f.h(a) }\n" + head + "h (a) => (b) { b = f.g(a) }")
    for model in (own, both):
        assert found("exploding-functions", model) == []


# ---- bytes


@pytest.mark.parametrize(
    ("tail", "expected"),
    [(b"", 0), (bytes(65_535), 0), (bytes(65_536), 65_536), (b"x", 1), (bytes(100) + b"x", 101)],
)
def test_few_zeros_are_padding(tail: bytes, expected: int, tmp_path: Path) -> None:
    path = hostile_mutators.external(tmp_path, bytes(64) + tail, (0, 16))
    assert [one.actual for one in found("unreferenced-bytes", path)] == ([expected] if expected else [])


def test_what_two_tensors_share_is_taken(tmp_path: Path) -> None:
    path = hostile_mutators.external(tmp_path, b"x" * 96, (0, 16), (32, 16), (0, 24))
    assert found("unreferenced-bytes", path) == []


@pytest.mark.parametrize(("length", "expected"), [(65_535, []), (65_536, [NOTE])])
@pytest.mark.parametrize("put", ["document", "enter"])
def test_documentation_of_64_kib_is_long(length: int, expected: list[Severity], put: str) -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    if put == "document":
        model.graph.node[0].doc_string = "w" * length
    else:
        model.metadata_props.add(key="k", value="w" * length)
    assert severities("unreferenced-bytes", model) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x7fELF", "a program of Linux (ELF)"),
        (b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0", "a program of Windows"),
        (b"MZ" + bytes(70), ""),
        (b"\x80\x04\x95\x10\0\0\0\0\0\0\0", "a pickle"),
        (b"\x80\x02}q\x00", "a pickle"),
        (b"\x80\x02\x13\x37", ""),
        (bytes(257) + b"ustar\0", "a tar archive"),
        (b"\x1f\x8b\x08\x08", "a gzip archive"),
        (b"\x1f\x8b\x08\x77", ""),
    ],
)
@pytest.mark.parametrize("where", ["tensor", "attribute", "file"])
def test_first_bytes(head: bytes, expected: str, where: str, tmp_path: Path) -> None:
    data = head + bytes(300)
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    source: Source = model
    if where == "tensor":
        model.graph.initializer.append(helper.make_tensor("blob", TensorProto.UINT8, [len(data)], data, raw=True))
    elif where == "attribute":
        model.graph.node.add(op_type="Constant", output=["s"]).attribute.append(
            helper.make_attribute("value_string", data)
        )
    else:
        data += bytes(-len(data) % 4)
        source = hostile_mutators.external(tmp_path, data, (0, len(data) // 4))
    told = [one.message for one in found("embedded-files", source)]
    assert len(told) == bool(expected) and all(f"begins as {expected} does" in message for message in told)


def test_a_small_tensor_is_no_file() -> None:
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for size, expected in ((63, 0), (64, 1)):
        del model.graph.initializer[:]
        data = b"\x7fELF" + bytes(size - 4)
        model.graph.initializer.append(helper.make_tensor("blob", TensorProto.UINT8, [size], data, raw=True))
        assert len(found("embedded-files", model)) == expected


# ---- where texts stand


@pytest.mark.parametrize(
    ("put", "graph", "node", "tensor"),
    [
        (lambda g: setattr(g.node[0], "doc_string", "<script>"), "", "c", ""),
        (lambda g: setattr(g.node[0].attribute[0], "doc_string", "<script>"), "", "c", ""),
        (lambda g: setattr(g.node[0].attribute[0].g, "doc_string", "<script>"), "c/then_branch", "", ""),
        (lambda g: setattr(g.node[0].attribute[1].g.node[0], "doc_string", "<script>"), "c/else_branch", "e", ""),
        (lambda g: setattr(g.input[1], "doc_string", "<script>"), "", "", "x"),
        (lambda g: setattr(g.initializer[0], "doc_string", "<script>"), "", "", "w"),
        (lambda g: g.node[0].metadata_props.add(key="k", value="<script>"), "", "c", ""),
        (lambda g: g.input[1].metadata_props.add(key="k", value="<script>"), "", "", "x"),
        (lambda g: setattr(g, "doc_string", "<script>"), "", "", ""),
    ],
)
def test_a_text_stands_where_it_is_written(
    put: Callable[[onnx.GraphProto], object], graph: str, node: str, tensor: str
) -> None:
    model = parsed(
        """g (bool b, float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
          [c] y = If (b) <then_branch = t () => (float[2] p) { [t] p = Add(x, w) },
                          else_branch = f () => (float[2] q) { [e] q = Neg(x) }> }"""
    )
    put(model.graph)
    (one,) = found("code-in-text", model)
    assert (one.location.graph, one.location.node, one.location.tensor) == (graph, node, tensor)


def test_equal_nodes_keep_their_own_documentation() -> None:
    """Nodes of equal bytes are decoded once; their documentation stands at each of them."""
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for i in range(3):
        model.graph.node.add(op_type="LeakyRelu", input=["x"], output=[f"t{i}"], doc_string="words")
    loaded = load(model)
    starts = [node.offset for node in loaded.graph.nodes[1:]]
    assert [(aside.message, aside.field, aside.owner) for aside in loaded.asides] == [
        ("NodeProto", "doc_string", start) for start in starts
    ]
    data = model.SerializeToString()
    assert {data[aside.offset : aside.offset + aside.length] for aside in loaded.asides} == {b"words"}


def test_a_sound_model_says_nothing_of_itself() -> None:
    for rule in OF_TEXTS:
        assert found(rule, onnx.parser.parse_model(RELU)) == []


ENDLESS = (
    "a", "A", "0", "aB1", " ", "\t", "-", "a.", "a-", "{{", "${", "{[", "{", "#{", "<%", "{%", "<", "< script ",
    "<a ", "$(", "`", "'", "|'", "' or ", "function(", "select ", "select  a, ", "rm -", "rm -a", "sk-", "sk-a-",
    "eyJ", "eyJ-", "eyJa.", "password", "password ", "password=", "a://", "://", "mailto:", "mailto:a", "www.",
    "data:", "data:a", "../", "/users/a", "/home/a", "a.so.", "c:\\", "\\\\", "%", "%1", "%s", "import ",
    "update a ", "lambda", "-----begin ", "bearer ", "&#x", "=", "=(", "authorization:", "gasv", "1.1.1.1:",
    "union ", "(", "on", "onload ", "$$(", "akia", "AKIA", "/../",
)  # fmt: skip


@pytest.mark.parametrize("rule", OF_TEXTS)
def test_no_text_is_gone_through_again_and_again(rule: str) -> None:
    """Of 64 KiB: what goes over the rest of a text from each of its characters takes hundreds of units."""
    model = parsed("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    for piece in ENDLESS:
        model.doc_string = model.graph.node[0].name = (piece * (1 << 16))[: 1 << 16]
        loaded = load(model)

        def spent(loaded: Model = loaded) -> float:
            start = time.thread_time()
            list(RULES[rule].check(loaded))
            return time.thread_time() - start

        list(RULES["overlong-names"].check(loaded))  # so the texts are there
        check_units(10, spent, spent())
