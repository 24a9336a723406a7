"""What stands at the inputs of paired nodes: the same, the same behind a piece that came or went, or something else."""

from __future__ import annotations

from ..tuples import NamedTuple
from .difference import Rewire
from .pairing import Pairing
from .pieces import Pieces
from .skeleton import ABSENT, NODE, OUTER, PORT, STORED, Source


class StoredPlace(NamedTuple):
    """Two stored tensors, by their places in the skeletons, at an input of two paired nodes (-1: of no node)."""

    old: int
    new: int
    user: int  # the old node
    slot: int


class Wiring:
    """One pair of bodies; ``around`` is that of the pair which holds these."""

    def __init__(self, pairing: Pairing, removed: Pieces, added: Pieces, around: Wiring | None) -> None:
        self._pairing = pairing
        self._removed, self._added = removed, added
        self._around = around
        self._met: dict[tuple[int, int], bool] = {}
        self.stored: list[StoredPlace] = []

    def expected(self, source: Source) -> Source | None:
        """Where the partner of a tensor comes from; None where there is none, and of what is stored."""
        kind, at, out = source
        pairing = self._pairing
        if kind == NODE:
            return (NODE, pairing.of_old[at], out) if pairing.of_old[at] >= 0 else None
        if kind == PORT:
            return (PORT, pairing.ports[at], 0) if at in pairing.ports else None
        if kind == OUTER:
            name = self._outer(pairing.old.outer[at])
            return pairing.new.source(name) if name in pairing.new.outer else None
        return ABSENT if source == ABSENT else None

    def _outer(self, name: str) -> str:
        """What a tensor from around is called in the new model."""
        around = self._around
        if around is None:
            return name
        expected = around.expected(around._pairing.old.source(name))
        return "" if expected is None else around._pairing.new.name(expected)

    def compare(self, i: int, j: int, slots: dict[int, int] | None = None) -> tuple[tuple[Rewire, ...], bool]:
        """The inputs of two paired nodes that come from elsewhere, and whether they only changed places.

        ``slots`` are those that attributes of the other one say; they are passed over.
        """
        old, new = self._pairing.old, self._pairing.new
        ours, theirs = list(old.sources[i]), list(new.sources[j])
        if old.commutative[i] and new.commutative[j]:
            ours, theirs = self._assigned(ours, theirs)
        length = max(len(ours), len(theirs))
        ours += [ABSENT] * (length - len(ours))
        theirs += [ABSENT] * (length - len(theirs))
        wrong = []
        for slot, (one, two) in enumerate(zip(ours, theirs, strict=True)):
            if slots is not None and slot in slots:
                continue
            if not self.same(one, two, i, slot):
                wrong.append(Rewire(slot, old.name(one) or None, new.name(two) or None))
        if not wrong:
            return (), False
        swapped = self._only_swapped(i, [ours[r.place] for r in wrong], [theirs[r.place] for r in wrong])
        return tuple(wrong), swapped

    def _only_swapped(self, user: int, ours: list[Source], theirs: list[Source]) -> bool:
        """Whether the same stands there in another order. What is stored is compared as it comes then."""
        mine = [self._removed.through(source) for source in ours]
        others = [self._added.through(source) for source in theirs]
        expected = [self.expected(source) for source in mine if source[0] != STORED]
        found = [source for source in others if source[0] != STORED]
        if None in expected or sorted(s for s in expected if s is not None) != sorted(found):
            return False
        stored = [s for s in mine if s[0] == STORED], [s for s in others if s[0] == STORED]
        for slot, (one, two) in enumerate(zip(*stored, strict=True)):
            self.stored.append(StoredPlace(one[1], two[1], user, slot))
        return True

    def same(self, one: Source, two: Source, user: int, slot: int) -> bool:
        """Whether two sources are partners, or the pieces that came and went say all that there is to say."""
        one, two = self._removed.through(one), self._added.through(two)
        if one[0] == two[0] == STORED:
            self.stored.append(StoredPlace(one[1], two[1], user, slot))
            return True
        if one[0] == two[0] == OUTER and self._around is not None:
            return self._around.same_names(self._pairing.old.outer[one[1]], self._pairing.new.outer[two[1]])
        expected = self.expected(one)
        if expected is not None and expected == two:
            return True
        gone, come = self._removed.piece(one), self._added.piece(two)
        if gone < 0 and come < 0:
            return False
        return self._meet(one, two, gone, come)

    def same_names(self, old: str, new: str) -> bool:
        """The same of two tensors that a subgraph takes from here."""
        return self.same(self._pairing.old.source(old), self._pairing.new.source(new), -1, 0)

    def _meet(self, one: Source, two: Source, gone: int, come: int) -> bool:
        """Whether what fed the old piece feeds the new one."""
        if gone >= 0 and come >= 0:
            known = self._met.get((gone, come))
            if known is None:
                known = self._met[gone, come] = self._overlap(self._removed.roots(gone), self._added.roots(come))
            return known
        if gone >= 0:
            return self._overlap(self._removed.roots(gone), frozenset({two}))
        return self._overlap(frozenset({one}), self._added.roots(come))

    def _overlap(self, ours: frozenset[Source], theirs: frozenset[Source]) -> bool:
        stored = any(source[0] == STORED for source in theirs)
        for source in ours:
            if source[0] == STORED:
                if stored:
                    return True
            elif self.expected(self._removed.through(source)) in theirs:
                return True
        behind = {self._added.through(source) for source in theirs}
        return any(self.expected(self._removed.through(source)) in behind for source in ours if source[0] != STORED)

    def _assigned(self, ours: list[Source], theirs: list[Source]) -> tuple[list[Source], list[Source]]:
        """The inputs of an operator that takes them in any order, each beside its partner."""
        left = list(theirs)
        found: list[tuple[Source, Source]] = []
        over = []
        for one in ours:
            expected = self.expected(self._removed.through(one))
            two = next((s for s in left if expected is not None and self._added.through(s) == expected), None)
            if two is None:
                over.append(one)
            else:
                left.remove(two)
                found.append((one, two))
        for one in over:  # what is stored beside what is stored, the rest as it comes
            two = next((s for s in left if s[0] == one[0]), left[0] if left else ABSENT)
            if two in left:
                left.remove(two)
            found.append((one, two))
        found += [(ABSENT, two) for two in left]
        return [one for one, _ in found], [two for _, two in found]
