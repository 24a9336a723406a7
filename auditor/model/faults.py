"""What is wrong with the data of the tensors that a model stores, looked for once for each model."""

from weakref import WeakKeyDictionary

from ..tuples import NamedTuple
from .graph import Model
from .payload_troubles import PayloadTrouble, Seen, plainly_sound, tensors, trouble
from .tensor import Tensor


class Fault(NamedTuple):
    path: str  # of the graph that holds the tensor
    tensor: Tensor
    trouble: PayloadTrouble


_known: WeakKeyDictionary[Model, tuple[Fault, ...]] = WeakKeyDictionary()


def faults(model: Model) -> tuple[Fault, ...]:
    """All of them, in the order of the file."""
    found = _known.get(model)
    if found is None:
        seen: Seen = {}
        doubtful = ((path, tensor) for path, tensor in tensors(model) if not plainly_sound(tensor))
        found = tuple(Fault(path, tensor, t) for path, tensor in doubtful for t in trouble(model, tensor, seen))
        _known[model] = found
    return found
