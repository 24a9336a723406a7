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
_BUDGET = 200_000  # nodes that are hashed, again and again, and for each node of the graphs
_BUDGET_EACH = 15
_NEAR = 4  # nodes on the other side that have to agree


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
        self._left_over = _BUDGET + _BUDGET_EACH * (len(self.old.nodes) + len(self.new.nodes))
        self._before: dict[tuple[int, int], tuple[tuple[Labels, Labels], tuple[list[int], list[int]]]] = {}

    def aligned(self) -> Pairing:
        """All that could be paired."""
        one, two = self._kinds
        exact = self._level(one.exact, two.exact, one.stored_exact, two.stored_exact)
        plain = self._level(one.plain, two.plain, one.stored_plain, two.stored_plain)
        bare = self._level(one.plain, two.plain, one.stored_bare, two.stored_bare)
        for level in (exact, plain, bare):
            self._rounds(level)
            self._near(level, 2 if level is exact else 3)
            self._rounds(level)
            self._interchangeable(level)
            if self._complete():
                return self.pairing
        self.pairing.grow_from_ports(one.plain, two.plain)
        for steps in (1, 0):
            for level in (exact, plain, bare):
                self._rounds(level, steps, from_one_side=True)
                self._near(level, 1)
        self._loosely(bare)
        self.pairing.mend(one.plain, two.plain)
        return self.pairing

    def _spend(self, nodes: int, steps: int) -> None:
        """Counts what is looked at: of large graphs that have little in common, not all is tried."""
        self._left_over -= nodes * max(steps, 1)
        self.pairing.steps += nodes * max(steps, 1)

    def _done(self) -> bool:
        """Whether nothing is left to be paired, or nothing to be spent."""
        return self._left_over < 0 or self._complete()

    def _complete(self) -> bool:
        return self.pairing.made == min(len(self.old.nodes), len(self.new.nodes))

    def _level(
        self, kinds: Sequence[int], other_kinds: Sequence[int], stored: Sequence[int], other_stored: Sequence[int]
    ) -> tuple[Labels, Labels]:
        """How closely is looked: by which kinds of nodes and stored tensors."""
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

    def _above(self, level: tuple[Labels, Labels], steps: int = 0) -> tuple[list[int], list[int]]:
        """Of both; what is paired has one hash in both."""
        fixed, other_fixed = self._fixed()
        mine, others = self._left()
        self._spend(len(mine) + len(others), steps)
        one, two = level
        return above(self.old, one, mine, fixed, steps), above(self.new, two, others, other_fixed, steps)

    def _below(
        self, level: tuple[Labels, Labels], steps: int = 0, *, slots: bool = True
    ) -> tuple[list[int], list[int]]:
        fixed, other_fixed = self._fixed()
        mine, others = self._left()
        self._spend(len(mine) + len(others), steps)
        one, two = level
        return (
            below(self.old, one, mine, fixed, steps, slots=slots),
            below(self.new, two, others, other_fixed, steps, slots=slots),
        )

    def _fixed(self) -> tuple[dict[int, int], dict[int, int]]:
        pairing = self.pairing
        return (
            {i: hash((-3, i)) for i, j in enumerate(pairing.of_old) if j >= 0},
            {j: hash((-3, i)) for j, i in enumerate(pairing.of_new) if i >= 0},
        )

    def _rounds(self, level: tuple[Labels, Labels], steps: int = _NEAR, *, from_one_side: bool = False) -> None:
        """Whole hashes, again and again: what was paired is a new place to start from.

        A hash of one side alone is trusted where the near ones of the other side agree, and without only
        ``from_one_side``: two branches that changed places look from below as if all before them had.
        """
        pairing = self.pairing
        for _ in range(_ROUNDS):
            if self._done():
                return
            before = pairing.made
            if pairing.made:
                pairing.grow(*self._keys(level, steps), everywhere=True)
            up, down = self._above(level), self._below(level)
            self._unique(level, _joined(up, down), steps)
            if pairing.made == before:
                self._unique(level, _joined(up, self._below(level, _NEAR, slots=False)), steps)
                down_anyhow = self._below(level, slots=False)
                self._unique(level, _joined(down_anyhow, self._above(level, _NEAR)), steps)
            if pairing.made == before and from_one_side:
                self._unique(level, up, steps)
                self._unique(level, down, steps)
            if pairing.made == before:
                return

    def _unique(self, level: tuple[Labels, Labels], hashes: tuple[list[int], list[int]], steps: int = _NEAR) -> None:
        self.pairing.unique(*hashes, *self._left())
        if not self._done():
            self.pairing.grow(*self._keys(level, steps))

    def _keys(self, level: tuple[Labels, Labels], steps: int) -> tuple[Sequence[int], Sequence[int]]:
        """What has to be equal of nodes at the same place of a pair: these, and what is so many steps before them."""
        one, two = level
        if not steps:
            return one.kinds, two.kinds
        key = (id(one), steps)
        known = self._before.get(key)
        if known is None:
            orders = self._orders
            found = above(self.old, one, orders[0], {}, steps), above(self.new, two, orders[1], {}, steps)
            known = self._before[key] = (level, found)  # the level is kept, for its id is the key
        return known[1]

    def _near(self, level: tuple[Labels, Labels], steps: int) -> None:
        """Nodes that are alone with what is so near them; for what lies between two changes."""
        if not self._done():
            self._unique(level, _joined(self._above(level, steps), self._below(level, steps)))

    def _interchangeable(self, level: tuple[Labels, Labels]) -> None:
        """Nodes that nothing tells apart."""
        if self._done():
            return
        hashes = _joined(self._above(level), self._below(level))
        self.pairing.groups(*hashes, *self._left())
        self._rounds(level)

    def _left(self) -> tuple[list[int], list[int]]:
        return self.pairing.unpaired_old(self._orders[0]), self.pairing.unpaired_new(self._orders[1])

    def _loosely(self, level: tuple[Labels, Labels]) -> None:
        """What stands where the other stood, and is not the same; and what follows it in the order of the data."""
        one, two = self._kinds
        for _ in range(_LOOSE_ROUNDS):
            before = self.pairing.made
            if self._complete():
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
            self._rounds(level, 0, from_one_side=True)

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


def _joined(one: tuple[list[int], list[int]], two: tuple[list[int], list[int]]) -> tuple[list[int], list[int]]:
    """Hashes of two kinds as one, of the old body and of the new one."""
    (a, b), (c, d) = one, two
    return [hash(pair) for pair in zip(a, c, strict=True)], [hash(pair) for pair in zip(b, d, strict=True)]


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
