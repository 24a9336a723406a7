"""The rules. Every module of this package is one rule, and its name is the rule's: ``nan_weights`` is ``nan-weights``.

A rule is a generator function decorated with `rule`. Its parameters' annotations say which evidence it wants:
``Model``, ``Facts``, ``Costs``, ``Weights``, ``Trial``, ``Settings`` or ``Contract``. Its module's docstring is its
page, with the sections *What it does*, *Why it matters*, *Fires on*, *Quiet on* and *How to fix*; the tests run the
models of the two in the middle.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from ..findings.kind import Kind, KnownBy, Symptom
from ..hashing import blake2b
from ..model.graph import Model, in_order_of_places
from ..model.scopes import scopes
from ..model.tensor import SparseTensor, Tensor
from ..modules import module_names
from ..report import Basis, Found, Location, Severity
from ..tuples import NamedTuple

if TYPE_CHECKING:
    from ..shapes.facts import Facts
    from ..shapes.mending.search import Mend

Check: TypeAlias = Callable[..., Iterator[Found]]


class Rule(NamedTuple):
    """One rule: what its findings have in common, and which evidence it asks for."""

    kind: Kind
    check: Check
    wants: tuple[str, ...]  # the annotations of its parameters, in order
    doc: str  # the docstring of its module

    @property
    def name(self) -> str:
        return self.kind.rule

    @property
    def severity(self) -> Severity:
        return self.kind.severity

    @property
    def basis(self) -> Basis:
        return self.kind.basis

    @property
    def page(self) -> str:
        """What there is to say of the rule, in Markdown."""
        from inspect import cleandoc  # a check shows no pages

        return cleandoc(self.doc)

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return self.doc.partition("\n")[0].rstrip(".")


_registered: dict[str, Rule] = {}


def rule(
    severity: Severity,
    basis: Basis,
    *,
    known_by: KnownBy = KnownBy.NODE,
    symptom: Symptom | None = None,
    explains: Collection[Symptom] = (),
    by_policy: bool = False,
    from_strangers: Severity | None = None,
) -> Callable[[Check], Rule]:
    """Make the generator function of a module its rule. What it yields may carry another severity or basis.

    ``known_by`` says by what a baseline knows the places again. What a rule finds as a ``symptom`` is folded under the
    finding that explains it: of a rule that ``explains`` such symptoms, or any error where it is a symptom of a run.
    ``by_policy``: the gate makes its findings, each time that a report is judged. ``from_strangers``: how bad its
    findings are at least under the profile ``untrusted``.
    """

    def bind(check: Check) -> Rule:
        module = sys.modules[check.__module__]
        name = check.__module__.rpartition(".")[2].replace("_", "-")
        wants = tuple(kind for name, kind in check.__annotations__.items() if name != "return")
        kind = Kind(name, severity, basis, known_by, symptom, frozenset(explains), by_policy, from_strangers)
        made = _registered[name] = Rule(kind, check, wants, module.__doc__ or "")
        return made

    return bind


_of_attributes: WeakKeyDictionary[Model, dict[int, Location]] = WeakKeyDictionary()


def stored_at(model: Model, path: str, tensor: Tensor) -> Location:
    """Where a stored tensor lies: in a graph by its name, or at the node that has it as an attribute.

    A Constant's tensor is known by the node's output, for its own name is often empty.
    """
    known = _of_attributes.get(model)
    if known is None:
        known = _of_attributes[model] = dict(_in_attributes(model))
    offset = tensor.offset if tensor.offset >= 0 else None
    return known.get(id(tensor), Location(path, tensor=tensor.name))._replace(offset=offset)


def _in_attributes(model: Model) -> Iterator[tuple[int, Location]]:
    for scope in scopes(model):
        holding = [
            kind for kind in scope.graph.kinds if any(isinstance(v, tuple) for v in kind.node.attributes.values())
        ]
        for index in in_order_of_places(holding):
            node = scope.graph.nodes[index]
            for name, value in node.attributes.items():
                if not isinstance(value, tuple):
                    continue
                held = (value,) if hasattr(value, "_fields") else value
                for item in held:
                    parts = (item.values, item.indices) if isinstance(item, SparseTensor) else (item,)
                    place = Location(
                        scope.path, scope.graph.label(index), node.op_type, next(iter(node.outputs), ""), name
                    )
                    yield from ((id(part), place) for part in parts if isinstance(part, Tensor))


def cured(facts: Facts, location: Location, cure: Mend | None) -> Location:
    """Where a fault lies that shows at ``location``: at the node that the cure is for, where nothing else is likely."""
    if cure is None or cure.at is None or not cure.sure or facts.label(cure.at) == location.node:
        return location
    node = facts.node(cure.at)
    return Location(cure.at.graph, facts.label(cure.at), node.op_type, cure.tensor, cure.attribute, node.offset)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by name."""
    for name in module_names(__path__):
        import_module(f"{__name__}.{name}")
    return tuple(_registered[name] for name in sorted(_registered))


@cache
def rules_digest() -> str:
    """Identifies the set of rules: the hash of their names and pages."""
    text = "\0".join(f"{r.name}\0{r.severity}\0{r.basis}\0{r.doc}" for r in all_rules())
    return blake2b(text.encode(), digest_size=8).hexdigest()
