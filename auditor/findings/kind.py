"""What a rule says of all that it finds: how bad it is, how it is known again, what it explains or is explained by."""

from __future__ import annotations

from enum import Enum

from ..report import Basis, Found, Severity
from ..tuples import NamedTuple


class KnownBy(Enum):
    """By what a place is known in the next version of a model."""

    NODE = "node"  # and at which of its inputs or outputs the tensor stands
    TENSOR = "tensor"  # the finding is about a tensor, and names any one of the nodes that take it
    OPERATOR = "operator"  # alone: a cycle has no first node, and a runtime's nodes are not the model's


class Symptom(Enum):
    """What may be there only because of another fault, and is then folded under that one."""

    REFUSED = "refused"  # a runtime does not run the model
    NOT_FINITE = "not finite"  # a run gave NaN or infinity
    OTHER_OUTPUTS = "other outputs"  # a run gave something else than it should
    UNUSED = "unused"  # nothing uses it any more

    @property
    def of_a_run(self) -> bool:
        """Any error in the model explains what a run came to; what is unused is explained by what says so."""
        return self is not Symptom.UNUSED


class Kind(NamedTuple):
    """What all findings of a rule have in common."""

    rule: str
    severity: Severity  # unless the finding has its own
    basis: Basis  # unless the finding has its own
    known_by: KnownBy = KnownBy.NODE
    symptom: Symptom | None = None  # what it finds, where that can be explained by another rule's finding
    explains: frozenset[Symptom] = frozenset()  # even as a warning
    by_policy: bool = False  # the gate makes its findings, each time that a report is judged
    from_strangers: Severity | None = None  # at least so bad where nobody knows who made the model


class Candidate(NamedTuple):
    """What a rule found, on its way into the report."""

    kind: Kind
    found: Found
    severity: Severity
    consequences: int = 0

    @classmethod
    def from_found(cls, kind: Kind, found: Found) -> Candidate:
        return cls(kind, found, found.severity or kind.severity)

    @property
    def basis(self) -> Basis:
        return self.found.basis or self.kind.basis
