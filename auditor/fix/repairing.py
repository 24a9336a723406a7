"""The edits that propagation tries on views, made on a draft, so that they can be written."""

from __future__ import annotations

import struct

from ..model.dtypes import DType
from ..model.encoding import FORMATS
from ..model.graph import Attributes, Node
from ..shapes.edits import Edit, PutAround, PutInFront, SetAttribute, SetDims, SetValues
from ..shapes.fact import Element
from .draft import Draft, fresh, taking, with_attribute
from .naming import all_names


def applied(draft: Draft, edit: Edit, offset: int | None) -> Draft:
    """The draft with the edit; ``offset`` says which node it means, wherever that stands by now."""
    if isinstance(edit, SetDims):
        tensor = draft.stored(edit.tensor)
        assert tensor is not None
        return draft.with_stored(edit.tensor, tensor._replace(dims=edit.dims))
    found = draft.node(-1 if offset is None else offset)
    assert found is not None
    index, node = found
    taken = all_names(draft.model.graph)
    match edit:
        case SetAttribute(name=name, value=value):
            return draft.with_node(index, with_attribute(node, name, value))
        case SetValues(position=position, values=values):
            name = fresh(f"{node.inputs[position]}_mended", taken)
            fact = draft.facts().at(node.inputs[position])
            assert fact is not None and fact.dtype is not None and fact.shape is not None
            dims = tuple(size for size in fact.shape if isinstance(size, int))
            draft = draft.adding(name, fact.dtype, dims, packed(fact.dtype, values), values)
            return draft.with_node(index, taking(node, position, name))
        case PutInFront(position=position, op_type=op_type, attributes=attributes, more=more):
            given = node.inputs[position]
            new = fresh(f"{given}_{op_type.lower()}", taken)
            inputs = [given]
            for fact in more:
                assert fact.dtype is not None and fact.elements is not None and fact.shape is not None
                name = fresh(f"{new}_{len(inputs)}", taken)
                dims = tuple(size for size in fact.shape if isinstance(size, int))
                draft = draft.adding(name, fact.dtype, dims, packed(fact.dtype, fact.elements), fact.elements)
                inputs.append(name)
            draft = draft.with_node(index, taking(node, position, new))
            return draft.inserting(index, Node(op_type, "", tuple(inputs), (new,), Attributes(attributes), "", "", -1))
        case PutAround(perm=perm):
            back = tuple(perm.index(i) for i in range(len(perm)))
            turned, made = fresh(f"{node.inputs[0]}_turned", taken), fresh(f"{node.outputs[0]}_turned", taken)
            changed = taking(node, 0, turned)._replace(outputs=(made, *node.outputs[1:]))
            draft = draft.with_node(index, changed)
            draft = draft.inserting(index + 1, _transpose(made, node.outputs[0], back))
            return draft.inserting(index, _transpose(node.inputs[0], turned, perm))


def _transpose(given: str, made: str, perm: tuple[int, ...]) -> Node:
    return Node("Transpose", "", (given,), (made,), Attributes({"perm": perm}), "", "", -1)


def packed(dtype: int, values: tuple[Element, ...]) -> bytes:
    """Small numbers as raw data has them."""
    code = FORMATS[DType(dtype)]
    return struct.pack(f"<{len(values)}{code}", *values)
