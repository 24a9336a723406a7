"""Chains of execution providers. The wheel for the CPU has a second one, for Azure, which takes only nodes of its own:
whatever is asked of it falls back, really."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state

from auditor.runtime.outcome import Failed, Fallback, NotRun, Outcome, Run
from auditor.runtime.parent import run
from auditor.runtime.request import ProviderLibrary, ProviderOption, Request

from .conftest import ADD, Write, floats

AZURE, CPU = "AzureExecutionProvider", "CPUExecutionProvider"

pytestmark = pytest.mark.skipif(
    AZURE not in onnxruntime.get_available_providers(),
    reason="this onnxruntime has no provider for Azure: pip install onnxruntime, its wheel for the CPU on Linux",
)


@pytest.fixture
def asked(write: Write) -> Request:
    return Request(write(ADD), attempts=((floats("x", 1, 4),),))


def why(outcome: Outcome) -> str:
    assert isinstance(outcome, NotRun), outcome
    return outcome.why


def test_a_provider_that_takes_nothing_is_told(asked: Request) -> None:
    found = run(asked._replace(provider="azure"))
    assert isinstance(found, Run), found
    assert (found.provider, found.gone) == (AZURE, ())
    assert found.placement == {CPU: 1}
    assert found.fallbacks == (Fallback("Add", CPU, "", 1),)
    assert found.isolation["profile"] == "device"


@pytest.mark.parametrize("chain", ["cpu", "CPUExecutionProvider", "cpu,azure", " CPU , azure "])
def test_the_first_of_a_chain_is_the_one_that_is_asked_for(asked: Request, chain: str) -> None:
    found = run(asked._replace(provider=chain))
    assert isinstance(found, Run), found
    assert (found.provider, found.placement, found.fallbacks) == (CPU, {CPU: 1}, ())


def test_warnings_are_heard_whoever_listens(write: Write) -> None:
    """onnxruntime says that a declared shape is not what it worked out; a log that we take must not swallow it."""
    model = "g (float[1, 4] x) => (float[1, 5] y) { y = Add (x, x) }"
    heard = [
        run(Request(write(model), attempts=((floats("x", 1, 4),),), provider=name, second=True))
        for name in ("cpu", "azure")
    ]
    on_cpu, on_azure = (one.warnings for one in heard if isinstance(one, Run | Failed))
    assert on_cpu
    assert set(on_cpu) <= set(on_azure)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"provider": "azur"}, "has no provider 'azur' (did you mean 'azure'?), only "),
        ({"provider": "cpu,cudaa"}, "has no provider 'cudaa' (did you mean 'cuda'?), only "),
        ({"provider": "azure,AzureExecutionProvider"}, "a provider stands twice in azure,AzureExecutionProvider"),
        ({"provider": "azure", "device": 1}, "azure takes no number of a device"),
        ({"device": 0}, "cpu takes no number of a device"),
        (
            {"provider": "azure", "provider_options": (ProviderOption("cuda", "device_id", "1"),)},
            "the option device_id is for cuda, and the run asks for azure",
        ),
    ],
)
def test_what_cannot_be_had_is_said_before_the_model_is_opened(
    asked: Request, changes: dict[str, Any], said: str
) -> None:
    assert said in why(run(asked._replace(**changes)))


def test_options_reach_their_provider(asked: Request) -> None:
    """The CPU's only option, of which onnxruntime says when it is none."""
    one = ProviderOption("CPUExecutionProvider", "enable_cpu_mem_arena", "0")
    assert isinstance(run(asked._replace(provider_options=(one,))), Run)


def test_a_library_that_brings_no_provider(asked: Request, tmp_path: Path) -> None:
    text = tmp_path / "notes.so"
    text.write_text("no library")
    other = Path(onnxruntime_pybind11_state.__file__)  # a library, and not of providers
    for path, said in ((text, "Failed to load library"), (other, "symbol CreateEpFactories")):
        found = run(asked._replace(provider="mine", provider_libraries=(ProviderLibrary("mine", str(path)),)))
        assert f"the library {path.name} brings no provider: " in why(found)
        assert said in why(found)
        assert str(path.parent) not in why(found)
        assert isinstance(found, NotRun)
        assert found.isolation["profile"] == "device"  # it was loaded in the sandbox
