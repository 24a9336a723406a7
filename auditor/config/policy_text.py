"""A policy that came as a text, from whoever may say what a project asks of its models: it makes nobody read a file."""

from __future__ import annotations

from ..errors import UsageError
from .configuration import OWN, Configuration
from .keys import readers, table
from .sections import Section, fields, models, refuse_heading
from .table import KEYS, Setting
from .toml import Toml

_LONGEST = 256 << 10  # characters


def parse_policy(text: str) -> Configuration:
    """What a text asks for that is written as an auditor.toml is; `UsageError` for the first that makes no sense.

    Keys that name files, or code to run, are refused, and so are those of the process that reads it. There is no
    baseline, and no folder from which paths would go: that of a model is held against patterns as it was uploaded.
    """
    if len(text) > _LONGEST:
        raise UsageError(f"{OWN}: a policy has at most {_LONGEST:,} characters")
    try:
        toml = Toml(OWN, text.encode())
    except UnicodeEncodeError:
        raise UsageError(f"{OWN}: the text is not Unicode") from None
    refuse_heading(toml, toml.values)
    for key in toml.values:
        if key in KEYS and not _may_say(KEYS[key]):
            raise UsageError(
                f"{toml.at_key((key,))}: {key} names files or code of the machine that reads it: "
                "a policy that is set over the network says none"
            )
    says = table(toml, (), toml.values, {**readers("policy", "audit"), "models": models})
    return Configuration(
        toml.name,
        "",
        (Section(("**",), fields(says, "policy")), *says.get("models", ())),
        fields(says, "audit"),
        baseline="",
    )


def _may_say(row: Setting) -> bool:
    return row.fills in ("policy", "audit") and not row.kind.is_path and not row.runs_code
