"""Stored tensors of two models compared by their values, a window at a time."""
