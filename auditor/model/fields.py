"""The messages of onnx.proto: every field that ONNX has, with its number.

Kept by hand in the order of onnx.proto; a test holds it to the descriptors of the installed onnx. Marks behind a type:
``*`` repeated, ``unused`` is skipped without decoding, so is ``aside``, whose place is noted (texts that only people
read), ``payload`` stays in the file and only its place is noted, ``oneof`` excludes the other fields of its message
that are marked so, ``enum14`` is an enumeration whose values are 0 to 14: what is none of them leaves the one before
it, as in protobuf.
"""

from ..tuples import NamedTuple

TEXT, BYTES, MESSAGE, PAYLOAD, INT64, INT32, FLOAT = range(7)

_TABLE = """
ModelProto
 1 ir_version int64
 2 producer_name string
 3 producer_version string
 4 domain string aside
 5 model_version int64 unused
 6 doc_string string aside
 7 graph GraphProto
 8 opset_import OperatorSetIdProto*
 14 metadata_props StringStringEntryProto*
 20 training_info TrainingInfoProto*
 25 functions FunctionProto*
 26 configuration DeviceConfigurationProto*
DeviceConfigurationProto
 1 name string
 2 num_devices int32 unused
 3 device string* unused
OperatorSetIdProto
 1 domain string
 2 version int64
StringStringEntryProto
 1 key text
 2 value text
TrainingInfoProto
 1 initialization GraphProto
 2 algorithm GraphProto
 3 initialization_binding StringStringEntryProto* unused
 4 update_binding StringStringEntryProto* unused
GraphProto
 1 node NodeProto*
 2 name string
 5 initializer TensorProto*
 10 doc_string string aside
 11 input ValueInfoProto*
 12 output ValueInfoProto*
 13 value_info ValueInfoProto*
 14 quantization_annotation TensorAnnotation* unused
 15 sparse_initializer SparseTensorProto*
 16 metadata_props StringStringEntryProto* aside
NodeProto
 1 input string*
 2 output string*
 3 name string
 4 op_type string
 5 attribute AttributeProto*
 6 doc_string string aside
 7 domain string
 8 overload string
 9 metadata_props StringStringEntryProto* aside
 10 device_configurations NodeDeviceConfigurationProto*
NodeDeviceConfigurationProto
 1 configuration_id string
 2 sharding_spec ShardingSpecProto*
 3 pipeline_stage int32 unused
ShardingSpecProto
 1 tensor_name string
 2 device int64* unused
 3 index_to_device_group_map IntIntListEntryProto* unused
 4 sharded_dim ShardedDimProto*
ShardedDimProto
 1 axis int64
 2 simple_sharding SimpleShardedDimProto* unused
AttributeProto
 1 name string
 2 f float
 3 i int64
 4 s bytes
 5 t TensorProto
 6 g GraphProto
 7 floats float*
 8 ints int64*
 9 strings bytes*
 10 tensors TensorProto*
 11 graphs GraphProto*
 13 doc_string string aside
 14 tp TypeProto
 15 type_protos TypeProto*
 20 type int32 enum14
 21 ref_attr_name string
 22 sparse_tensor SparseTensorProto
 23 sparse_tensors SparseTensorProto*
TensorProto
 1 dims int64*
 2 data_type int32
 3 segment Segment
 4 float_data float* payload
 5 int32_data int32* payload
 6 string_data bytes* payload
 7 int64_data int64* payload
 8 name string
 9 raw_data bytes payload
 10 double_data double* payload
 11 uint64_data uint64* payload
 12 doc_string string aside
 13 external_data StringStringEntryProto*
 14 data_location int32 enum1
 16 metadata_props StringStringEntryProto* aside
SparseTensorProto
 1 values TensorProto
 2 indices TensorProto
 3 dims int64*
ValueInfoProto
 1 name string
 2 type TypeProto
 3 doc_string string aside
 4 metadata_props StringStringEntryProto* aside
TypeProto
 1 tensor_type Tensor oneof
 4 sequence_type Sequence oneof
 5 map_type Map oneof
 6 denotation string unused
 7 opaque_type Opaque oneof
 8 sparse_tensor_type SparseTensor oneof
 9 optional_type Optional oneof
TypeProto.Tensor
 1 elem_type int32
 2 shape TensorShapeProto
TypeProto.SparseTensor
 1 elem_type int32
 2 shape TensorShapeProto
TypeProto.Sequence
 1 elem_type TypeProto
TypeProto.Optional
 1 elem_type TypeProto
TypeProto.Map
 1 key_type int32
 2 value_type TypeProto
TensorShapeProto
 1 dim Dimension*
TensorShapeProto.Dimension
 1 dim_value int64 oneof
 2 dim_param string oneof
 3 denotation string unused
FunctionProto
 1 name string
 4 input string*
 5 output string*
 6 attribute string*
 7 node NodeProto*
 8 doc_string string aside
 9 opset_import OperatorSetIdProto*
 10 domain string
 11 attribute_proto AttributeProto*
 12 value_info ValueInfoProto* unused
 13 overload string
 14 metadata_props StringStringEntryProto* aside
"""

_KINDS = {"string": TEXT, "text": TEXT, "bytes": BYTES, "int64": INT64, "int32": INT32, "float": FLOAT}
_WIRE = {"int64": 0, "int32": 0, "uint64": 0, "double": 1, "float": 5}


class Field(NamedTuple):
    name: str
    kind: int
    many: bool
    wire: int  # wire type of one value; several numbers may also stand packed, as wire type 2
    unused: bool
    rivals: tuple[int, ...]  # the other fields of its oneof
    long: bool  # a text that may be longer than a name
    aside: bool  # unused, but its place is noted
    last: int | None = None  # value of an enumeration, which begins at 0


class Message(NamedTuple):
    name: str
    fields: dict[int, Field]


def _messages(table: str) -> dict[str, Message]:
    messages: dict[str, Message] = {}
    for line in table.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            fields = messages.setdefault(words[0], Message(words[0], {})).fields
            continue
        kind = words[2].rstrip("*")
        fields[int(words[0])] = Field(
            name=words[1],
            kind=PAYLOAD if "payload" in words else _KINDS.get(kind, MESSAGE),
            many=words[2].endswith("*"),
            wire=_WIRE.get(kind, 2),
            unused="unused" in words or "aside" in words,
            rivals=(-1,) if "oneof" in words else (),
            long=kind == "text",
            aside="aside" in words,
            last=next((int(word.removeprefix("enum")) for word in words if word.startswith("enum")), None),
        )
    for message in messages.values():
        group = [number for number, field in message.fields.items() if field.rivals]
        for number in group:
            rivals = tuple(n for n in group if n != number)
            message.fields[number] = message.fields[number]._replace(rivals=rivals)
    return messages


MESSAGES = _messages(_TABLE)
