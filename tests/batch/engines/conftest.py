"""The played bridge, for whoever asks for it."""

from .played import make

__all__ = ["make"]
