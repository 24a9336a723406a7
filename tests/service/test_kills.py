"""A short campaign: processes of the service are killed under load, and nothing that was acknowledged is lost."""

from __future__ import annotations

from pathlib import Path

from tests.service.kills import WRONG, campaign


def test_kills_lose_no_job_and_double_none(tmp_path: Path) -> None:
    figures = campaign(tmp_path, kills=6, clients=3, submissions=40, seed=13)
    assert {name: figures[name] for name in WRONG} == dict.fromkeys(WRONG, 0), figures
    assert figures["integrity"] == "ok" and figures["acknowledged"] == 40
