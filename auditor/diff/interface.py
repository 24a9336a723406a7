"""What a client meets: the inputs that it feeds by name, and the outputs that it takes."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import AuditorError
from ..model.dtypes import name_of
from ..model.graph import Model, TensorType, Value
from ..shapes.fact import Shape
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Dim, substitute
from .difference import (
    Degree,
    Edit,
    PortAdded,
    PortRemoved,
    PortRenamed,
    PortReshaped,
    PortRetyped,
    PortsReordered,
    Side,
)
from .pairing import Pairing
from .skeleton import NODE, PORT
from .words import port_said


def overridable(model: Model) -> dict[str, Value]:
    """The inputs with a default that a caller may feed."""
    if model.ir_version < 4:
        return {}
    return {value.name: value for value in model.graph.inputs if value.name in model.graph.initializer_names}


class Interface:
    """The ends of two main graphs. ``partner`` says where a tensor's partner comes from."""

    def __init__(self, old: Facts, new: Facts, pairing: Pairing) -> None:
        self._old, self._new, self._pairing = old, new, pairing
        self._rebound: Facts | bool | None = False

    def edits(self) -> list[Edit]:
        one, two = self._old.model.graph, self._new.model.graph
        ports = [*self._side(Side.INPUT, one.feeds, two.feeds), *self._side(Side.OUTPUT, one.outputs, two.outputs)]
        return [*ports, *self._optional()]

    def _optional(self) -> list[Edit]:
        """Inputs with a default, which a client may feed: since IR version 4 (before, onnxruntime 1.32 refuses it)."""
        found: list[Edit] = []
        old, new = overridable(self._old.model), overridable(self._new.model)
        required = {value.name for value in self._new.model.graph.feeds}
        for name, value in old.items():
            if name not in new and name not in required:
                why, text = (
                    f"who feeds {name!r} fails",
                    f"input {name!r} ({port_said(value)}), which has a default, removed",
                )
                found.append(Edit(PortRemoved(Side.INPUT, name, port_said(value)), Degree.BREAKING, text, why))
        before = {value.name for value in self._old.model.graph.feeds}
        for name, value in new.items():
            if name not in old and name not in before:
                why, text = (
                    f"nobody must feed {name!r}",
                    f"input {name!r} ({port_said(value)}), which has a default, added",
                )
                found.append(Edit(PortAdded(Side.INPUT, name, port_said(value)), Degree.COMPATIBLE, text, why))
        return found

    def _side(self, side: Side, old: Sequence[Value], new: Sequence[Value]) -> list[Edit]:
        found: list[Edit] = []
        partner = self._partners(side, old, new)
        taken = set(partner.values())
        word = side.value
        for i, value in enumerate(old):
            if i in partner:
                found += self._port(side, value, new[partner[i]])
            else:
                why = f"who {'feeds' if side is Side.INPUT else 'asks for'} {value.name!r} fails"
                text = f"{word} {value.name!r} ({port_said(value)}) removed"
                found.append(Edit(PortRemoved(side, value.name, port_said(value)), Degree.BREAKING, text, why))
        for j, value in enumerate(new):
            if j not in taken:
                breaks = side is Side.INPUT
                why = f"nobody feeds {value.name!r} yet" if breaks else f"{value.name!r} comes besides what was there"
                found.append(
                    Edit(
                        PortAdded(side, value.name, port_said(value)),
                        Degree.BREAKING if breaks else Degree.COMPATIBLE,
                        f"{word} {value.name!r} ({port_said(value)}) added",
                        why,
                    )
                )
        places = [partner[i] for i in sorted(partner)]
        ahead = side is Side.OUTPUT and places != list(range(len(places)))
        if places != sorted(places) or ahead:
            names = tuple(v.name for v in old), tuple(v.name for v in new)
            text = f"{word}s in another order: {_listed(names[0])} -> {_listed(names[1])}"
            why = f"who takes {word}s by their place gets another one"
            found.append(Edit(PortsReordered(side, *names), Degree.BREAKING, text, why))
        return found

    def _partners(self, side: Side, old: Sequence[Value], new: Sequence[Value]) -> dict[int, int]:
        """By name, and the others by the structure that they feed or come from."""
        places = {value.name: j for j, value in enumerate(new)}
        found = {i: places[value.name] for i, value in enumerate(old) if value.name in places}
        taken = set(found.values())
        for i in range(len(old)):
            if i not in found:
                j = self._by_structure(side, i)
                if j is not None and j not in taken and j < len(new) and new[j].name not in {v.name for v in old}:
                    found[i] = j
                    taken.add(j)
        return found

    def _by_structure(self, side: Side, place: int) -> int | None:
        """Whose nodes at the other end are partners."""
        pairing = self._pairing
        if side is Side.INPUT:
            for user, slot in pairing.old.port_users[place]:
                other = pairing.of_old[user]
                sources = pairing.new.sources[other] if other >= 0 else ()
                for at, (kind, port, _) in enumerate(sources):
                    if kind == PORT and (at == slot or pairing.new.commutative[other]):
                        return port
            return None
        kind, at, out = pairing.old.outputs[place]
        if kind == NODE and pairing.of_old[at] >= 0:
            for from_, other in pairing.new.output_ports.get(pairing.of_old[at], ()):
                if from_ == out:
                    return other
        return None

    def _port(self, side: Side, old: Value, new: Value) -> list[Edit]:
        found: list[Edit] = []
        word = side.value
        if old.name != new.name:
            why = f"clients {'feed' if side is Side.INPUT else 'ask for'} it by its name, {old.name!r}"
            text = f"{word} {old.name!r} renamed to {new.name!r}"
            found.append(Edit(PortRenamed(side, old.name, new.name), Degree.BREAKING, text, why))
        one, two = self._dtype(self._old, side, old), self._dtype(self._new, side, new)
        if one != two:
            known = "?" not in (one, two)
            found.append(
                Edit(
                    PortRetyped(side, new.name, one, two),
                    Degree.BREAKING if known else Degree.COMPATIBLE,
                    f"{word} {new.name!r}: {one} -> {two}",
                    f"the {word} {new.name!r} is {two} and was {one}" if known else "one of the two declares no type",
                )
            )
        return found + self._sizes(side, old, new)

    def _dtype(self, facts: Facts, side: Side, value: Value) -> str:
        if value.type is not None and not isinstance(value.type, TensorType):
            return repr(value.type)
        if isinstance(value.type, TensorType) and value.type.dtype and side is Side.INPUT:
            return name_of(value.type.dtype)
        fact = facts.at(value.name)
        if fact is not None and fact.dtype:
            return name_of(fact.dtype)
        return name_of(value.type.dtype) if isinstance(value.type, TensorType) else "?"

    def _shape(self, facts: Facts, side: Side, value: Value) -> tuple[object, ...] | None:
        declared = value.type.shape if isinstance(value.type, TensorType) else None
        if side is Side.INPUT:
            return declared
        fact = facts.at(value.name)
        if fact is None or fact.shape is None:
            return declared
        if declared is None or len(declared) != len(fact.shape):
            return fact.shape
        return tuple(
            d if f is None or (isinstance(f, Dim) and (isinstance(d, str) or not self._is_fed(facts, f))) else f
            for f, d in zip(fact.shape, declared, strict=True)
        )

    def _is_fed(self, facts: Facts, size: Dim) -> bool:
        """Whether it hangs on sizes of the inputs alone: one that was born in the graph may be any number."""
        try:
            numbers = substitute(size, dict.fromkeys(self._names(facts), 2))
        except (ValueError, ArithmeticError):
            return False
        return isinstance(numbers, int)

    def _names(self, facts: Facts) -> list[str]:
        return [str(s) for fact in facts.inputs.values() for s in fact.shape or () if isinstance(s, Dim)]

    def _sizes(self, side: Side, old: Value, new: Value) -> list[Edit]:
        one, two = self._shape(self._old, side, old), self._shape(self._new, side, new)
        word = f"{side.value} {new.name!r}"
        if one is None or two is None or len(one) != len(two):
            if one is two is None:
                return []
            texts = _shown(one), _shown(two)
            degree = Degree.BREAKING
            if one is None or two is None:
                opened = two is None
                degree = Degree.COMPATIBLE if opened == (side is Side.INPUT) else Degree.BEHAVIOUR
            edit = PortReshaped(side, new.name, None, *texts)
            return [Edit(edit, degree, f"{word}: shape {texts[0]} -> {texts[1]}", f"{word} has other axes")]
        found = []
        for axis, (a, b) in enumerate(zip(one, two, strict=True)):
            if a == b or _said(a) == _said(b):
                continue
            degree, why = self._axis(side, new, axis, a, b)
            text = f"{word}: axis {axis} {_said(a)} -> {_said(b)}"
            found.append(Edit(PortReshaped(side, new.name, axis, _said(a), _said(b)), degree, text, why))
        return found

    def _axis(self, side: Side, new: Value, axis: int, a: object, b: object) -> tuple[Degree, str]:
        word = f"axis {axis} of {side.value} {new.name!r}"
        if isinstance(a, int) and isinstance(b, int):
            return Degree.BREAKING, f"{word} is {b} and was {a}"
        if isinstance(a, int):  # opened
            if side is Side.INPUT:
                return Degree.COMPATIBLE, f"{word} is open: it takes {a} and others"
            for_old = self._for_old_inputs()
            fact = for_old.at(new.name) if for_old is not None else None
            size = fact.shape[axis] if fact is not None and fact.shape is not None and axis < len(fact.shape) else None
            if size == a:
                return Degree.COMPATIBLE, f"{word} is open, and {a} for the inputs that the old model takes"
            if isinstance(size, int):
                return Degree.BREAKING, f"{word} is {size} for the inputs that the old model takes, and was {a}"
            return Degree.BEHAVIOUR, f"{word} is open, and was {a}"
        if isinstance(b, int):  # bound
            if side is Side.INPUT:
                return Degree.BREAKING, f"{word} is {b} alone, and was open"
            return Degree.COMPATIBLE, f"{word} is {b}, as the old one might be"
        return Degree.COMPATIBLE, f"{word} is open before and after"

    def _for_old_inputs(self) -> Facts | None:
        """The new model's facts for the sizes that the old one declares."""
        if self._rebound is False:
            declared = {v.name: v.type for v in self._old.model.graph.feeds}
            names = {v.name for v in self._new.model.graph.feeds}
            shapes: dict[str, Shape] = {
                name: tuple(s if isinstance(s, int) else None for s in t.shape)
                for name, t in declared.items()
                if name in names and isinstance(t, TensorType) and t.shape is not None
            }
            shapes = {name: shape for name, shape in shapes.items() if None not in shape}
            try:
                self._rebound = self._new.rebind(shapes)
            except AuditorError:
                self._rebound = None
        assert not isinstance(self._rebound, bool)
        return self._rebound


def _said(size: object) -> str:
    return "?" if size is None else str(size)


def _shown(shape: Sequence[object] | None) -> str:
    return "unknown" if shape is None else f"[{', '.join(map(_said, shape))}]"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:6])
    return f"{shown}, ..." if len(names) > 6 else shown
