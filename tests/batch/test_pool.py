"""The pool: whatever a worker does, each task has one result, and no other task pays for it."""

from __future__ import annotations

import os
import select
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.batch.frames import framed
from auditor.batch.pool import Pool, tell
from auditor.batch.tasks import Cancelled, Died, Overdue, Raised, Returned, Task, Told, TooLarge, WorkerLimits
from tests.forked import PARENT
from tests.pace import HANG, until


@pytest.fixture(autouse=True)
def _no_other_socket() -> None:
    """Workers here write into every socket that they inherit: the one to the process that forks is closed before."""
    PARENT.close()


def double(n: int) -> int:
    return 2 * n


def kill_itself(_: int = 0) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_itself_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        kill_itself()
    return "the second time"


def kill_itself_when_idle() -> int:
    """The answer is sent first: the worker dies with nothing to do."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    return os.getpid()


def swell() -> int:
    block = bytearray(1 << 28)
    block[:: 1 << 12] = b"x" * (1 << 16)
    time.sleep(HANG)
    return len(block)


def unpicklable() -> object:
    return lambda: None


def say_to_the_parent(data: bytes) -> None:
    for path in Path("/proc/self/fd").iterdir():
        descriptor = int(path.name)
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, data)
        except OSError:
            continue


def babble(data: bytes) -> None:
    say_to_the_parent(data)
    time.sleep(HANG)


def stop_in_the_middle() -> None:
    """Half an answer, and then nothing: neither an end nor a word."""
    say_to_the_parent(framed(Returned("x" * 1000))[:100])
    os.kill(os.getpid(), signal.SIGSTOP)


def pool(jobs: int = 2, seconds: float = HANG, memory: int = 4 << 30) -> Pool:
    return Pool(jobs, WorkerLimits(seconds, memory))


SOON, LATE = WorkerLimits(0.3), WorkerLimits(HANG)
"""Of a task that never ends, and of one that does, however long its worker is held."""


def test_each_task_comes_back_once_with_its_result() -> None:
    with pool() as workers:
        tasks = {workers.submit(double, n): n for n in range(100)}
        done = list(workers.as_completed())
        assert {tasks[task]: task.result for task in done} == {n: Returned(2 * n) for n in range(100)}
        assert len(done) == 100 and len(workers.processes()) == 2


def test_tasks_that_are_submitted_meanwhile_come_back_too() -> None:
    seen = []
    with pool() as workers:
        workers.submit(double, 1)
        for task in workers.as_completed():
            assert isinstance(task.result, Returned)
            seen.append(task.result.value)
            if task.result.value < 100:
                workers.submit(double, task.result.value)
    assert seen == [2, 4, 8, 16, 32, 64, 128]


def test_behind_the_last_task_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    listen = Pool._listen

    def recorded(workers: Pool, seconds: float, *ears: int) -> bool:
        if not workers.outstanding:
            waits.append(seconds)
        return listen(workers, seconds, *ears)

    monkeypatch.setattr(Pool, "_listen", recorded)
    with pool() as workers:
        workers.submit(double, 1)
        assert len(list(workers.as_completed())) == 1
    assert waits == [0.0]


def test_who_is_woken_has_a_turn_while_nothing_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three looks at the workers, of which the last one brings the result: before it there is a turn, and no other."""
    looks = iter(range(9))

    def listen(workers: Pool, _: float) -> bool:
        if next(looks) == 2:
            workers._complete(workers._queue.popleft(), Returned(4))
        return False

    monkeypatch.setattr(Pool, "_hand_out", lambda workers: None)
    monkeypatch.setattr(Pool, "_listen", listen)
    answers = [False, True]
    with pool() as workers:
        task = workers.submit(double, 2)
        assert list(workers.turns(lambda: bool(answers) and answers.pop(0))) == [None, task]
    assert answers == []


def say_and_double(number: int) -> int:
    tell(f"at {number}")
    tell("soon done")
    return 2 * number


def test_who_waits_for_tasks_hears_how_far_they_are_before_they_are_completed() -> None:
    heard: list[Told | Task] = []
    with Pool(2, WorkerLimits(HANG), heard.append) as workers:
        tasks = [workers.submit(say_and_double, n) for n in range(20)]
        for task in workers.as_completed():
            heard.append(task)
    words = [(one, "done") if isinstance(one, Task) else one for one in heard]
    for number, task in enumerate(tasks):
        assert [word for one, word in words if one is task] == [f"at {number}", "soon done", "done"]


def test_a_task_that_kills_its_worker_is_tried_three_times_and_costs_no_other() -> None:
    with pool() as workers:
        deadly = workers.submit(kill_itself)
        others = [workers.submit(double, n) for n in range(50)]
        assert len(list(workers.as_completed())) == 51
    assert deadly.result == Died("SIGKILL", 3)
    assert [task.result for task in others] == [Returned(2 * n) for n in range(50)]


def test_a_worker_that_is_killed_once_costs_nothing(tmp_path: Path) -> None:
    with pool() as workers:
        task = workers.submit(kill_itself_once, tmp_path / "mark")
        assert list(workers.as_completed()) == [task]
    assert task.result == Returned("the second time")


def test_a_worker_that_dies_idle_is_replaced() -> None:
    with pool(jobs=1) as workers:
        first = workers.submit(kill_itself_when_idle)
        assert list(workers.as_completed()) == [first]
        time.sleep(0.3)
        second = workers.submit(double, 4)
        assert list(workers.as_completed()) == [second]
    assert second.result == Returned(8)


def test_a_hang_ends_with_its_time() -> None:
    with pool(seconds=SOON.seconds) as workers:
        hanging = workers.submit(time.sleep, HANG)
        others = [workers.submit(double, n, limits=LATE) for n in range(20)]
        assert len(list(workers.as_completed())) == 21
    assert hanging.result == Overdue(SOON.seconds)
    assert all(isinstance(task.result, Returned) for task in others)


def test_an_answer_that_came_in_time_counts_though_nobody_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the parent was stopped meanwhile: by SIGSTOP, or with its machine."""
    with pool(jobs=1) as workers:
        task = workers.submit(double, 4)
        workers._hand_out()
        (pipe,) = workers.pipes
        assert select.select([pipe], [], [], HANG)[0]
        clock = time.monotonic
        monkeypatch.setattr("auditor.batch.pool.time", SimpleNamespace(monotonic=lambda: clock() + 2 * HANG))
        workers._watch()
        assert workers.wait(HANG) == [task]
    assert task.result == Returned(8)


def test_too_much_memory_ends_it() -> None:
    with pool(memory=200 << 20) as workers:
        task = workers.submit(swell)
        other = workers.submit(double, 3)
        assert set(workers.as_completed()) == {task, other}
    assert (task.result, other.result) == (TooLarge(200 << 20), Returned(6))


def test_what_a_worker_was_forked_with_is_not_its_own() -> None:
    """Whoever calls for a batch may hold much: this process holds more than that by its libraries alone."""
    with pool(memory=16 << 20) as workers:
        task = workers.submit(time.sleep, 0.3)  # for as long as memory is looked at twice
        assert list(workers.as_completed()) == [task]
    assert task.result == Returned(None)


@pytest.mark.parametrize(
    "data",
    [b"garbage" * 9, framed("no result"), framed(Returned(1)).replace(b"Returned", b"Nonsense"), b"\xff" * 99],
    ids=["text", "no result", "no pickle", "a long way to go"],
)
def test_what_is_no_answer_costs_its_own_task(data: bytes) -> None:
    with pool() as workers:
        babbling = workers.submit(babble, data)
        others = [workers.submit(double, n) for n in range(20)]
        assert len(list(workers.as_completed())) == 21
    assert babbling.result == Died("it sent what is not an answer", 3)
    assert [task.result for task in others] == [Returned(2 * n) for n in range(20)]


def test_a_worker_that_is_stopped_in_the_middle_of_its_answer_keeps_nobody_waiting() -> None:
    with pool() as workers:
        stopped = workers.submit(stop_in_the_middle)
        others = [workers.submit(double, n) for n in range(200)]
        done = workers.as_completed()
        assert {next(done) for _ in others} == set(others)  # before the time of the stopped one is over
        assert stopped.result is None
    with pool() as workers:
        again = workers.submit(stop_in_the_middle, limits=SOON)
        assert list(workers.as_completed()) == [again]
    assert again.result == Overdue(SOON.seconds)


def test_a_task_too_long_for_a_pipe_waits_for_no_worker_that_is_stopped() -> None:
    with pool(jobs=1) as workers:
        first = workers.submit(os.getpid)
        assert list(workers.as_completed()) == [first]
        os.kill(workers.processes()[0], signal.SIGSTOP)
        long = workers.submit(len, b"x" * (1 << 22), limits=SOON)
        assert list(workers.as_completed()) == [long]
        again = workers.submit(len, b"x" * (1 << 22))
        assert list(workers.as_completed()) == [again]
    assert (long.result, again.result) == (Overdue(SOON.seconds), Returned(1 << 22))


@pytest.mark.parametrize(("function", "error"), [(unpicklable, "lambda"), (int, "invalid literal")])
def test_what_is_raised_is_told_with_its_traceback(function: Callable[..., object], error: str) -> None:
    with pool() as workers:
        task = workers.submit(function, *(["x"] if function is int else []))
        assert list(workers.as_completed()) == [task]
    assert isinstance(task.result, Raised)
    assert error in task.result.error and "Traceback" in task.result.trace


def test_workers_end_with_the_pool_and_with_their_parent() -> None:
    with pool() as workers:
        workers.submit(double, 1)
        list(workers.as_completed())
        (worker,) = workers.processes()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_random_kills_lose_no_task_and_double_none() -> None:
    import random

    chance = random.Random(5)
    kills = 0
    with pool() as workers:
        tasks = [workers.submit(double, n, tries=1000) for n in range(2000)]  # on a busy machine one may be hit thrice
        done = []
        for task in workers.as_completed():
            done.append(task)
            if chance.random() < 0.02 and workers.processes():
                kills += 1
                try:
                    os.kill(chance.choice(workers.processes()), signal.SIGKILL)
                except ProcessLookupError:
                    kills -= 1
    assert kills > 10
    assert len(done) == 2000 and set(done) == set(tasks)
    assert [task.result for task in tasks] == [Returned(2 * n) for n in range(2000)]


def in_stages(*stages: str) -> str:
    for stage in stages:
        tell(stage)
    return stages[-1]


def tell_and_hang(stage: str) -> None:
    tell(stage)
    time.sleep(HANG)


def until_completed(workers: Pool, *tasks: Task) -> list[Task | Told]:
    """All that happens until these are completed."""
    happened: list[Task | Told] = []
    while not set(tasks) <= set(happened):
        happened += workers.wait(HANG)
    return happened


def test_a_task_tells_how_far_it_has_come_before_it_is_completed() -> None:
    with pool() as workers:
        task = workers.submit(in_stages, "reading", "running", "drawing")
        assert until_completed(workers, task) == [*(Told(task, s) for s in ("reading", "running", "drawing")), task]
        other = workers.submit(in_stages, "reading", "done")
        assert list(workers.as_completed()) == [other]  # for whom stages are nothing
    assert (task.result, other.result) == (Returned("drawing"), Returned("done"))


def test_what_a_worker_tells_is_heard_while_it_goes_on() -> None:
    with pool() as workers:
        task = workers.submit(tell_and_hang, "reading")
        assert workers.wait(HANG) == [Told(task, "reading")]
        workers.cancel(task)
        assert workers.wait(HANG) == [task]


def test_a_task_that_waits_or_runs_is_cancelled_and_costs_no_other() -> None:
    with pool(jobs=1) as workers:
        running = workers.submit(tell_and_hang, "begun")
        waiting, wanted = workers.submit(double, 1), workers.submit(double, 2)
        assert workers.wait(HANG) == [Told(running, "begun")]
        (worker,) = workers.processes()
        workers.cancel(waiting)
        workers.cancel(running)
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
        assert set(until_completed(workers, running, waiting, wanted)) == {running, waiting, wanted}
        workers.cancel(wanted)  # too late: it has its result
    assert (running.result, waiting.result, wanted.result) == (Cancelled(), Cancelled(), Returned(4))


def test_each_task_has_its_own_limits_and_tries() -> None:
    with pool() as workers:
        hanging = workers.submit(time.sleep, HANG, limits=SOON)
        swelling = workers.submit(swell, limits=WorkerLimits(HANG, 200 << 20))
        deadly = workers.submit(kill_itself, tries=1)
        assert len(list(workers.as_completed())) == 3
    assert (hanging.result, swelling.result) == (Overdue(SOON.seconds), TooLarge(200 << 20))
    assert deadly.result == Died("SIGKILL", 1)


def test_a_pool_with_nothing_to_do_waits_for_a_descriptor_or_its_time() -> None:
    ear, mouth = os.pipe()
    try:
        with pool() as workers:
            assert workers.wait(0.01, ear) == []  # its time is over
            os.write(mouth, b"x")
            assert workers.wait(HANG, ear) == []  # or this would take ten minutes
            task = workers.submit(double, 4)
            assert workers.idle == 1
            os.read(ear, 1)
            assert until_completed(workers, task) == [task]
            os.kill(workers.processes()[0], signal.SIGKILL)
            until(lambda: workers.wait(0.01, ear) != [] or not workers.processes(), "its end")
            assert (workers.processes(), workers.idle) == ([], 2)  # a worker that dies idle is nobody's news
    finally:
        os.close(ear)
        os.close(mouth)


def test_a_worker_with_a_task_is_not_idle() -> None:
    with pool(jobs=3) as workers:
        task = workers.submit(tell_and_hang, "begun")
        assert workers.wait(HANG) == [Told(task, "begun")]
        assert workers.idle == 2  # of three: the others are not started yet
        workers.cancel(task)
        assert workers.idle == 3


def test_what_no_worker_has_begun_is_taken_back_and_what_runs_goes_on() -> None:
    with pool(jobs=1) as workers:
        running = workers.submit(in_stages, "begun", "done")
        waiting = [workers.submit(double, n) for n in range(3)]
        happened = workers.wait(HANG)
        assert workers.withdraw() == waiting
        while running not in happened:
            happened += workers.wait(HANG)
        assert workers.outstanding == 0 and not set(waiting) & set(happened)
    assert running.result == Returned("done")
