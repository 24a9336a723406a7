"""What check makes of a provider that takes nothing: the one for Azure, which is in the wheel for the CPU."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import onnxruntime
import pytest

from tests.corpus import SAMPLES

from .conftest import Said

Auditor = Callable[..., Said]
LENET = str(SAMPLES / "lenet5" / "lenet5.onnx")
AZURE, CPU = "AzureExecutionProvider", "CPUExecutionProvider"

pytestmark = pytest.mark.skipif(
    AZURE not in onnxruntime.get_available_providers(),
    reason="this onnxruntime has no provider for Azure: pip install onnxruntime, its wheel for the CPU on Linux",
)


def test_falling_back_is_told_with_its_share(auditor: Auditor) -> None:
    said = auditor("check", LENET, "--no-store", "--provider", "azure", "--no-cpu-fallback", "--format", "json")
    assert said.code == 1, said.out
    report = json.loads(said.out)
    (found,) = report["findings"]
    assert (found["rule"], found["severity"]) == ("provider-fallback", "error")
    azure, cpu = report["run"]["shares"]
    assert (azure["provider"], azure["nodes"], azure["mac_percent"]) == (AZURE, 0, 0.0)
    assert (cpu["provider"], cpu["node_percent"], cpu["mac_percent"]) == (CPU, 100.0, 100.0)
    assert cpu["macs"] == 2 * 416_520  # LeNet-5 on two images, as the sample's page counts it
    assert {one["op_type"] for one in report["run"]["fallbacks"]} >= {"Conv", "Gemm"}
    assert report["ad_hoc"]


def test_a_policy_asks_for_a_share(auditor: Auditor, tmp_path: Path) -> None:
    path = tmp_path / "auditor.toml"
    path.write_text('provider = "azure"\n[limits]\nprovider-mac-percent = { min = 50 }\n')
    said = auditor("check", LENET, "--no-store", "--config", str(path))
    assert said.code == 1, said.out
    assert "over-limit" in said.out
    assert "nobody says why" in said.out


def test_no_fallback_of_the_processor_itself_is_inconclusive(auditor: Auditor) -> None:
    said = auditor("check", LENET, "--no-store", "--no-cpu-fallback")
    assert said.code == 4, said.out
    assert "name another provider (--provider)" in " ".join(said.out.split())
