"""What a courier's answers make of a registry that lies elsewhere, in this process: the courier is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest

from auditor.batch import fetched
from auditor.batch.courier import Brought, ListedPage, NotBrought, brought, listed
from auditor.batch.fetched import FetchedSource
from auditor.batch.refs import NotRead, Ref
from auditor.batch.tasks import Cancelled, Died, Overdue, Raised, Result, Returned, Task, TooLarge, WorkerLimits
from auditor.errors import ExitCode
from auditor.remote.errand import Errand
from auditor.remote.failures import NotThere, RemoteFailure
from auditor.remote.listing import FetchLimits, ListedFile, ListedVersion

ADDRESS = "s3://bucket/zoo"
Answers = Callable[[Task], Result | None]


def version(number: int) -> ListedVersion:
    address = f"{ADDRESS}/{number}.onnx"
    return ListedVersion(str(number), "", address, ListedFile(f"{number}.onnx", address), troubles=("as listed",))


def pages(*answers: Result) -> Answers:
    """A listing page by page, and every model brought."""
    left = list(answers)

    def answer(task: Task) -> Result:
        if task.function is listed:
            return left.pop(0)
        return Returned(Brought(f"/here/{task.arguments[1].name}", (), ("as fetched",)))

    return answer


def page(*numbers: int, ended: bool = True, troubles: tuple[str, ...] = ()) -> Result:
    return Returned(ListedPage(tuple(map(version, numbers)), ended, troubles))


class PlayedCourier:
    """In place of a pool of one process and of a cache: None is no answer yet."""

    def __init__(self) -> None:
        self.answers: Answers = pages(page())
        self.running, self.submitted = list[Task](), list[Task]()
        self.leases: list[str] = []  # that are held
        self.limits: Any = None
        self.waited: list[float] = []

    def pool(self, jobs: int, limits: WorkerLimits) -> Self:
        assert jobs == 1
        self.limits = limits
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, function: Callable[..., object], *arguments: object) -> Task:
        task = Task(function, arguments, WorkerLimits())
        self.running.append(task)
        self.submitted.append(task)
        return task

    def wait(self, seconds: float) -> list[Task]:
        self.waited.append(seconds)
        for task in self.running:
            task.result = self.answers(task)
        done = [task for task in self.running if task.result is not None]
        self.running = [task for task in self.running if task.result is None]
        assert done or not seconds, "it would wait for ever"
        return done

    def cache(self, folder: str, size: int) -> Self:
        assert (folder, size) == ("/cache", 7)
        return self

    def lease(self, entry: str) -> Any:
        self.leases.append(entry)
        return PlayedLease(self, entry)

    @property
    def models(self) -> list[str]:
        return [task.arguments[1].name for task in self.submitted if task.function is brought]

    @property
    def asked(self) -> list[tuple[int, int]]:
        """From where on pages were asked for, and how long ones."""
        return [(task.arguments[1], task.arguments[2]) for task in self.submitted if task.function is listed]


class PlayedLease:
    def __init__(self, courier: PlayedCourier, entry: str) -> None:
        self._courier, self._entry = courier, entry

    def release(self) -> None:
        self._courier.leases.remove(self._entry)


@pytest.fixture
def courier(monkeypatch: pytest.MonkeyPatch) -> PlayedCourier:
    played = PlayedCourier()
    monkeypatch.setattr(fetched, "Pool", played.pool)
    monkeypatch.setattr(fetched, "Cache", played.cache)
    return played


@pytest.fixture
def source() -> FetchedSource:
    return FetchedSource(Errand(ADDRESS, FetchLimits(seconds=10.0), "/cache", 7))


def names(refs: Iterator[Ref]) -> list[str]:
    return [ref.name for ref in refs]


def test_models_come_in_their_order_and_are_held_until_each_is_released(
    courier: PlayedCourier, source: FetchedSource
) -> None:
    courier.answers = pages(page(1, 2, troubles=("one more lies elsewhere",)))
    models = source.models()
    first, second = next(models), next(models)
    assert (first.name, first.path, first.troubles, first.unfetched) == ("1", "/here/1", ("as fetched",), "")
    assert len(set(courier.leases)) == 2
    source.release(first)
    source.release(first)  # it is over already
    assert len(courier.leases) == 1
    assert list(models) == [] and source.troubles == ["one more lies elsewhere"]
    assert courier.leases == []  # also of the one that nobody released
    source.release(second)
    assert courier.limits.seconds > 10.0  # the time for a model bounds itself


@pytest.mark.parametrize(("first", "asked"), [(7, [(0, 64), (7, 64)]), (8, [(0, 64)])])
def test_four_models_are_ahead_and_a_page_is_asked_for_while_fewer_wait(
    courier: PlayedCourier, source: FetchedSource, first: int, asked: list[tuple[int, int]]
) -> None:
    """Of seven three are left when four are fetched, and of eight four."""
    courier.answers = pages(page(*range(first), ended=False), page(first, ended=False), page(first + 1))
    got = list[str]()
    for ref in source.models():
        got.append(ref.name)
        if len(got) == 1:
            assert courier.models == ["0", "1", "2", "3"] and courier.asked == asked
        assert len(courier.models) <= len(got) + 4
        source.release(ref)
    assert got == [str(n) for n in range(first + 2)] and courier.asked == [
        (0, 64), (first, 64), (first + 1, 64)
    ]  # fmt: skip


def test_who_takes_the_next_model_waits_where_none_has_come(courier: PlayedCourier, source: FetchedSource) -> None:
    assert not source.waits  # nobody has begun
    plain = pages(page(1, 2))
    come = {"1"}
    courier.answers = lambda task: plain(task) if task.function is listed or task.arguments[1].name in come else None
    models = source.models()
    assert next(models).name == "1" and source.waits
    assert courier.waited[-1] == 0.0  # it is looked at, and not waited for
    come.add("2")
    assert not source.waits and next(models).name == "2"
    assert not source.waits and list(models) == [] and not source.waits


def test_nobody_waits_for_a_last_page_without_models(courier: PlayedCourier, source: FetchedSource) -> None:
    plain = pages(page(1, ended=False), page())
    late = True
    courier.answers = lambda task: None if late and task.arguments[1:] == (1, 64) else plain(task)
    models = source.models()
    assert next(models).name == "1" and source.waits
    late = False
    assert not source.waits and list(models) == []


def test_models_that_nobody_takes_any_more_are_let_go(courier: PlayedCourier, source: FetchedSource) -> None:
    plain = pages(page(*range(1, 10)))
    courier.answers = lambda task: plain(task) if task.function is listed or task.arguments[1].name == "1" else None
    models: Any = source.models()
    next(models)
    assert len(courier.leases) == 4
    models.close()
    assert courier.leases == [] and not source.waits and len(courier.models) == 4


@pytest.mark.parametrize(
    ("code", "kind"), [(ExitCode.NOTHING, NotThere), (ExitCode.INCONCLUSIVE, RemoteFailure)], ids=["nothing", "unknown"]
)
def test_where_not_even_a_first_model_is_listed_it_is_a_failure_and_later_a_line(
    courier: PlayedCourier, source: FetchedSource, code: ExitCode, kind: type[RemoteFailure]
) -> None:
    failure = Returned(NotBrought("the server is tired", code))
    courier.answers = pages(failure)
    with pytest.raises(RemoteFailure, match="the server is tired") as raised:
        list(source.models())
    assert type(raised.value) is kind
    another = FetchedSource(source._errand)
    courier.answers = pages(page(1, ended=False), failure)
    assert names(another.models()) == ["1"]
    (line,) = another.troubles
    assert line == f"{ADDRESS}: not listed to its end: the server is tired" and isinstance(line, NotRead)


WHYS = [
    (Raised("KeyError: 'secret'", "..."), "a fault of auditor: KeyError"),
    (Died("SIGKILL", 3), "the process that does it ended 3 times (SIGKILL)"),
    (Overdue(310.0), "not within 310 s"),
    (TooLarge(1000), "it took more than 1000 bytes of memory"),
    (Cancelled(), "what came is not an answer"),
    (Returned("something else"), "what came is not an answer"),
]


@pytest.mark.parametrize(("result", "why"), WHYS, ids=lambda value: type(value).__name__)
def test_a_model_whose_fetching_ends_otherwise_is_told_why_and_the_others_come(
    courier: PlayedCourier, source: FetchedSource, result: Result, why: str
) -> None:
    plain = pages(page(1, 2))
    courier.answers = lambda task: result if task.function is brought and task.arguments[1].name == "1" else plain(task)
    models = source.models()
    first, _ = next(models), next(models)
    assert (first.unfetched, first.path) == (f"{first.address} was not fetched: {why}", first.address)
    assert first.troubles == ("as listed",) and len(courier.leases) == 1
    assert names(models) == []


@pytest.mark.parametrize(("result", "why"), WHYS, ids=lambda value: type(value).__name__)
def test_a_listing_that_ends_otherwise_is_told_why(
    courier: PlayedCourier, source: FetchedSource, result: Result, why: str
) -> None:
    courier.answers = pages(result)
    with pytest.raises(RemoteFailure) as raised:
        list(source.models())
    assert str(raised.value) == f"{ADDRESS} was not listed: {why}" and type(raised.value) is RemoteFailure


def test_a_model_that_could_not_be_brought_says_so_in_the_couriers_words(
    courier: PlayedCourier, source: FetchedSource
) -> None:
    plain = pages(page(1))
    failure = Returned(NotBrought("404 Not Found", ExitCode.NOTHING))
    courier.answers = lambda task: failure if task.function is brought else plain(task)
    (ref,) = source.models()
    assert (ref.unfetched, ref.files, courier.leases) == ("404 Not Found", (), [])
    assert source.troubles == []  # of the model, and not of the registry


def test_files_are_held_by_what_is_audited_and_not_by_name_alone(courier: PlayedCourier, source: FetchedSource) -> None:
    """Two versions of one model, and two commits of one version, are each held for itself."""
    same = version(1)
    several = (same, same._replace(version="2"), same._replace(identity="commit"), same._replace(name="other"))
    courier.answers = pages(Returned(ListedPage(several, True)))
    models = source.models()
    for _ in several:
        next(models)
    assert len(set(courier.leases)) == 4 and all(len(entry) == 32 for entry in courier.leases)
