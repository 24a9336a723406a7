"""JSON that is read before anybody has vouched for it: it costs what its length says, whatever is in it."""

from __future__ import annotations

import pytest

from auditor.attest.refusals import RepeatedKey
from auditor.attest.strict_json import strict_object
from tests.pace import check_grows, cpu_of


def _twice(keys: int) -> float:
    text = "{" + "".join(f'"{i}":0,' for i in range(keys)) + f'"{keys - 1}":0' + "}"

    def refused() -> None:
        with pytest.raises(RepeatedKey, match=f"says {keys - 1} twice"):
            strict_object(text, "it")

    return cpu_of(refused)


def test_a_key_that_stands_twice_behind_many_is_found_in_one_pass() -> None:
    """An attestation may hold a million keys: 16 times as many take 16 times as long, and not 256."""
    check_grows(lambda: _twice(1_000), lambda: _twice(16_000), 64)
