"""Intervals of every tensor, from the ranges of the inputs: sound, and sharp where that is cheap."""
