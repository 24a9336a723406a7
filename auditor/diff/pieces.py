"""Nodes without a partner, in pieces that hang together, and what stands behind them."""

from __future__ import annotations

from ..shapes.facts import Facts
from .idle import passed_on
from .skeleton import NODE, Skeleton, Source


class Pieces:
    """Of one body the nodes that only it has."""

    def __init__(self, facts: Facts, skeleton: Skeleton, paired: list[int]) -> None:
        self._skeleton = skeleton
        self.alone = {i for i in skeleton.nodes if paired[i] < 0}
        self._idle = {i: behind for i in self.alone if (behind := passed_on(facts, skeleton, i)) is not None}
        self.number: dict[int, int] = {}
        """Of each node the piece that it is in."""
        self.members: list[list[int]] = []
        for i in skeleton.nodes:
            if i in self.alone and i not in self.number:
                self._collect(i)
        self._roots: dict[int, frozenset[Source]] = {}

    def _collect(self, start: int) -> None:
        skeleton, piece = self._skeleton, len(self.members)
        self.number[start] = piece
        found = [start]
        for i in found:
            beside = [at for kind, at, _ in (*skeleton.sources[i], *skeleton.held.get(i, ())) if kind == NODE]
            for j in (*beside, *(user for user, _, _ in skeleton.users[i])):
                if j in self.alone and j not in self.number:
                    self.number[j] = piece
                    found.append(j)
        self.members.append(sorted(found))

    def through(self, source: Source) -> Source:
        """What stands behind idle nodes."""
        for _ in range(len(self._idle)):
            if source[0] != NODE or source[1] not in self._idle or source[2]:
                break
            source = self._idle[source[1]]
        return source

    def piece(self, source: Source) -> int:
        """The piece that makes a tensor; -1 where none does."""
        return self.number.get(source[1], -1) if source[0] == NODE else -1

    def roots(self, piece: int) -> frozenset[Source]:
        """All that feeds a piece."""
        found = self._roots.get(piece)
        if found is None:
            skeleton, members = self._skeleton, self.members[piece]
            every = {s for i in members for s in (*skeleton.sources[i], *skeleton.held.get(i, ()))}
            found = self._roots[piece] = frozenset(s for s in every if self.piece(s) < 0)
        return found

    def does_nothing(self, piece: int) -> bool:
        """Whether all of it is idle, or nobody takes what it makes."""
        skeleton, members = self._skeleton, self.members[piece]
        if all(i in self._idle for i in members):
            return True
        return not any(skeleton.output_ports.get(i) for i in members) and all(
            user in self.number for i in members for user, _, _ in skeleton.users[i]
        )
