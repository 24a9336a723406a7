"""A dispatcher's name, as far as one process sees it; `test_serve` has two."""

from __future__ import annotations

from pathlib import Path

from auditor.service.jobs.slots import taken_name


def test_a_name_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    """By a power cut, say: what it held comes back when its leases end."""
    with taken_name(tmp_path) as name:
        assert len(name) == 32 and (tmp_path / "dispatchers/0").read_text() == name
    (tmp_path / "dispatchers/0").write_text(name[:31])
    with taken_name(tmp_path) as new:
        assert len(new) == 32 and new != name and (tmp_path / "dispatchers/0").read_text() == new
