"""The short form of `tests.store.kills`."""

from __future__ import annotations

from pathlib import Path

from .kills import campaign, is_right


def test_two_batches_and_a_service_lose_nothing_and_double_nothing(postgresql_database: str, tmp_path: Path) -> None:
    figures = campaign(tmp_path, kills=4, audits=24, seed=15, database=postgresql_database)
    assert is_right(figures), figures
    assert (figures["batches"]["models"], figures["service"]["acknowledged"]) == (20, 4)
