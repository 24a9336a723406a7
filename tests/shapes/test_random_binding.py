"""The short form of `binding`, of graphs that no other run begins with."""

from __future__ import annotations

from .binding import campaign


def test_binding_is_inferring_on_random_graphs() -> None:
    tally = campaign(seed=20_000, sizes=2_000)
    assert not tally.wrong, "\n".join(tally.wrong)
    assert tally.sizes >= 2_000
    assert tally.counts > 100
