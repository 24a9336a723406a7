"""What a job asks for: what whoever uploaded a version says of it, and which options there are."""

from __future__ import annotations

import pytest

from auditor.config.configuration import Configuration
from auditor.errors import UsageError
from auditor.report import Contract, Port
from auditor.service.jobs.wanted import OPTIONS, contract_of, settings_of


def test_a_contract_is_what_was_said_and_nothing_else() -> None:
    said = {
        "inputs": [{"name": "x", "dtype": "float32", "shape": [1, "N", -1]}, {"name": "mask"}],
        "outputs": [{"dtype": "int64", "shape": []}],
        "sha256": "a" * 64,
        "max_batch": 8,
        "open_is_promise": True,
    }
    assert contract_of(said) == Contract(
        (Port("x", "float32", (1, "N", -1)), Port("mask", "", None)), (Port("", "int64", ()),), "", "a" * 64, 8, True
    )
    assert contract_of({}) == Contract((), (), "", "", 0, False)


def test_options_are_those_of_an_audit_that_name_no_file_and_run_no_code() -> None:
    asked = Configuration(baseline="")
    settings = settings_of(asked, {"run": False, "seed": 7})
    assert (settings.run, settings.seed) == (False, 7)
    assert {"run", "seed", "weights"} <= OPTIONS.keys()
    assert OPTIONS.keys().isdisjoint({"inputs", "custom-ops", "against", "provider-library", "fail-on"})
    with pytest.raises(UsageError, match=r"there is no option 'sed' \(did you mean 'seed'\?\); there are "):
        settings_of(asked, {"sed": 7})
    with pytest.raises(UsageError, match=r"the option seed takes .*, not 'x'"):
        settings_of(asked, {"seed": "x"})
    with pytest.raises(UsageError, match="at most 65,536 characters of JSON"):
        settings_of(asked, {"seed": "x" * 65_536})
