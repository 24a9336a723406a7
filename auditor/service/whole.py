"""Whole numbers of JSON."""

from __future__ import annotations

from pydantic import BeforeValidator


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Beside a strict ``int``: 1 and 1.0, which JSON Schema holds for the same, and neither "1" nor true.

It stands behind the bounds, which else are not in the description.
"""
