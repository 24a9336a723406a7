"""Options of a runtime that a model brings along.

## What it does
Looks for keys of the model's metadata that a runtime takes for options: `ort_config`, and those that are named like
options of a session.

## Why it matters
onnxruntime takes the options of a session (threads, optimisation, execution order, profiling) out of the metadata under
`ort_config`, where `ORT_LOAD_CONFIG_FROM_MODEL=1` is set
(https://github.com/microsoft/onnxruntime, "kOrtConfigKey" in core/session/inference_session_utils.h). So the file, and
not who runs it, says how many threads it takes and where it writes. On one's own model it is a note; under the profile
`untrusted` it is a warning.

## Fires on
```mutator
metadata_with_runtime_options
```

## Quiet on
```mutator
metadata_with_line_breaks
```

## How to fix
Set the options where the model is run, and take the entry out of the metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model.graph import Model
from ..model.texts import TextKind, odd_texts
from ..report import Basis, Found, Severity
from . import rule

_KEY = (
    r"ort[_.\-]?config.*|ort[_.].+|session[_.](?:options?|config).*|session\.[a-z_.]+|onnxruntime[_.:].+|"
    r"(?:intra|inter)_op_(?:num_)?threads.*|execution_(?:mode|providers?)|graph_optimization_level|"
    r"(?:enable_)?profil(?:ing|e_file_prefix)|optimized_model_filepath|custom_op(?:s_)?_?librar(?:y|ies)(?:_path)?|"
    r"provider_options|ep\.[a-z_.]+"
)
_VALUE = (r"\"(?:session_options|intra_op_num_threads|inter_op_num_threads|graph_optimization_level|"
                    r"execution_mode|enable_profiling|optimized_model_filepath)\"\s*:")  # fmt: skip


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def runtime_options_in_metadata(model: Model) -> Iterator[Found]:
    told = set[str]()
    for text in odd_texts(model):
        if text.kind is not TextKind.PROSE or not text.key or text.where.attribute in told or text.where.node:
            continue
        by_key = text.value == text.key and re.fullmatch(_KEY, text.key.lower()) is not None
        if by_key or re.search(_VALUE, text.value[:4096].lower()) is not None:
            told.add(text.where.attribute)
            yield Found(
                f"the metadata entry {text.key!r} has options for a runtime: the file chooses them, not who runs it",
                text.where,
                "set the options where the model is run, and take the entry out",
            )
