"""Random well-formed nodes of onnxruntime's own operators, one maker for each."""

from tests.shapes.microsoft import attention, inferred, layers, products, quantised, shaping, windows
from tests.shapes.microsoft.making import MAKERS

__all__ = ["MAKERS", "attention", "inferred", "layers", "products", "quantised", "shaping", "windows"]
