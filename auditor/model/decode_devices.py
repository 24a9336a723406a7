"""What a model says of several devices: configurations by name, and how nodes spread their tensors over them."""

from __future__ import annotations

from .fields import MESSAGES
from .graph import Sharding
from .wire import Extents, Wire

CONFIGURATION, SHARDING, SPEC, SHARDED = (
    MESSAGES[name]
    for name in ("DeviceConfigurationProto", "NodeDeviceConfigurationProto", "ShardingSpecProto", "ShardedDimProto")
)


def configurations(wire: Wire, extents: Extents) -> tuple[str, ...]:
    """The names of the model's configurations."""
    return tuple(wire.message(CONFIGURATION, [e]).get(1, "") for e in extents)


def sharding(wire: Wire, extent: tuple[int, int], node_offset: int) -> Sharding:
    fields = wire.message(SHARDING, [extent])
    specs = [wire.message(SPEC, [e]) for e in fields.get(2, ())]
    tensors = [
        (spec.get(1, ""), tuple(wire.message(SHARDED, [e]).get(1, 0) for e in spec.get(4, ()))) for spec in specs
    ]
    return Sharding(node_offset, fields.get(1, ""), tuple(tensors), extent[0])
