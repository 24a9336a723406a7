"""The short form: the same files every time."""

from __future__ import annotations

from .fuzz import campaign


def test_no_copy_is_worse_than_what_its_edits_say() -> None:
    ended = list(campaign(0, 300, runs=15))
    finds = [f"seed {found.seed}: {found.what}" for _, found in ended if found is not None]
    assert not finds, "\n".join(finds)
    assert sum(word.startswith("mended") for word, _ in ended) > 60  # it does mend
