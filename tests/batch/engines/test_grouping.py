"""Groups of tasks: 300 ms at least, where there are so many."""

from __future__ import annotations

from auditor.batch.engines.grouping import AIM, MOST, Grouping
from auditor.batch.tasks import Task, WorkerLimits


def one(*_: object) -> None: ...


def other(*_: object) -> None: ...


def tasks(number: int, function: object = one) -> list[Task]:
    return [Task(function, (n,), WorkerLimits()) for n in range(number)]  # type: ignore[arg-type]  # one of two


def filled(*waiting: Task) -> Grouping:
    found = Grouping()
    for task in waiting:
        found.add(task)
    return found


def test_the_first_calls_go_alone_for_nothing_is_known_of_them() -> None:
    waiting = tasks(3)
    grouping = filled(*waiting)
    assert [grouping.take() for _ in range(4)] == [*([task] for task in waiting), []]


def test_a_group_lasts_as_long_as_it_is_to_by_what_was_measured() -> None:
    waiting = tasks(200)
    grouping = filled(*waiting)
    grouping.took(one, 0.007)
    group = grouping.take()
    assert group == waiting[:43] and len(group) * 0.007 >= AIM > (len(group) - 1) * 0.007
    assert len(grouping) == 157 and 3 < grouping.groups < 4


def test_what_takes_long_goes_alone_and_what_takes_nothing_has_a_bound() -> None:
    grouping = filled(*tasks(2), *tasks(MOST + 1, other))
    grouping.took(one, 5.0)
    grouping.took(other, 0.0)
    assert [len(grouping.take()) for _ in range(4)] == [1, 1, MOST, 1]


def test_newer_measurements_count_more() -> None:
    grouping = Grouping()
    grouping.took(one, 0.01)
    assert grouping.size(one) == 30
    for _ in range(30):
        grouping.took(one, 0.1)
    assert 3 <= grouping.size(one) <= 4


def test_one_slow_call_among_quick_ones_counts_for_less_than_itself() -> None:
    """30 calls of 0.01 s last as long as a group is to, and three of 0.1 s: what is known lies between the two."""
    grouping = Grouping()
    grouping.took(one, 0.01)
    grouping.took(one, 0.1)
    assert 3 < grouping.size(one) < 30


def test_a_group_calls_one_function_that_of_the_task_that_waits_longest() -> None:
    grouping = filled(*tasks(1), *tasks(2, other), *tasks(1))
    grouping.took(one, 0.01)
    grouping.took(other, 0.01)
    assert [[task.function for task in grouping.take()] for _ in range(2)] == [[one, one], [other, other]]


def test_what_was_not_begun_goes_before_all_others() -> None:
    grouping = filled(*tasks(2, other), *tasks(2))
    again = tasks(2)
    grouping.add_again(again)
    grouping.took(one, 0.2)
    assert grouping.take() == again


def test_suspects_go_one_by_one_and_with_nobody_else() -> None:
    grouping, suspects = filled(*tasks(2)), tasks(2)
    grouping.suspect(suspects)
    grouping.took(one, 0.01)
    assert len(grouping) == 4
    assert [grouping.take_suspect() for _ in range(3)] == [[suspects[0]], [suspects[1]], []]
    assert len(grouping.take()) == 2


def test_a_task_can_be_taken_out_wherever_it_waits() -> None:
    waiting, suspects = tasks(3), tasks(1)
    grouping = filled(*waiting)
    grouping.suspect(suspects)
    assert grouping.remove(waiting[1]) and grouping.remove(suspects[0])
    assert not grouping.remove(waiting[1])
    assert grouping.clear() == [waiting[0], waiting[2]] and len(grouping) == 0
