"""Geometry and SVG text out of plain pictures. Nothing here knows ONNX."""
