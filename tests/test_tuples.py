"""Our named tuples are those of `typing`, whose own are the witness here."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import pydoc
import sys
import typing
from importlib import import_module
from types import NoneType

import pytest

import auditor.tuples
from auditor.tuples import NamedTuple

from .trees import ROOT, trees

EAGER = sys.version_info < (3, 14)  # from then on ours are typing's


class Ours(NamedTuple):
    """A point."""

    x: int
    name: str | None = None
    rest: tuple[int, ...] = ()

    @property
    def twice(self) -> int:
        return 2 * self.x

    @classmethod
    def origin(cls) -> Ours:
        return cls(0)

    def __bool__(self) -> bool:
        return self.x > 0


class Theirs(typing.NamedTuple):
    """A point."""

    x: int
    name: str | None = None
    rest: tuple[int, ...] = ()


class Bare(NamedTuple):
    x: int
    y: int


class Below(Bare):
    """A subclass has room for more."""


class Nothing(NamedTuple):
    pass


def test_values_are_made_told_and_compared_as_theirs_are() -> None:
    for arguments, named in (((1,), {}), ((1, "a", (2,)), {}), ((), {"rest": (3,), "x": 1}), ((4,), {"name": "b"})):
        ours, theirs = Ours(*arguments, **named), Theirs(*arguments, **named)
        assert tuple(ours) == theirs and ours == tuple(theirs) and hash(ours) == hash(theirs)
        assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
        assert ours._asdict() == theirs._asdict() and list(ours._asdict()) == list(theirs._asdict())
        assert (ours.x, ours.name, ours.rest) == (theirs.x, theirs.name, theirs.rest)
    assert Ours(5).twice == 10 and Ours.origin() == (0, None, ()) and Ours(1) and not Ours(0)
    assert Nothing() == () and repr(Nothing()) == "Nothing()" and not Nothing._fields


def test_values_are_changed_and_copied_as_theirs_are() -> None:
    point = Ours(1, "a", (2,))
    for changed in (point._replace(x=2), point.__replace__(x=2)):  # type: ignore[attr-defined]  # of Python 3.13 on
        assert changed == (2, "a", (2,)) and type(changed) is Ours
    assert Ours._make([3, "c", ()]) == Ours(3, "c") and type(Below._make((1, 2))) is Below
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(point, protocol))
        assert again == point and type(again) is Ours
    assert copy.copy(point) == copy.deepcopy(point) == point and type(copy.deepcopy(point)) is Ours
    match point:
        case Ours(x, name, rest):
            assert (x, name, rest) == (1, "a", (2,))


@pytest.mark.parametrize(
    ("arguments", "named"), [((), {}), ((1, 2, 3, 4), {}), ((1,), {"x": 2}), ((1,), {"colour": 2})], ids=str
)
def test_what_they_do_not_take_is_refused(arguments: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError) as theirs:
        Theirs(*arguments, **named)  # type: ignore[arg-type]  # wrong, as it is to be
    with pytest.raises(TypeError) as ours:
        Ours(*arguments, **named)  # type: ignore[arg-type]  # wrong, as it is to be
    assert not EAGER or str(ours.value).startswith("Ours.__new__()")
    assert str(ours.value).partition(" ")[2] == str(theirs.value).partition(" ")[2]


def test_no_field_is_invented_set_or_made_up_for() -> None:
    with pytest.raises((TypeError, ValueError), match="colour"):  # which of them hangs on the Python
        Ours(1)._replace(colour=2)  # type: ignore[call-arg]  # wrong, as it is to be
    for values in ((1, 2), (1, 2, 3, 4)):
        with pytest.raises(TypeError, match=f"Expected 3 arguments, got {len(values)}"):
            Ours._make(values)
    with pytest.raises(AttributeError):
        Ours(1).x = 2  # type: ignore[misc]  # wrong, as it is to be
    with pytest.raises(AttributeError):
        Ours(1).colour = 2  # type: ignore[attr-defined]  # wrong, as it is to be


def test_the_class_says_of_itself_what_theirs_says() -> None:
    assert type(Ours) is type and issubclass(Ours, tuple) and not hasattr(Ours(1), "__dict__")
    for name in ("_fields", "_field_defaults", "__match_args__", "__annotations__", "__slots__", "__doc__"):
        if EAGER or name != "__slots__":
            ours, theirs = getattr(Ours, name), getattr(Theirs, name)
            assert str(ours) == str(theirs) if name != "__annotations__" else ours.keys() == theirs.keys()
    assert Bare.__doc__ == "Bare(x, y)" and (Ours.__module__, Ours.__qualname__) == (__name__, "Ours")
    assert inspect.signature(Ours).parameters.keys() == inspect.signature(Theirs).parameters.keys()
    rest = inspect.signature(Ours).parameters["rest"]
    assert rest.default == () and rest.annotation == Ours.__annotations__["rest"]
    hints = typing.get_type_hints(Ours)
    assert hints == typing.get_type_hints(Theirs) == {"x": int, "name": str | None, "rest": tuple[int, ...]}
    assert typing.get_args(hints["name"]) == (str, NoneType)
    assert Ours.x.__doc__ == Theirs.x.__doc__ == "Alias for field number 0"
    assert "Alias for field number 2" in pydoc.render_doc(Ours)


def test_a_field_without_a_default_stands_in_front() -> None:
    with pytest.raises(TypeError, match="default"):

        class Wrong(NamedTuple):
            x: int = 1
            y: int  # type: ignore[misc]  # wrong, as it is to be


def test_there_is_no_other_base() -> None:
    with pytest.raises(TypeError):

        class Wrong(NamedTuple, Exception):  # type: ignore[misc]  # wrong, as it is to be
            x: int


def named_tuples() -> list[tuple[str, str]]:
    """Module and name of every class of the package that is a named tuple."""
    found = []
    for path, tree in trees().items():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and "NamedTuple" in map(ast.unparse, node.bases):
                found.append((module, node.name))
    return found


def test_every_one_of_the_package_is_as_theirs_would_be() -> None:
    classes = named_tuples()
    assert len(classes) > 200
    for module, name in classes:
        ours = getattr(import_module(module), name)
        twin = typing.NamedTuple(name, [(field, object) for field in ours._fields])  # type: ignore[misc]  # made here
        twin.__new__.__defaults__ = tuple(ours._field_defaults.values())
        assert ours._fields == tuple(ours.__annotations__) == ours.__match_args__
        theirs = [(p.name, p.kind, p.default) for p in inspect.signature(twin).parameters.values()]
        assert [(p.name, p.kind, p.default) for p in inspect.signature(ours).parameters.values()] == theirs, name


@pytest.mark.skipif(not EAGER, reason="from Python 3.14 on they are typing's: there is nothing to hold")
def test_none_is_made_by_typing() -> None:
    slow = [(m, n) for m, n in named_tuples() if auditor.tuples._Fields not in getattr(import_module(m), n).__mro__]
    assert slow == [], "import NamedTuple from auditor.tuples: typing's costs 0.1 ms of each start"
