"""What a job asks for: the model as it was uploaded, how it is audited, and what its project asks of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from ...batch.refs import Ref
from ...batch.state import Keys
from ...config.configuration import Configuration
from ...config.kinds import Wrong
from ...config.policy_text import parse_policy
from ...config.table import TABLE, Setting
from ...errors import UsageError
from ...pipeline import selected
from ...policy.policy import Policy
from ...report import Contract, Port
from ...settings import Settings
from ...store.leases import Registered
from ...store.policies import policy_of
from ...store.store import key_of
from ...store.works import FileState, Works
from ...tuples import NamedTuple
from ...wording import nearest
from ..answers.verdicts import policy_digest

_LONGEST = 1 << 16  # they stand in every list of audits


class Wanted(NamedTuple):
    """An audit of an uploaded version. Its files' paths are as they were uploaded: relative, in a folder of its own."""

    ref: Ref
    files: Mapping[str, str]  # by path the sha256
    settings: Settings
    policy: Policy
    source: str  # under which its audits are kept: as the store has it
    key: str  # of its work
    policies: str  # digest of the text that says the policy; "" none does


def configured(store: Works) -> Configuration:
    """What the store's project asks for."""
    policy = policy_of(store)
    return _configured(None if policy is None else policy.text)


@lru_cache(maxsize=32)
def _configured(policy: str | None) -> Configuration:
    return Configuration(baseline="") if policy is None else parse_policy(policy)


@lru_cache(maxsize=128)
def _settings(policy: str | None, options: str) -> Settings:
    """Most jobs are asked for in the same few ways."""
    return settings_of(_configured(policy), json.loads(options))


def settings_of(asked: Configuration, options: Mapping[str, Any]) -> Settings:
    """How models are audited with these options of one job; `UsageError` for one that there is not, or makes no sense.

    Their names are the keys of auditor.toml, or the long options of `auditor check`; their values are as a file has
    them. None of them names a file of this machine, or code to run.
    """
    try:
        text = json.dumps(options, allow_nan=False)
    except ValueError:  # Infinity or 1e400, which Python reads: JSON has no such number, and no answer could tell it
        raise UsageError("a number in the options of an audit is not one that JSON has") from None
    if len(text) > _LONGEST:
        raise UsageError(f"the options of an audit are at most {_LONGEST:,} characters of JSON")
    said: dict[str, Any] = {}
    for name, value in options.items():
        row = OPTIONS.get(name)
        if row is None:
            raise UsageError(f"there is no option {name!r}{nearest(name, OPTIONS)}; there are {', '.join(OPTIONS)}")
        try:
            said[row.name] = row.kind.check(value)
        except Wrong as wrong:
            raise UsageError(f"the option {name} takes {wrong.expected}, not {wrong.value!r}") from None
    settings = asked.saying_ad_hoc(said).settings()
    selected(settings)
    return settings


OPTIONS: Mapping[str, Setting] = {
    row.key or row.flags[0].partition("/")[0].removeprefix("--"): row
    for row in TABLE
    if row.fills == "audit" and row.flags and not row.runs_code and not row.kind.is_path
}
"""What a job may say of its audit, by the names that it has there."""


def source_name(project: str, model: str, version: str) -> str:
    """Under which source the audits of an uploaded version are kept."""
    return f"{project}/{model}@{version}"


def wanted(store: Works, registered: Registered, options: Mapping[str, Any]) -> Wanted:
    """What is to be done for a version of the store's project. `UsageError` where the options make no sense."""
    said = policy_of(store)
    policy = None if said is None else said.text
    settings = _settings(policy, json.dumps(options, sort_keys=True))
    ref = Ref(
        registered.model, registered.version, registered.path, tuple(sorted(registered.files)), {},
        None if registered.contract is None else contract_of(registered.contract), (), registered.model,
    )  # fmt: skip
    states = [FileState(path, 0, 0, 0, sha256) for path, sha256 in sorted(registered.files.items())]
    return Wanted(
        ref,
        registered.files,
        settings,
        _configured(policy).policy(registered.path, registered.model),
        key_of(source_name(store.project, registered.model, registered.version)),
        _keys(settings).key_of(ref, states),
        policy_digest(policy),
    )


@cache
def _plain_keys() -> Keys:
    return Keys(Settings())


def _keys(settings: Settings) -> Keys:
    """Most jobs say nothing of how they are audited."""
    return _plain_keys() if settings == Settings() else Keys(settings)


def contract_of(said: Mapping[str, Any]) -> Contract:
    """What whoever uploaded a version says of its inputs and outputs."""
    return Contract(
        _ports(said.get("inputs", ())), _ports(said.get("outputs", ())), "", said.get("sha256", ""),
        said.get("max_batch", 0), said.get("open_is_promise", False),
    )  # fmt: skip


def _ports(said: Any) -> tuple[Port, ...]:
    return tuple(
        Port(one.get("name", ""), one.get("dtype", ""), None if (s := one.get("shape")) is None else tuple(s))
        for one in said
    )
