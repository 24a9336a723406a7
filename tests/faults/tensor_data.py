"""The bytes of stored tensors: their length, their fields, their type."""

from __future__ import annotations

from random import Random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault
from .networks import any_layer, with_tensors


def typed() -> onnx.ModelProto:
    """Tensors of narrow types, used as they are."""
    model = parsed(
        """agraph (float[N, 4] x, int64[4] pick) => (float[N, 4] y, int8[4] b, uint16[4] c, float16[4] h, int32[4] i) {
          m = Where(keep, x, zero)
          y = Mul(m, scale)
          b = Gather(bytes, pick)
          c = Gather(shorts, pick)
          h = Gather(halves, pick)
          i = Gather(words, pick)
        }"""
    )
    return with_tensors(
        model,
        keep=np.array([True, False, True, True]),
        zero=np.zeros(4, np.float32),
        scale=np.array([1, 2, 3, 4], np.float32),
        bytes=np.array([1, -2, 3, -4], np.int8),
        shorts=np.array([1, 2, 3, 4], np.uint16),
        halves=np.array([1, 2, 3, 4], np.float16),
        words=np.array([1, -2, 3, 4], np.int32),
    )


def _tensor(subject: Subject, name: str) -> TensorProto:
    return next(t for t in subject.model.graph.initializer if t.name == name)


def _in_int32_data(subject: Subject, name: str, *values: int) -> Place:
    tensor = _tensor(subject, name)
    tensor.ClearField("raw_data")
    tensor.int32_data[:] = values
    return Place(tensor=name)


@fault(Kind.ILLEGAL, "values-beyond-type", base=typed)
def bool_byte_of_two(subject: Subject, rng: Random) -> Where:
    """A byte of a bool tensor is neither 0 nor 1."""
    tensor = _tensor(subject, "keep")
    tensor.raw_data = bytes([1, 0, 2, 1])
    return Place(tensor="keep")


@fault(Kind.ILLEGAL, "values-beyond-type", base=typed)
def bool_byte_of_all_ones(subject: Subject, rng: Random) -> Where:
    """True is written as 255."""
    tensor = _tensor(subject, "keep")
    tensor.raw_data = bytes([255, 0, 255, 255])
    return Place(tensor="keep")


@fault(Kind.ILLEGAL, "values-beyond-type", base=typed)
def bool_of_three_in_int32_data(subject: Subject, rng: Random) -> Where:
    """A bool in int32_data is 3."""
    return _in_int32_data(subject, "keep", 1, 0, 3, 1)


@fault(Kind.ILLEGAL, "values-beyond-type", base=typed)
def int8_beyond_its_type(subject: Subject, rng: Random) -> Where:
    """An int8 in int32_data is 300."""
    return _in_int32_data(subject, "bytes", 1, -2, 300, -4)


@fault(Kind.ILLEGAL, "values-beyond-type", base=typed)
def uint16_beyond_its_type(subject: Subject, rng: Random) -> Where:
    """A uint16 in int32_data is 70,000."""
    return _in_int32_data(subject, "shorts", 1, 2, 70_000, 4)


@fault(Kind.ILLEGAL, "values-beyond-type", base=typed)
def float16_beyond_its_bits(subject: Subject, rng: Random) -> Where:
    """The bits of a float16 in int32_data are more than 16."""
    return _in_int32_data(subject, "halves", 15360, 1 << 20, 15360, 15360)


@fault(Kind.ILLEGAL, "payload-size-mismatch")
def raw_data_cut(subject: Subject, rng: Random) -> Where:
    """The data of a weight is four bytes too short."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    raw = numpy_helper.to_array(weight).tobytes()
    weight.CopyFrom(TensorProto(name=weight.name, dims=weight.dims, data_type=weight.data_type, raw_data=raw[:-4]))
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "payload-size-mismatch")
def raw_data_longer(subject: Subject, rng: Random) -> Where:
    """The data of a weight is four bytes too long."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    raw = numpy_helper.to_array(weight).tobytes()
    weight.CopyFrom(TensorProto(name=weight.name, dims=weight.dims, data_type=weight.data_type, raw_data=raw + b"1234"))
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "payload-size-mismatch")
def typed_data_cut(subject: Subject, rng: Random) -> Where:
    """float_data holds one number fewer than the dims say."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    values = numpy_helper.to_array(weight).reshape(-1)[:-1]
    weight.ClearField("raw_data")
    weight.float_data[:] = values.tolist()
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "payload-size-mismatch")
def data_left_out(subject: Subject, rng: Random) -> Where:
    """A weight has no data at all."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    weight.ClearField("raw_data")
    weight.ClearField("float_data")
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "payload-size-mismatch", "misfit-initializers", "impossible-shapes")
def dims_of_another_tensor(subject: Subject, rng: Random) -> Where:
    """The dims of a weight were changed, its data was not."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    weight.dims[0] += 1
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "payload-size-mismatch", "wrong-types")
def element_type_of_another_tensor(subject: Subject, rng: Random) -> Where:
    """A weight is declared as float64, its data is float32."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    raw = numpy_helper.to_array(weight).tobytes()
    weight.CopyFrom(TensorProto(name=weight.name, dims=weight.dims, data_type=TensorProto.DOUBLE, raw_data=raw))
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "malformed-tensors")
def dim_negative(subject: Subject, rng: Random) -> Where:
    """A stored tensor has a negative size."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    weight.dims[0] = -weight.dims[0]
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "malformed-tensors")
def element_type_undefined(subject: Subject, rng: Random) -> Where:
    """A stored tensor has no element type."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    weight.data_type = TensorProto.UNDEFINED
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "malformed-tensors")
def element_type_unknown(subject: Subject, rng: Random) -> Where:
    """A stored tensor has an element type that ONNX does not have."""
    weight = any_layer(subject, rng)
    if weight is None:
        return None
    weight.data_type = 77
    return Place(tensor=weight.name)


@fault(Kind.ILLEGAL, "malformed-tensors", base=typed)
def data_in_another_types_field(subject: Subject, rng: Random) -> Where:
    """The numbers of a float tensor stand in int64_data."""
    tensor = _tensor(subject, "scale")
    tensor.ClearField("raw_data")
    tensor.int64_data[:] = [1, 2, 3, 4]
    return Place(tensor="scale")


@fault(Kind.ILLEGAL, "conflicting-data-fields", base=typed)
def data_in_two_fields(subject: Subject, rng: Random) -> Where:
    """A tensor has raw_data and float_data."""
    tensor = _tensor(subject, "scale")
    tensor.float_data[:] = [1, 2, 3, 5]
    return Place(tensor="scale")


@fault(Kind.WRONG, "segmented-tensors", base=typed)
def data_in_segments(subject: Subject, rng: Random) -> Where:
    """A tensor says that it is a segment of another."""
    tensor = _tensor(subject, "scale")
    tensor.segment.begin, tensor.segment.end = 0, 16
    return Place(tensor="scale")


@fault(Kind.ILLEGAL, "malformed-tensors", base=typed)
def strings_as_raw_data(subject: Subject, rng: Random) -> Where:
    """A tensor of strings has raw_data."""
    tensor = subject.model.graph.initializer.add(name="words_of", data_type=TensorProto.STRING, dims=[2])
    tensor.raw_data = b"ab"
    subject.model.graph.node.append(helper.make_node("Identity", ["words_of"], ["said"]))
    subject.model.graph.output.append(helper.make_tensor_value_info("said", TensorProto.STRING, [2]))
    return Place(tensor="words_of")


@fault(Kind.ILLEGAL, "nameless-initializers", base=typed)
def initializer_without_a_name(subject: Subject, rng: Random) -> Where:
    """An initializer has no name."""
    subject.model.graph.initializer.append(numpy_helper.from_array(np.ones(3, np.float32)))
    return Place()


@fault(Kind.ILLEGAL, "duplicate-names", base=typed)
def two_initializers_of_one_name(subject: Subject, rng: Random) -> Where:
    """Two initializers have one name."""
    subject.model.graph.initializer.append(numpy_helper.from_array(np.ones(4, np.float32), "scale"))
    return Place(tensor="scale")


@fault(Kind.WRONG, "values-beyond-type")
def padding_bits_set(subject: Subject, rng: Random) -> Where:
    """The four bits behind the last number of an int4 tensor of odd length are not zero."""
    tensor = subject.model.graph.initializer.add(name="odd", data_type=TensorProto.INT4, dims=[3])
    tensor.raw_data = bytes([0x21, 0xF3])
    subject.model.opset_import[0].version = 21
    subject.model.ir_version = 10
    subject.model.graph.node.append(helper.make_node("Identity", ["odd"], ["packed"]))
    subject.model.graph.output.append(helper.make_tensor_value_info("packed", TensorProto.INT4, [3]))
    return Place(tensor="odd")


# ---- tensors that nodes have as an attribute


def constant() -> onnx.ModelProto:
    """A weight and a mask in Constant nodes, whose tensors have no names."""
    return parsed(
        """agraph (float[N, 4] x) => (float[N, 4] y) {
          w = Constant<value = float[4, 4] {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}>()
          k = Constant<value = bool[4] {1, 0, 1, 1}>()
          a = MatMul(x, w)
          y = Where(k, a, x)
        }"""
    )


def _value(subject: Subject, index: int) -> TensorProto:
    return subject.model.graph.node[index].attribute[0].t


@fault(Kind.ILLEGAL, "payload-size-mismatch", base=constant)
def data_of_a_constant_cut(subject: Subject, rng: Random) -> Where:
    """The value of a Constant has a number fewer than its dims say."""
    del _value(subject, 0).float_data[-1]
    return (Place("Constant[0]"), Place(tensor="w"))


@fault(Kind.ILLEGAL, "malformed-tensors", base=constant)
def dim_of_a_constant_negative(subject: Subject, rng: Random) -> Where:
    """The value of a Constant has a negative size."""
    _value(subject, 0).dims[0] = -4
    return (Place("Constant[0]"), Place(tensor="w"))


@fault(Kind.ILLEGAL, "conflicting-data-fields", base=constant)
def constant_in_two_fields(subject: Subject, rng: Random) -> Where:
    """The value of a Constant stands in raw_data and in float_data."""
    _value(subject, 0).raw_data = bytes(64)
    return (Place("Constant[0]"), Place(tensor="w"))


@fault(Kind.ILLEGAL, "values-beyond-type", base=constant)
def bool_of_a_constant(subject: Subject, rng: Random) -> Where:
    """The value of a Constant is a bool of 7."""
    tensor = _value(subject, 1)
    tensor.ClearField("int32_data")
    tensor.raw_data = bytes([1, 0, 7, 1])
    return (Place("Constant[1]"), Place(tensor="k"))


@fault(Kind.WRONG, "unreadable-external-data", base=constant)
def constant_in_a_missing_file(subject: Subject, rng: Random) -> Where:
    """The value of a Constant lies in a file that is not there."""
    tensor = _value(subject, 0)
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="missing.bin")
    return (Place("Constant[0]"), Place(tensor="w"))


@fault(Kind.WRONG, "zero-weights", base=constant)
def constant_weight_zero(subject: Subject, rng: Random) -> Where:
    """The weight that a Constant gives is zero."""
    _value(subject, 0).float_data[:] = [0.0] * 16
    return Place(tensor="w")


@fault(Kind.WRONG, "nan-weights", base=constant)
def constant_weight_nan(subject: Subject, rng: Random) -> Where:
    """The weight that a Constant gives holds NaN."""
    _value(subject, 0).float_data[3] = float("nan")
    return Place(tensor="w")


@fault(Kind.WRONG, "outlying-weights", base=constant)
def constant_weight_exploded(subject: Subject, rng: Random) -> Where:
    """A number of the weight that a Constant gives is ten billion."""
    _value(subject, 0).float_data[3] = 1e10
    return Place(tensor="w")
