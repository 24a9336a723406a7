"""auditor: proves that an exported ONNX model is what it claims to be, before anyone deploys it."""

__version__ = "0.1.0"
