"""The nodes of two bodies paired by structure: hashes from both sides, growth along edges, order, and names last.

Every pass looks at each node and edge a bounded number of times, and there is a bounded number of passes.
"""

from __future__ import annotations

from collections.abc import Sequence

from .hashes import Labels, above, below
from .kinds import Bodies
from .pairing import Pairing
from .sequences import common, rising
from .skeleton import NODE, Skeleton

_ROUNDS = 6  # passes at each level, as long as they pair something
_LOOSE_ROUNDS = 8


class Aligner:
    """Two bodies, by their places among the bodies of the two models."""

    def __init__(
        self, old: Bodies, new: Bodies, a: int, b: int, ports: dict[int, int], outputs: dict[int, int]
    ) -> None:
        self.old, self.new = old.skeletons[a], new.skeletons[b]
        self.pairing = Pairing(self.old, self.new)
        self.pairing.ports, self.pairing.outputs = ports, outputs
        self._orders = old.orders[a], new.orders[b]
        self._kinds = old.kinds(a), new.kinds(b)

    def aligned(self) -> Pairing:
        """All that could be paired."""
        pairing, (one, two) = self.pairing, self._kinds
        self._rounds(one.exact, two.exact, one.stored_exact, two.stored_exact)
        if not self._done():
            self._near(one.exact, two.exact, one.stored_exact, two.stored_exact, 2)
            self._rounds(one.exact, two.exact, one.stored_exact, two.stored_exact)
        for stored, other_stored in ((one.stored_plain, two.stored_plain), (one.stored_bare, two.stored_bare)):
            if self._done():
                return pairing
            self._rounds(one.plain, two.plain, stored, other_stored)
            if not self._done():
                for steps in (3, 1):
                    self._near(one.plain, two.plain, stored, other_stored, steps)
                pairing.grow_from_ports(one.plain, two.plain)
                self._rounds(one.plain, two.plain, stored, other_stored)
        self._loosely()
        return pairing

    def _done(self) -> bool:
        return self.pairing.made == min(len(self.old.nodes), len(self.new.nodes))

    def _labels(
        self, kinds: Sequence[int], other_kinds: Sequence[int], stored: Sequence[int], other_stored: Sequence[int]
    ) -> tuple[Labels, Labels]:
        ports, outputs = self.pairing.ports, self.pairing.outputs
        back = {j: i for i, j in ports.items()}
        out_back = {j: i for i, j in outputs.items()}
        one = Labels(
            kinds,
            stored,
            [-100 - i if i in ports else -10 for i in range(len(self.old.port_users))],
            [-100 - i if i in outputs else -11 for i in range(len(self.old.outputs))],
        )
        two = Labels(
            other_kinds,
            other_stored,
            [-100 - back[j] if j in back else -10 for j in range(len(self.new.port_users))],
            [-100 - out_back[j] if j in out_back else -11 for j in range(len(self.new.outputs))],
        )
        return one, two

    def _hashes(self, one: Labels, two: Labels, steps: int = 0) -> tuple[list[int], list[int], list[int], list[int]]:
        """From above and from below, of both; what is paired has one hash in both."""
        pairing = self.pairing
        fixed = {i: hash((-3, i)) for i, j in enumerate(pairing.of_old) if j >= 0}
        other_fixed = {j: hash((-3, i)) for j, i in enumerate(pairing.of_new) if i >= 0}
        mine = pairing.unpaired_old(self._orders[0])
        others = pairing.unpaired_new(self._orders[1])
        return (
            above(self.old, one, mine, fixed, steps),
            above(self.new, two, others, other_fixed, steps),
            below(self.old, one, mine, fixed, steps),
            below(self.new, two, others, other_fixed, steps),
        )

    def _rounds(
        self, kinds: Sequence[int], other_kinds: Sequence[int], stored: Sequence[int], other_stored: Sequence[int]
    ) -> None:
        """Whole hashes, again and again: what was paired is a new place to start from."""
        pairing = self.pairing
        one, two = self._labels(kinds, other_kinds, stored, other_stored)
        pairing.grow(kinds, other_kinds, everywhere=True)
        for _ in range(_ROUNDS):
            before = pairing.made
            up, other_up, down, other_down = self._hashes(one, two)
            both = [hash(pair) for pair in zip(up, down, strict=True)]
            other_both = [hash(pair) for pair in zip(other_up, other_down, strict=True)]
            for ours, theirs in ((both, other_both), (up, other_up), (down, other_down)):
                mine, others = self._left()
                pairing.unique(ours, theirs, mine, others)
                if ours is both:  # what these have in common nothing tells apart
                    pairing.grow(both, other_both)
                    mine, others = self._left()
                    pairing.groups(both, other_both, both, other_both, mine, others, equal=False)
                    pairing.grow(kinds, other_kinds, everywhere=True)
                pairing.grow(kinds, other_kinds)
            if pairing.made == before or self._done():
                break

    def _left(self) -> tuple[list[int], list[int]]:
        return self.pairing.unpaired_old(self._orders[0]), self.pairing.unpaired_new(self._orders[1])

    def _near(
        self, kinds: Sequence[int], other_kinds: Sequence[int], stored: Sequence[int], other_stored: Sequence[int],
        steps: int,
    ) -> None:  # fmt: skip
        """Nodes that are alone with what is so near them; for what lies between two changes."""
        one, two = self._labels(kinds, other_kinds, stored, other_stored)
        up, other_up, down, other_down = self._hashes(one, two, steps)
        both = [hash(pair) for pair in zip(up, down, strict=True)]
        other_both = [hash(pair) for pair in zip(other_up, other_down, strict=True)]
        mine, others = self._left()
        self.pairing.unique(both, other_both, mine, others)
        self.pairing.grow(kinds, other_kinds)

    def _loosely(self) -> None:
        """What stands where the other stood, and is not the same; and what follows it in the order of the data."""
        one, two = self._kinds
        for _ in range(_LOOSE_ROUNDS):
            before = self.pairing.made
            if self._done():
                return
            self._standing(one.operators, two.operators, sides=2)
            self._in_order(one.plain, two.plain)
            if self.pairing.made == before:
                self._standing(one.operators, two.operators, sides=1)
            if self.pairing.made == before:
                self._standing(None, None, sides=2)
            if self.pairing.made == before:
                self._in_order(one.operators, two.operators)
            if self.pairing.made == before:
                return
            self._rounds(one.plain, two.plain, one.stored_bare, two.stored_bare)

    def _standing(self, ours: Sequence[int] | None, theirs: Sequence[int] | None, *, sides: int) -> None:
        """Pairs nodes whose paired neighbours stand beside a free one; of an operator, or of any."""
        pairing, (one, two) = self.pairing, self._kinds
        offers = []
        for i in pairing.unpaired_old(self._orders[0]):
            for j, votes in pairing.candidates(i).items():
                if (ours is not None and theirs is not None and ours[i] != theirs[j]) or (votes.count(0) > 2 - sides):
                    continue
                if ours is None and self.old.held.keys() & {i}:
                    continue
                alike = (one.plain[i] == two.plain[j]) * 2 + (one.exact[i] == two.exact[j])
                offers.append((sum(votes), alike, -abs(i - j), -i, -j))
        for _, _, _, i, j in sorted(offers, reverse=True):
            if pairing.of_old[-i] < 0 and pairing.of_new[-j] < 0:
                pairing.pair(-i, -j)
        pairing.grow(one.plain, two.plain)

    def _in_order(self, ours: Sequence[int], theirs: Sequence[int]) -> None:
        """Pairs the longest common part of what lies between pairs, in the order of a walk from the outputs."""
        pairing = self.pairing
        mine, others = _walk(self.old), _walk(self.new)
        rank = {j: place for place, j in enumerate(others)}
        paired = [(i, pairing.of_old[i]) for i in mine if pairing.of_old[i] >= 0]
        kept = {paired[at][0]: n for n, at in enumerate(rising([rank[j] for _, j in paired]))}
        ours_by_gap = _gaps(mine, pairing.of_old, kept)
        theirs_by_gap = _gaps(others, pairing.of_new, {pairing.of_old[i]: n for i, n in kept.items()})
        for gap, nodes in ours_by_gap.items():
            beside = theirs_by_gap.get(gap, [])
            pairing.steps += len(nodes) + len(beside)
            for at, other in common([ours[i] for i in nodes], [theirs[j] for j in beside]):
                if pairing.of_old[nodes[at]] < 0 and pairing.of_new[beside[other]] < 0:
                    pairing.pair(nodes[at], beside[other])
        pairing.grow(ours, theirs)


def _gaps(walk: list[int], paired: list[int], kept: dict[int, int]) -> dict[int, list[int]]:
    """The free nodes by the pair before them."""
    found: dict[int, list[int]] = {}
    gap = -1
    for i in walk:
        if i in kept:
            gap = kept[i]
        elif paired[i] < 0:
            found.setdefault(gap, []).append(i)
    return found


def _walk(skeleton: Skeleton) -> list[int]:
    """All nodes, each behind what it takes, from the graph's first output on, first input first."""
    done: dict[int, None] = {}
    begun: set[int] = set()
    ends = [source[1] for source in skeleton.outputs if source[0] == NODE]
    for start in (*ends, *reversed(skeleton.nodes)):
        if start in begun:
            continue
        begun.add(start)
        path = [(start, iter((*skeleton.sources[start], *skeleton.held.get(start, ()))))]
        while path:
            index, sources = path[-1]
            for kind, maker, _ in sources:
                if kind == NODE and maker not in begun:
                    begun.add(maker)
                    path.append((maker, iter((*skeleton.sources[maker], *skeleton.held.get(maker, ())))))
                    break
            else:
                done[index] = None
                path.pop()
    return list(done)
