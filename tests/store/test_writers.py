"""Many writers at one database: nobody fails because somebody else writes the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlalchemy import func, select

from auditor.store.tables import audits, works
from auditor.store.works import FileState, Piece, Works
from tests.pace import HANG

from .reports import document

WRITERS, ROUNDS = 4, 15

T = TypeVar("T")


def at_once(write: Callable[[int, int], T]) -> list[list[T]]:
    """What each writer is answered in each round: all begin a round together, and the first failure ends them all."""
    gate = Barrier(WRITERS)

    def rounds(writer: int) -> list[T]:
        answers = []
        try:
            for turn in range(ROUNDS):
                gate.wait(HANG)
                answers.append(write(writer, turn))
        except BaseException:
            gate.abort()
            raise
        return answers

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(rounds, range(WRITERS)))


def test_how_files_look_is_kept_by_several_at_once(where: str) -> None:
    """Batches that share weights, in whatever order each comes to them."""
    names = [f"/weights/{n}.bin" for n in range(20)]
    with Works.open(where, patience=60.0) as store:

        def write(writer: int, turn: int) -> None:
            order = names[::-1] if writer % 2 else names
            states = [FileState(name, turn, writer, 3, "d" * 64) for name in order]
            if writer < 2:
                store.remember(states)
            else:
                source = f"/{writer}.onnx"
                store.finish_all([Piece(document(source), source, f"{turn:064d}", tuple(states))])

        at_once(write)
        assert {state.size for state in store.states(names).values()} == {ROUNDS - 1}
        assert len(store.states(names)) == len(names)


def test_several_batches_at_one_registry_keep_one_report_of_each(where: str) -> None:
    """All begin with the same model at once: one keeps its report, and the others are told which one that is."""
    with Works.open(where, patience=60.0) as store:

        def write(_writer: int, turn: int) -> tuple[int, bool]:
            source = f"/{turn}.onnx"
            ((audit_id, there),) = store.finish_all([Piece(document(source), source, f"{turn:064d}")])
            return audit_id, there

        answers = at_once(write)
        for one in zip(*answers, strict=True):
            assert len({audit_id for audit_id, _ in one}) == 1
            assert sum(not there for _, there in one) == 1
        with store.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(audits)) == ROUNDS
            assert connection.scalar(select(func.count()).select_from(works)) == ROUNDS


def test_who_reads_sees_one_moment(where: str) -> None:
    """What others write meanwhile is not there, in any later question of the same reader."""
    with Works.open(where, patience=60.0) as store:
        store.save(document("/a.onnx"))
        count = select(func.count()).select_from(audits)
        with store.reading() as connection:
            assert connection.scalar(count) == 1
            store.save(document("/b.onnx"))
            assert connection.scalar(count) == 1
        with store.reading() as connection:
            assert connection.scalar(count) == 2
