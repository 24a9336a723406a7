"""Which node of the old body is which of the new one, as far as it is known, and how that spreads along the edges."""

from __future__ import annotations

from collections.abc import Sequence

from .skeleton import NODE, Skeleton

_MENDINGS = 3
_MOST_AROUND = 24
_LOOSE_MOST = 8  # users of one tensor and one operator among which a partner is sought


class Pairing:
    """Partners both ways; -1 where there is none yet. ``steps`` counts what was looked at."""

    def __init__(self, old: Skeleton, new: Skeleton) -> None:
        self.old, self.new = old, new
        self.of_old = [-1] * len(old.sources)
        self.of_new = [-1] * len(new.sources)
        self.ports: dict[int, int] = {}  # the inputs of the graph, old to new
        self.outputs: dict[int, int] = {}  # places among the outputs, old to new
        self.made = 0  # pairs
        self.steps = 0
        self._waiting: list[tuple[int, int]] = []

    def pair(self, i: int, j: int) -> None:
        self.of_old[i], self.of_new[j] = j, i
        self.made += 1
        self._waiting.append((i, j))

    def unpaired_old(self, order: Sequence[int]) -> list[int]:
        of_old = self.of_old
        return [i for i in order if of_old[i] < 0]

    def unpaired_new(self, order: Sequence[int]) -> list[int]:
        of_new = self.of_new
        return [j for j in order if of_new[j] < 0]

    def unique(self, ours: Sequence[int], theirs: Sequence[int], mine: Sequence[int], others: Sequence[int]) -> None:
        """Pairs those of the nodes ``mine`` and ``others`` whose hash nobody else has."""
        self.steps += len(mine) + len(others)
        one, two = _alone(ours, mine), _alone(theirs, others)
        for key, i in one.items():
            if i >= 0:
                j = two.get(key, -1)
                if j >= 0 and self.of_old[i] < 0 and self.of_new[j] < 0:
                    self.pair(i, j)

    def grow(self, ours: Sequence[int], theirs: Sequence[int], *, everywhere: bool = False) -> None:
        """From pairs to the nodes beside them that are alike (``ours`` and ``theirs``) and stand at the same place."""
        if everywhere:
            self._waiting = [(i, j) for i, j in enumerate(self.of_old) if j >= 0]
        waiting = self._waiting
        while waiting:
            i, j = waiting.pop()
            self._grow_up(i, j, ours, theirs)
            if self.old.users[i] and self.new.users[j]:
                self._grow_down(self.old.users[i], self.new.users[j], ours, theirs)

    def grow_from_ports(self, ours: Sequence[int], theirs: Sequence[int]) -> None:
        """As `grow`, from the graph's inputs and outputs."""
        for place, other in self.ports.items():
            self._grow_down(
                [(user, slot, 0) for user, slot in self.old.port_users[place]],
                [(user, slot, 0) for user, slot in self.new.port_users[other]],
                ours,
                theirs,
            )
        for place, other in self.outputs.items():
            (kind, i, out), (other_kind, j, other_out) = self.old.outputs[place], self.new.outputs[other]
            if kind == other_kind == NODE and out == other_out and self._free(i, j) and ours[i] == theirs[j]:
                self.pair(i, j)
        self.grow(ours, theirs)

    def _free(self, i: int, j: int) -> bool:
        return self.of_old[i] < 0 and self.of_new[j] < 0

    def _grow_up(self, i: int, j: int, ours: Sequence[int], theirs: Sequence[int]) -> None:
        sources, others = self.old.sources[i], self.new.sources[j]
        self.steps += len(sources) + len(others)
        if self.old.commutative[i] and self.new.commutative[j]:
            self._by_kind([s[1] for s in sources if s[0] == NODE], [s[1] for s in others if s[0] == NODE], ours, theirs)
        else:
            for (kind, m, out), (other_kind, n, other_out) in zip(sources, others, strict=False):
                if kind == other_kind == NODE and out == other_out and ours[m] == theirs[n] and self._free(m, n):
                    self.pair(m, n)
        held = self.old.held.get(i)
        if held:
            beside = self.new.held.get(j, ())
            self._by_kind([s[1] for s in held if s[0] == NODE], [s[1] for s in beside if s[0] == NODE], ours, theirs)

    def _by_kind(self, one: list[int], two: list[int], ours: Sequence[int], theirs: Sequence[int]) -> None:
        first = _alone(ours, [m for m in dict.fromkeys(one) if self.of_old[m] < 0])
        second = _alone(theirs, [n for n in dict.fromkeys(two) if self.of_new[n] < 0])
        for key, m in first.items():
            n = second.get(key, -1)
            if m >= 0 and n >= 0:
                self.pair(m, n)

    def _grow_down(
        self,
        users: Sequence[tuple[int, int, int]],
        others: Sequence[tuple[int, int, int]],
        ours: Sequence[int],
        theirs: Sequence[int],
    ) -> None:
        self.steps += len(users) + len(others)
        if len(users) == len(others) == 1:  # the usual case without ado
            (user, slot, out), (other, other_slot, other_out) = users[0], others[0]
            same_place = out == other_out and (slot == other_slot or self.old.commutative[user])
            if same_place and ours[user] == theirs[other] and self._free(user, other):
                self.pair(user, other)
            return
        first = self._by_place(self.old, self.of_old, users, ours)
        if not first:
            return
        second = self._by_place(self.new, self.of_new, others, theirs)
        for place, user in first.items():
            other = second.get(place, -1)
            if user >= 0 and other >= 0 and self._free(user, other):
                self.pair(user, other)

    def _by_place(
        self, skeleton: Skeleton, paired: list[int], users: Sequence[tuple[int, int, int]], kinds: Sequence[int]
    ) -> dict[tuple[int, int, int], int]:
        """The only user of its kind at each place; -1 where there are several."""
        found: dict[tuple[int, int, int], int] = {}
        for user, slot, out in users:
            if paired[user] < 0:
                place = (kinds[user], out, 0 if skeleton.commutative[user] else slot)
                known = found.get(place)
                found[place] = user if known is None or known == user else -1
        return found

    def groups(self, ours: Sequence[int], theirs: Sequence[int], mine: Sequence[int], others: Sequence[int]) -> None:
        """Pairs nodes of one hash among each other: by their names where these are equal, then as they come."""
        self.steps += len(mine) + len(others)
        one, two = _together(ours, mine), _together(theirs, others)
        for key in reversed(one):  # those that take come before those that are taken: they know which
            nodes, beside = one[key], two.get(key)
            if beside is None:
                continue
            for i, j in self._tied(nodes, beside):
                if self._free(i, j):
                    self.pair(i, j)
                    self.grow(ours, theirs)
            left = [i for i in nodes if self.of_old[i] < 0]
            right = [j for j in beside if self.of_new[j] < 0]
            for i, j in zip(left, right, strict=False):
                if self._free(i, j):
                    self.pair(i, j)
                    self.grow(ours, theirs)

    def _tied(self, nodes: list[int], beside: list[int]) -> list[tuple[int, int]]:
        names = {_name(self.new, j): j for j in reversed(beside)}
        found = [(i, names.get(_name(self.old, i), -1)) for i in nodes]
        return [(i, j) for i, j in found if j >= 0]

    def mend(self, ours: Sequence[int], theirs: Sequence[int]) -> None:
        """Exchanges the partners of nodes that are alike, where more edges agree then."""
        for _ in range(_MENDINGS):
            changed = False
            for i, j in enumerate(self.of_old):
                if j < 0:
                    continue
                for (kind, m, out), (other, n, from_) in zip(self.old.sources[i], self.new.sources[j], strict=False):
                    self.steps += 1
                    if kind == other == NODE and out == from_ and self.of_old[m] != n:
                        better = ours[m] == theirs[n] and self._exchanged(m, n)
                        changed |= better or self._exchanged_users(i, m, ours, theirs)
            if not changed:
                return

    def _exchanged_users(self, i: int, m: int, ours: Sequence[int], theirs: Sequence[int]) -> bool:
        """The same of the node that takes what is not the partner of what it took."""
        expected = self.of_old[m]
        users = self.new.users[expected][:_LOOSE_MOST] if expected >= 0 else ()
        return any(self.of_old[i] != j and ours[i] == theirs[j] and self._exchanged(i, j) for j, _, _ in users)

    def _exchanged(self, m: int, n: int) -> bool:
        """Whether it is better that these two are partners; then they are."""
        e, p = self.of_old[m], self.of_new[n]
        around = {*self._near_old(m), *(self._near_old(p) if p >= 0 else ())}
        if len(around) > _MOST_AROUND:
            return False
        before = self._agreement(around)
        self._set(m, n, e, p, swapped=True)
        if self._agreement(around) > before:
            return True
        self._set(m, n, e, p, swapped=False)
        return False

    def _set(self, m: int, n: int, e: int, p: int, *, swapped: bool) -> None:
        if swapped:
            self.of_old[m], self.of_new[n] = n, m
            if e >= 0:
                self.of_new[e] = p
            if p >= 0:
                self.of_old[p] = e
        else:
            self.of_old[m], self.of_new[n] = e, p
            if e >= 0:
                self.of_new[e] = m
            if p >= 0:
                self.of_old[p] = n

    def _near_old(self, i: int) -> list[int]:
        return [i, *(user for user, _, _ in self.old.users[i][: _MOST_AROUND + 1])]

    def _agreement(self, nodes: set[int]) -> tuple[int, int]:
        """How many inputs agree, and of how many nodes all do."""
        agreeing = [(self._agreeing(i), len(self.old.sources[i])) for i in nodes]
        return sum(count for count, _ in agreeing), sum(count == inputs for count, inputs in agreeing)

    def _agreeing(self, i: int) -> int:
        """How many inputs of a node come from the partner of where they came from."""
        j = self.of_old[i]
        if j < 0:
            return 0
        sources, others = self.old.sources[i], self.new.sources[j]
        expected = [(NODE, self.of_old[at], out) if kind == NODE else (kind, 0, 0) for kind, at, out in sources]
        found = [source if source[0] == NODE else (source[0], 0, 0) for source in others]
        if self.old.commutative[i]:
            return sum(min(expected.count(s), found.count(s)) for s in set(expected))
        return sum(a == b for a, b in zip(expected, found, strict=False))

    def candidates(self, i: int) -> dict[int, list[int]]:
        """Free nodes of the new body that stand as an old one does: how often above, and how often below."""
        found: dict[int, list[int]] = {}
        old, new, of_old, of_new = self.old, self.new, self.of_old, self.of_new

        def vote(j: int, side: int) -> None:
            if of_new[j] < 0:
                found.setdefault(j, [0, 0])[side] += 1

        for slot, (kind, m, out) in enumerate(old.sources[i]):
            if kind == NODE and of_old[m] >= 0:
                beside = new.users[of_old[m]]
                if len(beside) <= _LOOSE_MOST:
                    for user, place, from_ in beside:
                        if from_ == out and (place == slot or new.commutative[user]):
                            vote(user, 0)
            elif kind == 2 and m in self.ports and len(new.port_users[self.ports[m]]) <= _LOOSE_MOST:
                for user, place in new.port_users[self.ports[m]]:
                    if place == slot or new.commutative[user]:
                        vote(user, 0)
        for user, slot, out in old.users[i][:_LOOSE_MOST]:
            v = of_old[user]
            if v < 0:
                continue
            sources = new.sources[v]
            if new.commutative[v]:
                for kind, n, from_ in sources:
                    if kind == NODE and from_ == out:
                        vote(n, 1)
            elif 0 <= slot < len(sources) and sources[slot][0] == NODE and sources[slot][2] == out:
                vote(sources[slot][1], 1)
        for out, place in old.output_ports.get(i, ()):
            kind, j, from_ = new.outputs[self.outputs[place]] if place in self.outputs else (-1, 0, 0)
            if kind == NODE and from_ == out:
                vote(j, 1)
        self.steps += 1 + len(found)
        return found


def _name(skeleton: Skeleton, index: int) -> str:
    node = skeleton.graph.nodes[index]
    return node.name or next(filter(None, node.outputs), "")


def _alone(hashes: Sequence[int], nodes: Sequence[int]) -> dict[int, int]:
    """The node of each hash; -1 where several have it."""
    found: dict[int, int] = {}
    for i in nodes:
        key = hashes[i]
        found[key] = -1 if key in found else i
    return found


def _together(hashes: Sequence[int], nodes: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for i in nodes:
        found.setdefault(hashes[i], []).append(i)
    return found
