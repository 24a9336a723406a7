"""Attributes: illegal values, and legal ones that nobody means."""

from __future__ import annotations

from random import Random

import onnx
from onnx import helper

from .bases import parsed
from .fault import Kind, Place, Subject, fault, label, nodes


def normalized() -> onnx.ModelProto:
    """A BatchNormalization and a Dropout, both for inference."""
    return parsed(
        """agraph (float[N, 2, 8, 8] x) => (float[N, 2, 8, 8] y)
        <float[2] s = {1, 2}, float[2] b = {0, 1}, float[2] m = {0.5, 0.25}, float[2] v = {1, 2}> {
          h = BatchNormalization(x, s, b, m, v)
          y = Dropout(h)
        }"""
    )


@fault(Kind.WRONG, "training-mode", base=normalized)
def training_mode_left_on(subject: Subject, rng: Random) -> Place:
    """BatchNormalization is exported in training mode."""
    graph = subject.model.graph
    at = rng.choice(nodes(graph, "BatchNormalization"))
    graph.node[at].attribute.append(helper.make_attribute("training_mode", 1))
    return Place(label(graph, at))
