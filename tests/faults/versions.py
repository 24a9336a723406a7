"""What the file says of the model as a whole: versions, imports, functions, metadata."""

from __future__ import annotations

from random import Random

import onnx
from onnx import helper

from auditor.report import Severity

from .fault import Kind, Place, Subject, fault


def with_functions() -> onnx.ModelProto:
    """A model that brings a function, and calls it."""
    return onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
        agraph (float[N, 4] x) => (float[N, 4] y) { y = local.Twice(x) }
        <domain: "local", opset_import: ["" : 17]>
        Twice (a) => (b) { b = Add(a, a) }"""
    )


@fault(Kind.ILLEGAL, "meaningless-declarations")
def ir_version_missing(subject: Subject, rng: Random) -> Place:
    """The model has no IR version."""
    subject.model.ClearField("ir_version")
    return Place()


@fault(Kind.ILLEGAL, "meaningless-declarations")
def ir_version_negative(subject: Subject, rng: Random) -> Place:
    """The IR version is negative."""
    subject.model.ir_version = -3
    return Place()


@fault(Kind.ILLEGAL, "newer-than-runtime")
def ir_version_of_the_future(subject: Subject, rng: Random) -> Place:
    """The IR version is none that there is."""
    subject.model.ir_version = 999
    return Place()


@fault(Kind.ILLEGAL, "undeclared-domains")
def no_opset(subject: Subject, rng: Random) -> Place:
    """The model imports no operator set."""
    subject.model.ClearField("opset_import")
    return Place()


@fault(Kind.ILLEGAL, "newer-than-runtime", "undefined-opsets")
def opset_of_the_future(subject: Subject, rng: Random) -> Place:
    """The opset is none that there is."""
    subject.model.opset_import[0].version = 999
    return Place()


@fault(Kind.ILLEGAL, "undefined-opsets")
def opset_zero(subject: Subject, rng: Random) -> Place:
    """Opset 0 is imported."""
    subject.model.opset_import[0].version = 0
    return Place()


@fault(Kind.ILLEGAL, "undefined-opsets")
def opset_negative(subject: Subject, rng: Random) -> Place:
    """A negative opset is imported."""
    subject.model.opset_import[0].version = -1
    return Place()


@fault(Kind.WRONG, "repeated-imports")
def opset_twice(subject: Subject, rng: Random) -> Place:
    """Two opsets of one domain are imported."""
    version = subject.model.opset_import[0].version
    subject.model.opset_import.append(helper.make_opsetid("", max(version - 1, 1)))
    return Place()


@fault(Kind.WRONG, "repeated-imports")
def opset_twice_by_its_two_names(subject: Subject, rng: Random) -> Place:
    """Two opsets are imported, as "" and as "ai.onnx"."""
    version = subject.model.opset_import[0].version
    subject.model.opset_import.append(helper.make_opsetid("ai.onnx", version + 1))
    return Place()


@fault(Kind.WRONG, "unused-imports")
def unused_import(subject: Subject, rng: Random) -> Place:
    """A domain is imported that no node is of."""
    subject.model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    return Place()


@fault(Kind.WRONG, "unused-imports")
def unused_import_of_a_stranger(subject: Subject, rng: Random) -> Place:
    """A domain is imported that nobody knows and no node is of."""
    subject.model.opset_import.append(helper.make_opsetid("com.example.custom", 1))
    return Place()


@fault(Kind.WRONG, "unused-functions", base=with_functions)
def unused_function(subject: Subject, rng: Random) -> Place:
    """A function is never called."""
    function = onnx.FunctionProto()
    function.CopyFrom(subject.model.functions[0])
    function.name = "Thrice"
    subject.model.functions.append(function)
    return Place()


@fault(Kind.ILLEGAL, "duplicate-names", base=with_functions)
def function_twice(subject: Subject, rng: Random) -> Place:
    """Two functions have one name."""
    subject.model.functions.append(subject.model.functions[0])
    return Place()


@fault(Kind.ILLEGAL, "features-before-their-time", base=with_functions, least=Severity.WARNING)
def function_before_ir_8(subject: Subject, rng: Random) -> Place:
    """A model of IR 7 brings a function; functions came with IR 8."""
    subject.model.ir_version = 7
    return Place()


@fault(Kind.WRONG, "repeated-metadata", least=Severity.WARNING)
def metadata_key_twice(subject: Subject, rng: Random) -> Place:
    """One key stands twice in the metadata."""
    helper.set_model_props(subject.model, {"author": "a"})
    subject.model.metadata_props.append(subject.model.metadata_props[0])
    subject.model.metadata_props[1].value = "b"
    return Place()
