"""The parts on a graphics card where there is one, and the script that runs them with stand-ins everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.corpus import SAMPLES

from .__main__ import main
from .parts import FAILED, OK, PARTS, SKIPPED, Seen, least_that, notices
from .place import Place, lacking

LENET = SAMPLES / "lenet5" / "lenet5.onnx"


@pytest.mark.gpu
@pytest.mark.parametrize("provider", ["cuda", "tensorrt,cuda"])
@pytest.mark.parametrize("part", PARTS)
def test_a_card(provider: str, part: str) -> None:
    place = Place(provider, limit=1e-2)
    if lack := lacking(place):
        pytest.skip(lack)
    seen: Seen = PARTS[part](place, (LENET,))
    assert seen.status in (OK, SKIPPED), seen


def said(tmp_path: Path, *arguments: str) -> tuple[int, list[tuple[str, str, str]]]:
    """The exit code, and of each part the provider, its name and its status, as the report has it."""
    code = main([*arguments, "--models", "1", "--report", str(tmp_path)])
    parts = json.loads((tmp_path / "report.json").read_text())["parts"]
    page = (tmp_path / "report.md").read_text()
    assert all(f"| {one['provider']} | {one['part']} | {one['status']} |" in page for one in parts)
    return code, [(one["provider"], one["part"], one["status"]) for one in parts]


def test_the_processor_stands_in_for_a_card(tmp_path: Path) -> None:
    code, parts = said(tmp_path, "starts", "agreement", "falling-back", "memory", "--provider", "cpu")
    assert code == 0
    assert [status for _, _, status in parts] == [OK, OK, SKIPPED, SKIPPED]


def test_numbers_that_are_wrong_are_a_failure(tmp_path: Path) -> None:
    code, parts = said(tmp_path, "agreement", "--provider", "cpu", "--wrong")
    assert (code, parts) == (1, [("cpu", "agreement", FAILED)])


def test_a_weight_that_is_wrong_is_noticed() -> None:
    seen = notices(Place("cpu"), ())
    assert seen.status == OK, seen
    assert notices(Place("cpu", limit=10.0), ()).status == FAILED  # beyond any difference


def test_a_provider_that_takes_nothing_is_a_failure(tmp_path: Path) -> None:
    """The wheel for the CPU has one that takes only nodes of its own."""
    if lack := lacking(Place("azure")):
        pytest.skip(lack)
    code, parts = said(tmp_path, "starts", "falling-back", "--provider", "azure")
    assert (code, [status for _, _, status in parts]) == (1, [FAILED, FAILED])


def test_what_a_machine_lacks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, parts = said(tmp_path, "starts", "--provider", "cuda", "--provider", "tensorrt,cuda")
    assert (code, [status for _, _, status in parts]) == (0, [SKIPPED, SKIPPED])
    why = json.loads((tmp_path / "report.json").read_text())["parts"][0]["why"]
    assert "wants an NVIDIA card" in why
    assert "no nonesuch" in lacking(Place("nonesuch"))


def test_the_least_is_halved_as_long_as_it_does() -> None:
    asked: list[int] = []

    def runs(limit: int) -> bool:
        asked.append(limit)
        return limit >= 100

    assert least_that(runs, 16, 1024) == 128
    assert asked == [1024, 512, 256, 128, 64]
    assert least_that(lambda limit: False, 16, 1024) is None
    assert least_that(lambda limit: True, 16, 1024) == 16
