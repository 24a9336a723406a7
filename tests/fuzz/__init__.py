"""Mutated models through everything static: nothing but the two clear errors may come out, and soon."""
