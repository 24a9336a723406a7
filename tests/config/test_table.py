"""One table of settings: what the commands, the environment and a configuration offer are its rows, and no others."""

from __future__ import annotations

from collections import Counter

import pytest

from auditor.cli.commands import SUMMARIES, command
from auditor.config import kinds
from auditor.config.configuration import Configuration
from auditor.config.keys import readers
from auditor.config.kinds import ValueKind, Wrong, from_words
from auditor.config.table import (
    AT_ONCE,
    DEPTH,
    ELSEWHERE,
    ENGINE,
    FILES,
    KEPT,
    KEYS,
    LOOKED_AT,
    OPTIONS,
    OWN,
    POLICY,
    RUN,
    SAID,
    SERVICE,
    SIZES,
    TABLE,
    VARIABLES,
    Setting,
    in_groups,
)
from auditor.errors import UsageError
from auditor.policy.policy import Policy
from auditor.service.context import ServiceLimits
from auditor.service.serving import Serving
from auditor.settings import Settings

GROUPS = (LOOKED_AT, SIZES, RUN, DEPTH, POLICY, SAID, KEPT, AT_ONCE, ENGINE)

LEFT_OUT: dict[tuple[str, str], str] = {
    ("check", "jobs"): "it audits one model after the other, in this process",
    ("check", "audit_timeout"): "there is no worker that could be ended",
    ("check", "audit_memory"): "there is no worker that could be ended",
    **{("check", row.name): "it audits in this process" for row in in_groups(ENGINE)},
    ("gate", "select"): "a verdict is of all rules that the policy counts; one that was not run makes it inconclusive",
    ("gate", "ignore"): "as select",
    ("gate", "sample_weights"): "a verdict is of all weights, unless the policy itself says of how many",
    ("gate", "no_store"): "what is gated is stored: it may become the accepted version",
    ("baseline", "no_store"): "models are audited as by the gate",
    ("baseline", "fail_on"): "nothing fails: whatever is found is recorded",
    ("baseline", "baseline"): "-o names it",
    ("baseline", "profile"): "what is found is known however bad a policy thinks it",
    ("baseline", "form"): "it writes no reports",
    ("baseline", "outputs"): "it writes no reports",
    ("baseline", "quiet"): "it says one line",
}
"""What a command that audits does not offer, and why."""


@pytest.mark.parametrize("name", ["check", "batch", "gate", "baseline"])
def test_commands_that_audit_offer_the_same(name: str) -> None:
    offered = {row.name for row in command(name).settings if row.group in GROUPS}
    asked = {row.name for row in OPTIONS.values() if row.group in GROUPS}
    assert asked - offered == {option for one, option in LEFT_OUT if one == name}


@pytest.mark.parametrize("name", SUMMARIES)
def test_no_flag_of_a_command_means_two_things(name: str) -> None:
    made = command(name)
    flags = Counter(flag for row in made.settings for spelled in row.flags for flag in spelled.split("/"))
    assert [flag for flag, times in flags.items() if times > 1] == []
    assert {argument.name for argument in made.arguments}.isdisjoint(OPTIONS)


def test_every_option_is_of_a_command() -> None:
    offered = {row.name for name in SUMMARIES for row in command(name).settings}
    assert offered == set(OPTIONS)


def test_a_row_fills_a_field_that_is_there_and_each_field_has_one() -> None:
    served = {*Serving._fields, *ServiceLimits._fields, "sample"}
    fields = {
        "audit": Settings._fields, "policy": Policy._fields, "place": Configuration._fields, "service": served,
    }  # fmt: skip
    for row in TABLE:
        assert row.fills == "call" or row.name in fields[row.fills], row.name
    filled = {row.name for row in TABLE if row.fills == "audit"}
    assert {*Settings._fields} - filled == {"provider_asked", "ad_hoc"}
    assert {*Serving._fields} <= {row.name for row in TABLE if row.fills == "service"}
    made = {"known", "origin", "baseline", "trusted", "run"}
    assert {*Policy._fields} - {row.name for row in TABLE if row.fills == "policy"} == made


def test_rows_are_told_apart() -> None:
    for found in (OPTIONS, KEYS, VARIABLES):
        assert all(isinstance(row, Setting) for row in found.values())
    assert len(OPTIONS) == sum(bool(row.flags) for row in TABLE)
    assert len(KEYS) == sum(bool(row.key) for row in TABLE)
    assert len(VARIABLES) == sum(bool(row.env) for row in TABLE)
    assert {row.group for row in TABLE if not row.flags} == {FILES}
    assert {row.group for row in TABLE if row.flags} == {*GROUPS, ELSEWHERE, SERVICE, OWN}


def test_what_only_a_configuration_says_has_a_reader() -> None:
    for key, row in KEYS.items():
        if row.kind is kinds.IN_A_FILE:
            assert row.takes and not row.flags and not row.env
            assert readers(row.fills)[key].__name__ != "reader", key


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("seed", "7", 7), ("timeout", "2.5", 2.5), ("timeout", "1e2", 100.0), ("rtol", "0", 0.0),
        ("rtol", "inf", float("inf")), ("memory", "2G", 2 << 30), ("memory", "512", 512), ("jobs", "3", 3),
        ("dims", ["N=1", "a=b=2"], {"N": 1, "a=b": 2}), ("shapes", ["x:0:1, 2", "s:"], {"x:0": (1, 2), "s": ()}),
        ("outputs", ["json:a:b"], [("json", "a:b")]), ("fail_on", "never", None), ("select", ["a"], frozenset({"a"})),
        ("run", False, False), ("target_dtype", "float16", "float16"),
        ("ranges", ["x:0=-1:2.5", "a=b=golden", "*=0:0"], {"x:0": (-1.0, 2.5), "a=b": "golden", "*": (0.0, 0.0)}),
    ],
)  # fmt: skip
def test_words(name: str, word: str | bool | list[str], value: object) -> None:
    assert from_words(OPTIONS[name].kind, "--it", word) == value


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("seed", "-1"), ("seed", "1.5"), ("seed", "1e3"), ("seed", "٣"), ("seed", "1" * 19), ("timeout", "0"),
        ("timeout", "inf"), ("timeout", "nan"), ("timeout", "1_0"), ("rtol", "-0.1"), ("rtol", "nan"), ("rtol", ""),
        ("memory", "0"), ("memory", "-1"), ("memory", "2X"), ("jobs", "0"), ("dims", ["N"]), ("dims", ["=1"]),
        ("ranges", ["x"]), ("ranges", ["=0:1"]),
        ("ranges", ["x=1:0"]), ("ranges", ["x=0"]), ("ranges", ["x=0:inf"]), ("ranges", ["x=nan:1"]),
        ("ranges", ["x=a:b"]),
        ("dims", ["N=1" * 2, "N=-1"]), ("shapes", ["data=1"]), ("outputs", ["json"]), ("outputs", [":x"]),
        ("fail_on", "fatal"), ("db", ""), ("select", [""]), ("inputs", "/no/such.npz"), ("inputs", __file__),
    ],
)  # fmt: skip
def test_wrong_words_are_said_with_what_would_be_right(name: str, word: str | list[str]) -> None:
    with pytest.raises(UsageError, match=r"^--it takes .+, not ") as caught:
        from_words(OPTIONS[name].kind, "--it", word)
    assert '"' not in str(caught.value).partition(", not ")[0]


@pytest.mark.parametrize("value", [True, "1", None, [1], {"N": True}, {"N": -1}, {"N": 1.0}, 10**19])
@pytest.mark.parametrize("kind", [kinds.SECONDS, kinds.whole(), kinds.SIZES, kinds.TOLERANCE, kinds.NAMES, kinds.PATHS])
def test_values_of_another_type_are_refused(kind: ValueKind, value: object) -> None:
    if kind is kinds.PATHS and value == "1":
        return
    with pytest.raises(Wrong):
        kind.check(value)


def test_defaults_are_those_of_the_settings() -> None:
    assert OPTIONS["rtol"].explained.endswith(f"[default: {Settings().rtol}]")
    assert OPTIONS["provider"].explained.endswith(f"[default: {Settings().provider}]")
