"""What `POST /audits` takes as options: the rows of the table of settings that a job may say, as a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue

from ...config import kinds
from ...config.table import Setting
from ...settings import DEEP, LEVELS
from ..jobs.wanted import OPTIONS

_LARGEST = 10**18
_TEXT = {"type": "string", "minLength": 1}
_SIZE = {"type": "integer", "minimum": 0, "maximum": _LARGEST}
_RANGE = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}

_SCHEMAS: Mapping[int, dict[str, Any]] = {
    id(kinds.YES_OR_NO): {"type": "boolean"},
    id(kinds.TEXT): _TEXT,
    id(kinds.PROVIDERS): _TEXT,
    id(kinds.NAMES): {"type": "array", "items": _TEXT},
    id(kinds.SIZES): {"type": "object", "additionalProperties": _SIZE},
    id(kinds.SHAPES): {"type": "object", "additionalProperties": {"type": "array", "items": _SIZE}},
    id(kinds.RANGES): {"type": "object", "additionalProperties": {"anyOf": [_RANGE, {"const": "golden"}]}},
    id(kinds.TARGETS): {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
    id(kinds.SECONDS): {"type": "number", "exclusiveMinimum": 0, "maximum": _LARGEST},
    id(kinds.TOLERANCE): {"type": "number", "minimum": 0, "maximum": _LARGEST},
    id(kinds.BYTES_ABOVE_0): {"anyOf": [{"type": "integer", "minimum": 1, "maximum": _LARGEST}, _TEXT]},
}
"""By a kind of value what JSON has for it."""

_BY_NAME: Mapping[str, dict[str, Any]] = {
    "target_dtype": {"enum": ["float16", "bfloat16"]},
    "optimisation": {"enum": list(LEVELS)},
    "deep_parts": {"type": "array", "items": {"enum": list(DEEP)}},
    "skipped_parts": {"type": "array", "items": {"enum": list(DEEP)}},
    "runs": {"type": "integer", "minimum": 1, "maximum": _LARGEST},
    "sample_weights": {"type": "integer", "minimum": 0, "maximum": _LARGEST},
    "device": {"type": "integer", "minimum": 0, "maximum": _LARGEST},
    "seed": {"type": "integer", "minimum": 0, "maximum": _LARGEST},
}


def _schema_of(row: Setting) -> dict[str, Any]:
    found = _BY_NAME.get(row.name) or _SCHEMAS.get(id(row.kind), {})
    return {**found, "description": row.explained}


class AuditOptions(dict[str, Any]):
    """Options by name. What is wrong with one says `wanted.settings_of`, in the words of the command line."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return handler(dict[str, Any])

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "object",
            "title": "Options",
            "description": "As `auditor check` takes them, by the keys of auditor.toml or the names of long options.",
            "properties": {name: _schema_of(row) for name, row in OPTIONS.items()},
            "additionalProperties": False,
        }
