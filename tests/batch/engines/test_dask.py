"""A batch's side of a cluster, with a bridge that is played here: what is lost is sent again, and counts once."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from auditor.batch.engine import Engine, EngineLost, LastingEngine
from auditor.batch.engines.dask import Needs
from auditor.batch.engines.messages import (
    Begin,
    CallDone,
    Ended,
    Forget,
    ForUser,
    Installed,
    Parcel,
    Require,
    Send,
    Sight,
    Threads,
    WorkersLost,
)
from auditor.batch.engines.where import Cluster
from auditor.batch.pool import Pool
from auditor.batch.tasks import Cancelled, Died, OutOfSight, Returned, WorkerLimits
from tests.pace import HANG

from .played import HERE, THERE, Make, returned


def test_both_engines_are_what_a_batch_and_a_service_ask_for(make: Make) -> None:
    engine: Engine = make().engine
    lasting: tuple[LastingEngine, ...] = (make().engine, Pool(1, WorkerLimits()))  # as mypy sees it
    for one in (engine, *lasting):
        assert one.outstanding == 0 and one.jobs >= 1 and one.hungry
    assert [one.elsewhere for one in lasting] == [True, False]


def test_it_tells_how_the_cluster_is_reached_and_what_has_to_be_there(make: Make) -> None:
    made = make(Cluster("tls://h:1", "ca", "cert", "key", True, 7.0), Needs(HERE, resources={"GPU": 1.0}))
    assert made.bridge.heard(Begin) == Begin("tls://h:1", "ca", "cert", "key", 3, True, 7.0, {"GPU": 1.0})
    made.bridge.say(Threads(2), Installed(THERE))
    assert made.engine.processor == ("avx2", "fma") and made.engine.jobs == 2
    assert made.bridge.heard(Require) == Require(HERE)


def test_each_thread_has_room_for_two_parcels(make: Make) -> None:
    """One is being done, and one waits for it; what waits here has its place there, too."""
    made = make()
    made.ready(threads=3)
    assert made.engine.idle == 6
    for _ in range(2):
        made.engine.submit(abs, -1)
    assert made.engine.idle == 4
    made.step()
    assert made.engine.idle == 4


def test_where_models_are_run_all_processors_are_as_the_first(make: Make) -> None:
    made = make(needs=Needs(HERE, one_processor=True))
    made.bridge.heard(Begin)
    made.bridge.say(Installed(THERE))
    assert made.engine.processor
    assert made.bridge.heard(Require) == Require({**HERE, "processor": "avx2 fma"})


@pytest.mark.parametrize(
    ("theirs", "line"),
    [
        ({"auditor": "1.1"}, "has auditor 1.1, and here is 1.2: install the same"),
        ({"rules": "s"}, "has other rules of auditor, of the same version 1.2: install the same there"),
        ({"code": "d"}, "has other code of auditor, of the same version 1.2: install the same there"),
    ],
)
def test_a_worker_that_has_something_else_is_refused(make: Make, theirs: dict[str, str], line: str) -> None:
    made = make()
    made.bridge.heard(Begin)
    made.bridge.say(Threads(1), Installed({**THERE, **theirs}))
    with pytest.raises(EngineLost) as refused:
        assert made.engine.processor
    assert str(refused.value) == f"a worker of the scheduler tcp://127.0.0.1:1 {line}"
    assert refused.value.exit_code == 4


def test_a_runtime_that_differs_is_named(make: Make) -> None:
    made = make(needs=Needs({**HERE, "runtime": "onnxruntime 1.30.0"}))
    made.bridge.heard(Begin)
    made.bridge.say(Installed(THERE))
    with pytest.raises(EngineLost, match=r"has onnxruntime 1\.32\.0, and here is onnxruntime 1\.30\.0"):
        assert made.engine.processor


def test_tasks_go_out_with_their_limits_and_files_and_come_back(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"12345")
    needs = Needs(HERE, False, {"GPU": 1}, lambda f: f is pow, lambda f, a: (str(file), "/no/such"))
    made = make(needs=needs)
    made.ready()
    task = made.engine.submit(pow, 2, 3, limits=WorkerLimits(1.0, 7), tries=1)
    assert made.step() == [] and made.engine.outstanding == 1
    message: Send = made.bridge.heard(Send)
    parcel: Parcel = pickle.loads(message.parcel)
    assert message.runs_models and parcel.folder == os.getcwd()
    (call,) = parcel.calls
    assert (call.function, call.arguments, call.limits, call.tries) == (pow, (2, 3), WorkerLimits(1.0, 7), 1)
    assert call.sights == (Sight(str(file), 5, file.stat().st_mtime_ns),)
    made.bridge.answer(message.number, returned(8))
    assert list(made.engine.as_completed()) == [task] and task.result == Returned(8)
    assert made.engine.outstanding == 0


def test_a_thread_has_two_parcels_and_the_rest_waits_in_groups(make: Make) -> None:
    made = make()
    made.ready()
    assert made.engine.hungry
    for n in range(100):
        made.engine.submit(abs, n)
    assert not made.engine.hungry
    made.step()
    for n in (1, 2):
        number, parcel = made.bridge.parcel()
        assert (number, [call.arguments for call in parcel.calls]) == (n, [(n - 1,)])
    made.bridge.answer(1, returned(0, 0.01))
    assert made.step() == [Returned(0)]
    made.step()
    number, parcel = made.bridge.parcel()
    assert len(parcel.calls) == 30  # of 10 ms each


def test_a_cluster_that_is_to_grow_is_given_seconds_of_work(make: Make) -> None:
    """Dask asks for more workers by how many seconds of work wait: `distributed.adaptive.target-duration`, 5 s."""
    made = make(Cluster("tcp://127.0.0.1:1", adaptive=True))
    made.ready()
    for n in range(100):
        made.engine.submit(abs, n)
    made.step()
    assert len([made.bridge.parcel() for _ in range(34)]) == 34
    assert made.engine.outstanding == 100


def test_what_was_not_begun_goes_out_again(make: Make) -> None:
    made = make()
    made.ready()
    made.engine._grouping.took(abs, 0.1)
    for n in range(3):
        made.engine.submit(abs, n)
    made.step()
    number, parcel = made.bridge.parcel()
    assert len(parcel.calls) == 3
    made.bridge.answer(number, returned(0, 20.0), CallDone(None, 0.0), CallDone(None, 0.0))
    assert made.step() == [Returned(0)]
    made.step()
    assert [made.bridge.parcel()[1].calls[0].arguments for _ in range(2)] == [(1,), (2,)]


def test_the_one_that_ends_its_workers_is_found_and_the_others_are_done(make: Make) -> None:
    """A group was lost three times; each of it is tried alone, one after the other."""
    made = make()
    made.ready()
    made.engine._grouping.took(abs, 0.1)
    tasks = [made.engine.submit(abs, n) for n in range(3)]
    made.step()
    number, _ = made.bridge.parcel()
    made.bridge.say(WorkersLost(number, 3))
    made.step()
    for n in range(3):
        made.step()
        number, parcel = made.bridge.parcel()
        assert [call.arguments for call in parcel.calls] == [(n,)]
        made.bridge.pipe.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody is tried beside it
            made.bridge.pipe.recv(1)
        made.bridge.pipe.settimeout(60)
        if n == 1:
            made.bridge.say(WorkersLost(number, 3))
        else:
            made.bridge.answer(number, returned(n))
        assert len(made.step()) == 1
    assert [task.result for task in tasks] == [Returned(0), Died("its Dask worker was lost", 3), Returned(2)]


def test_of_two_that_were_lost_together_each_is_tried_alone(make: Make) -> None:
    """It cannot be known which of them ended the worker."""
    made = make()
    made.ready()
    made.engine._grouping.took(abs, 0.1)
    tasks = [made.engine.submit(abs, n) for n in range(2)]
    made.step()
    number, parcel = made.bridge.parcel()
    assert len(parcel.calls) == 2
    made.bridge.say(WorkersLost(number, 3))
    assert made.step() == [] and made.engine.outstanding == 2
    for n in range(2):
        made.step()
        number, parcel = made.bridge.parcel()
        assert [call.arguments for call in parcel.calls] == [(n,)]
        made.bridge.answer(number, returned(n))
        made.step()
    assert [task.result for task in tasks] == [Returned(0), Returned(1)]


def test_where_nothing_is_seen_it_is_over_and_where_something_is_it_goes_on(make: Make) -> None:
    unseen = CallDone(OutOfSight("/a", "host h does not see /a (No such file or directory)"), 0.1)
    made = make()
    made.ready()
    made.engine._grouping.took(abs, 0.005)
    for n in range(63):
        made.engine.submit(abs, n)
    made.step()
    numbers = [made.bridge.parcel() for _ in range(2)]
    assert [len(parcel.calls) for _, parcel in numbers] == [60, 3]
    made.bridge.answer(numbers[0][0], *[unseen] * 60)
    made.bridge.answer(numbers[1][0], *[unseen] * 3)
    assert len(made.step() + made.step()) == 63
    made.engine.submit(abs, 1)
    made.step()
    made.bridge.answer(made.bridge.parcel()[0], unseen)
    with pytest.raises(EngineLost, match=r"^host h does not see /a .*, nor anything else .* a folder that"):
        made.step()


def test_models_that_are_not_seen_beside_others_have_their_reports(make: Make) -> None:
    unseen = CallDone(OutOfSight("/a", "host h does not see /a"), 0.001)
    made = make()
    made.ready()
    made.engine._grouping.took(abs, 0.001)
    for n in range(100):
        made.engine.submit(abs, n)
    made.step()
    number, parcel = made.bridge.parcel()
    made.bridge.answer(number, returned(0), *[unseen] * 99)
    assert len(parcel.calls) == len(made.step()) == 100


def test_an_answer_that_comes_twice_counts_once(make: Make) -> None:
    made = make()
    made.ready()
    made.engine.submit(abs, 1)
    made.step()
    number, _ = made.bridge.parcel()
    made.bridge.answer(number, returned(1))
    made.bridge.answer(number, returned(2))
    made.bridge.say(WorkersLost(number, 3))
    assert made.step() == [Returned(1)]
    assert made.step() == [] and made.engine.outstanding == 0


def test_what_is_cancelled_ends_at_once_and_its_answer_is_nobodys(make: Make) -> None:
    made = make()
    made.ready()
    made.engine._grouping.took(abs, 0.1)
    one, two = (made.engine.submit(abs, n) for n in range(2))
    made.step()
    number, _ = made.bridge.parcel()
    waits = made.engine.submit(pow, 1, 1)
    made.engine.cancel(waits)
    made.engine.cancel(one)
    assert [one.result, waits.result] == [Cancelled(), Cancelled()]
    made.engine.cancel(one)
    assert made.step() == [Cancelled(), Cancelled()]
    made.engine.cancel(two)
    assert made.bridge.heard(Forget) == Forget(number)
    made.bridge.answer(number, returned(0), returned(1))
    assert made.step() == [Cancelled()] and made.step() == []


def test_of_a_parcel_with_one_that_was_cancelled_the_others_count(make: Make) -> None:
    made = make()
    made.ready()
    made.engine._grouping.took(abs, 0.1)
    one = made.engine.submit(abs, 0)
    made.engine.submit(abs, 1)
    made.step()
    number, _ = made.bridge.parcel()
    made.engine.cancel(one)
    made.bridge.answer(number, returned(0), returned(1))
    assert made.step() + made.step() == [Cancelled(), Returned(1)] and one.result == Cancelled()


def test_what_is_withdrawn_is_not_done(make: Make) -> None:
    made = make()
    tasks = [made.engine.submit(abs, n) for n in range(3)]
    assert made.engine.withdraw() == tasks
    assert made.engine.outstanding == 0 and made.step() == []


def test_another_ear_ends_the_waiting(make: Make) -> None:
    made = make()
    ear, mouth = os.pipe()
    try:
        assert not made.engine._listen(0.0, ear)
        os.write(mouth, b"x")
        assert made.engine._listen(HANG, ear) and made.engine.wait(HANG, ear) == []
    finally:
        os.close(ear)
        os.close(mouth)


def test_lines_for_the_user_are_told_and_the_end_is_an_error(make: Make) -> None:
    made = make()
    made.bridge.say(ForUser("it waits"), Ended("the scheduler is gone"))
    made.engine.submit(abs, 1)
    with pytest.raises(EngineLost, match=r"^the scheduler is gone$"):
        list(made.engine.as_completed())
    assert made.said == ["it waits"]


def test_a_bridge_that_dies_is_an_error_of_one_line(make: Make) -> None:
    made = make()
    made.bridge.pipe.close()
    made.engine.submit(abs, 1)
    with pytest.raises(EngineLost, match=r"speaks with the scheduler tcp://127\.0\.0\.1:1 has ended"):
        list(made.engine.as_completed())
