"""What an audit says: plain data, imported by everything, importing nothing of ours but what records are.

All names and numbers in a `Finding` are already rendered (strings and ints), so that every format can show them and
none needs to know what a size is.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any

from .record import Record
from .repair import Repair
from .tuples import NamedTuple

_NOTHING: Mapping[str, Any] = {}


class Severity(StrEnum):
    """How bad (SARIF's own three levels)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Basis(StrEnum):
    """By whose word a finding stands."""

    ILLEGAL = "illegal"  # breaks the ONNX specification
    REFUSED = "refused"  # legal, but a runtime cannot run it, or does otherwise: measured
    SUSPICIOUS = "suspicious"  # legal, and hardly what was meant


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Location(NamedTuple):
    """Where in the model. ``graph`` is "" for the main graph, else a path such as ``if_1/then_branch``."""

    graph: str = ""
    node: str = ""  # the node's name, or ``Conv[3]``: its op_type and its index in its graph
    op_type: str = ""
    tensor: str = ""
    attribute: str = ""
    offset: int | None = None  # byte in the model file


class Places(NamedTuple):
    """Nodes of one graph, by their index there, and tensors by their name."""

    graph: str = ""
    nodes: tuple[int, ...] = ()
    tensors: tuple[str, ...] = ()


class Step(NamedTuple):
    """One line of a derivation: how one node's output shape came about, numbers filled in."""

    node: str
    op_type: str
    inputs: tuple[str, ...]  # shapes, as text: "[1, 3, 224, 224]"
    output: tuple[int | str | None, ...] | None
    formula: str  # "floor((224 - 11) / 4) + 1 = 54"


class Fit(NamedTuple):
    """Sizes of the graph's inputs under which a place would be right.

    ``ranges`` holds ``(low, high)`` or ``(low, high, step)``, closed; high None: up to the search's bound.
    No range: none fits.
    """

    axes: tuple[str, ...]  # "data[2]"
    ranges: tuple[tuple[int, int | None] | tuple[int, int | None, int], ...]


class WitnessInput(NamedTuple):
    """One input of a witness, which lies in [low, high]; ``values`` of small ones, row-major."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    low: float
    high: float
    values: tuple[float, ...] = ()


class Witness(NamedTuple):
    """Inputs that were run and showed the fault. `auditor.witness_inputs` makes them again, by the recipe."""

    inputs: tuple[WitnessInput, ...]
    recipe: str  # as JSON: '["fill", 0.0]'
    tensor: str  # what was seen where
    place: tuple[int, ...]
    value: str  # "nan", "inf", "70656"
    nan_outputs: tuple[str, ...] = ()  # of the model, as it is deployed
    infinite_outputs: tuple[str, ...] = ()
    runtime: str = ""  # "onnxruntime 1.32.0"


class RangeRow(NamedTuple):
    """What a tensor of the main graph can hold for inputs within their ranges; ``nan``: NaN too."""

    tensor: str
    dtype: str
    low: float
    high: float
    nan: bool = False


class Waived(NamedTuple):
    """Why a finding does not count: the baseline knows it, or somebody answers for it."""

    by: str  # "baseline" or "waiver"
    reason: str = ""
    owner: str = ""
    expires: str = ""  # ISO 8601, the last day; "" never


class Found(NamedTuple):
    """What a rule yields: one fault. The message says what is there and what was expected; ``fix`` what to do."""

    message: str
    location: Location = Location()
    fix: str = ""
    expected: int | str | None = None
    actual: int | str | None = None
    derivation: tuple[Step, ...] = ()
    fits: tuple[Fit, ...] = ()
    repairs: tuple[Repair, ...] = ()  # edits that mend it, each proved; the first is the one that ``fix`` tells
    severity: Severity | None = None  # None: the rule's own
    basis: Basis | None = None  # None: the rule's own
    places: tuple[Places, ...] = ()  # all of them where it speaks of many: for the fingerprint
    magnitude: int | float | None = (
        None  # more is worse (elements that are NaN): a baseline covers no more than it knew
    )
    witness: Witness | None = None


class Finding(Record):
    """One fault of the model, as the report has it: a rule's `Found` with all that the pipeline knows of it."""

    rule: str
    severity: Severity
    basis: Basis
    message: str
    location: Location = Location()
    fix: str = ""
    expected: int | str | None = None
    actual: int | str | None = None
    derivation: tuple[Step, ...] = ()
    fits: tuple[Fit, ...] = ()
    fingerprint: str = ""
    consequences: int = 0  # what follows from this one and was folded under it
    parts: tuple[str, ...] = ()  # a short fingerprint of each of many places, by which a baseline knows fewer of them
    magnitude: int | float | None = None  # as in `Found`
    repairs: tuple[Repair, ...] = ()  # as in `Found`, the likeliest first
    witness: Witness | None = None


class JudgedFinding(Finding):
    """A finding of which a policy says something: that it is waived, or how bad it is (then ``severity`` is that)."""

    waived: Waived | None = None
    own_severity: Severity | None = None  # what it was before the policy said otherwise

    @classmethod
    def from_finding(cls, finding: Finding, **said: Any) -> "JudgedFinding":
        """The finding, and what is said of it beside what was."""
        return cls(**{**vars(finding), **said})


def waiver_of(finding: Finding) -> Waived | None:
    """Why a finding does not count; None where it does."""
    return finding.waived if isinstance(finding, JudgedFinding) else None


class Missed(NamedTuple):
    """Something that was not looked at, and why. ``asked``: it was asked for by name, so the verdict is open.

    ``trace``: of a fault of ours, for standard error and in no report.
    """

    what: str
    why: str
    asked: bool = False
    trace: str = ""


class Coverage(NamedTuple):
    """What was looked at. "Clean" and "not looked at" are different answers, and only the first is a pass."""

    ran: tuple[str, ...] = ()
    skipped: tuple[Missed, ...] = ()
    failed: tuple[Missed, ...] = ()

    @property
    def traces(self) -> tuple[str, ...]:
        """The tracebacks of faults of ours that cost a part of the audit, each once."""
        return tuple(dict.fromkeys(missed.trace for missed in (*self.skipped, *self.failed) if missed.trace))


class ModelIdentity(NamedTuple):
    path: str
    bytes: int = 0
    digest: str = ""  # of the structure and the payloads' lengths; always there
    content_digest: str | None = None  # of every byte; null unless the weights were read
    files: tuple[str, ...] = ()  # external data files, relative to the model's folder
    ir_version: int = 0
    opsets: Mapping[str, int] = _NOTHING
    producer: str = ""


class Port(NamedTuple):
    """An input or output of the graph: as declared, propagated sizes filled in."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None


class Totals(NamedTuple):
    """Counts over the whole model. With an open size a count is a polynomial, as text; None: it cannot be known."""

    nodes: int = 0
    parameters: int = 0
    learnable_parameters: int | str | None = 0
    running_statistics: int | str | None = 0
    elementwise_parameters: int = 0  # stored for element-wise operators: no layer's by the formulas
    macs: int | str | None = 0
    body_macs: int | str | None = 0  # the part of them that lies in subgraphs and functions
    flops: int | str | None = 0
    weight_bytes: int = 0
    peak_activation_bytes: int | str | None = None


class WeightRow(NamedTuple):
    tensor: str
    dtype: str
    shape: tuple[int, ...]
    min: float
    max: float
    mean: float
    std: float
    zeros: int
    nan: int
    inf: int


class JudgedBy(NamedTuple):
    """Whose verdict it is. "" stands for none: then findings of severity error fail."""

    policy: str = ""  # the file that says what is asked
    baseline: str = ""  # the file that says what is known
    trusted: bool = False  # the policy was named as the one that nothing else can soften


NOBODY = JudgedBy()


class RunAttempt(NamedTuple):
    """Inputs that were tried: their sizes, a word on their values, and what came of it."""

    inputs: Mapping[str, tuple[int, ...]]
    values: str = ""  # "floats in [0, 1), integers 0 or 1, seed 0"; "of FILE.npz"
    status: str = ""  # ok | not finite | failed
    why: str = ""


class RunLevel(NamedTuple):
    """What came of the model at one level of onnxruntime's optimisation, the run of record first."""

    optimisation: str
    status: str  # ok | load failed | run failed | not run
    why: str = ""
    outputs: str = ""  # against the run of record: "equal", "different: y", "not compared: ..."


class ProviderShare(NamedTuple):
    """What one execution provider did of a run; None: not known."""

    provider: str
    nodes: int
    node_percent: float | None = None
    macs: int | None = None
    mac_percent: float | None = None


class ProviderFallback(NamedTuple):
    """Nodes of one operator that did not go to the provider that was asked for; ``why`` "": nobody said."""

    op_type: str
    provider: str  # where they went
    nodes: int
    why: str = ""


class RunSummary(NamedTuple):
    """What came of running the model, for the report."""

    provider: str = ""
    status: str = "not run"  # ok | failed | crashed | timed out | not run
    why: str = ""
    seconds: float = 0.0
    isolation: Mapping[str, str] = _NOTHING
    placement: Mapping[str, int] = _NOTHING  # execution provider: number of nodes
    golden: tuple[str, ...] = ()  # one line a golden vector: "test_data_set_0: equal within rtol 0.001"
    outputs: tuple[Port, ...] = ()
    optimisation: str = ""  # off | basic | extended | all, of the run of record; "" where none was to be made
    cpu: tuple[str, ...] = ()  # features of the processor on which results of 8-bit and 16-bit types hang
    attempts: tuple[RunAttempt, ...] = ()
    levels: tuple[RunLevel, ...] = ()
    shares: tuple[ProviderShare, ...] = ()  # where another provider than the CPU was asked for, that one first
    unplaced_macs: int | None = None  # in nodes of which it is not known who did them
    shares_by: str = ""  # how the shares were had
    fallbacks: tuple[ProviderFallback, ...] = ()


class Stamp(NamedTuple):
    """On what a number was measured: nothing of it holds elsewhere."""

    runtime: str = ""  # "onnxruntime 1.32.0"
    provider: str = ""
    device: str = ""  # the processor's or the card's name; "" where the system does not say
    threads: int = 0
    optimisation: str = ""
    cpu: tuple[str, ...] = ()  # features of the processor on which results hang


class DeepFigure(NamedTuple):
    """One number of a part of the look in depth, by a name that stays the same from audit to audit."""

    name: str  # "p90", "worst-sqnr"
    value: int | float
    unit: str = ""  # "ms", "bytes", "dB"; "" of a count or a ratio


class DeepSeries(NamedTuple):
    """Numbers that are drawn side by side, each with its label."""

    name: str
    unit: str
    labels: tuple[str, ...]
    values: tuple[float, ...]


class DeepPart(NamedTuple):
    """What one part of the look in depth came to.

    ``status``: ``ok`` nothing was found; ``found`` a finding says what; ``open`` what was seen decides nothing;
    ``not looked at``. ``why`` explains the last two.
    """

    part: str  # one of `settings.DEEP`
    status: str
    why: str = ""
    lines: tuple[str, ...] = ()  # for a person, each one thing
    figures: tuple[DeepFigure, ...] = ()
    series: tuple[DeepSeries, ...] = ()
    seconds: float = 0.0
    stamp: Stamp = Stamp()


class Report(Record):
    """All that one audit of one model found out. It is neither true nor false: that is for a policy to say."""

    model: ModelIdentity
    findings: tuple[Finding, ...] = ()
    coverage: Coverage = Coverage()
    totals: Totals = Totals()
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    weights: tuple[WeightRow, ...] = ()
    ranges: tuple[RangeRow, ...] = ()  # where ranges of inputs are given
    run: RunSummary = RunSummary()
    depth: tuple[DeepPart, ...] = ()  # the parts of the look in depth that were asked for
    audited_at: str = ""  # ISO 8601, UTC
    rules_digest: str = ""  # of the set of rules that this version knows
    operators: Mapping[str, int] = _NOTHING  # nodes of each ("com.microsoft:Gelu"), in subgraphs and functions too
    dtypes: tuple[str, ...] = ()  # element types of all tensors; "?" where there are some that are not known
    ad_hoc: tuple[str, ...] = ()  # options that were not configured: such an audit is never a model's latest
    judged_by: JudgedBy = NOBODY

    def __bool__(self) -> bool:
        raise TypeError("a report is neither true nor false: ask auditor.judge(report).verdict")

    def _repr_html_(self) -> str:
        """A short table, which is what a notebook asks an object for."""
        html: Callable[[Report], str] = import_module("auditor.notebook").html  # above us, and only there needed
        return html(self)


class Contract(NamedTuple):
    """What a registry says of a model: one more witness, filled by the source, taken by rules as evidence.

    A port without a name is the model's only one. A dtype "" and a shape or a size None say nothing.
    """

    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    origin: str = ""  # the file that says it
    sha256: str = ""  # what the model's file should hash to
    max_batch: int = 0  # over 0: each shape's first size is a batch of up to so many
    open_is_promise: bool = False  # a size None says that any size is served, and that every input is named
    troubles: tuple[str, ...] = ()  # what of it could not be read
