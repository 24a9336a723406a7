"""How the values of stored tensors are spread: quantiles of a sample, for a picture and for no judgement."""

from __future__ import annotations

from collections.abc import Iterator

from ..model.dtypes import FLOATS
from ..model.graph import Model
from ..picture import QUANTILES, Band

MOST = 200
"""Tensors that are looked at: the largest."""

_LEAST = 16


def bands(model: Model) -> Iterator[Band]:
    """Of the largest kernels (stored floats of two axes or more), in the order of the file."""
    kernels = [
        (place, f"{path}/{tensor.name}" if path else tensor.name, tensor)
        for place, (path, tensor) in enumerate(
            (path, tensor) for path, graph in model.graphs for tensor in graph.initializers
        )
        if tensor.dtype in FLOATS and len(tensor.dims) > 1 and tensor.elements >= _LEAST
    ]
    kernels.sort(key=lambda one: -one[2].elements)
    if not kernels:
        return
    from ..weights.reading import Reading  # brings NumPy
    from ..weights.sample import sampled_quantiles

    with Reading(model) as reading:
        for _, name, tensor in sorted(kernels[:MOST], key=lambda one: one[0]):
            yield Band(name, tensor.elements, sampled_quantiles(reading, tensor, QUANTILES))
