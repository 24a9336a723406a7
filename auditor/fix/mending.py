"""The whole of ``auditor fix``: a model is read, edited, written, audited and compared."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from contextlib import ExitStack

from ..errors import AuditorError, CannotLook, ExitCode, UsageError
from ..model import digest, external
from ..model.file_troubles import Concatenated, NotUtf8, OddEncoding
from ..model.graph import Model
from ..model.load import load, loads, open_model
from ..pipeline import audit, selected
from ..policy.judge import exit_code, judge
from ..record import Record
from ..report import Finding, Report, Severity
from ..settings import Settings
from ..tuples import NamedTuple
from .comparing import Compared, compared
from .draft import Draft
from .offer import Wishes
from .planning import Numbered, Plan, plan
from .rope import Copy, Rope, length
from .same_data import same_files
from .splice import Splicer
from .writing import Target, in_memory, target, written

_HELD = 64 << 20  # bytes of a copy that a dry run makes in memory


class CannotMend(AuditorError):
    """The file is such that no copy of it can be made which says the same to every reader."""

    exit_code = ExitCode.FINDINGS


class Changed(AuditorError):
    """Outputs are others though no edit should change them: a fault of ours, and nothing was written."""

    exit_code = ExitCode.FAULT


class FixAsked(NamedTuple):
    """One call."""

    path: str
    out: str = ""  # "": beside the model
    in_place: bool = False
    dry_run: bool = False
    wishes: Wishes = Wishes()


class Fixed(Record):
    """What came of it."""

    path: str
    edits: tuple[Numbered, ...]
    left: tuple[Finding, ...]  # what an audit says of the copy; of a dry run, what no edit was offered for
    written: str = ""  # "": nothing was
    size: int = 0
    files: tuple[str, ...] = ()  # data files that were written beside it
    notes: tuple[str, ...] = ()
    compared: Compared | None = None
    report: Report | None = None  # of the copy

    @property
    def code(self) -> ExitCode:
        if any(finding.severity is Severity.ERROR for finding in self.left):
            return ExitCode.FINDINGS
        return ExitCode.PASS if self.report is None else exit_code(judge(self.report).verdict)


def default_target(path: str) -> str:
    """``model.fixed.onnx`` beside ``model.onnx``."""
    stem, extension = os.path.splitext(path)
    return f"{stem}.fixed{extension}" if extension == ".onnx" else f"{path}.fixed.onnx"


def fixed(asked: FixAsked, settings: Settings) -> Fixed:
    """Mend a model as far as it can be. Raises `AuditorError`, each with a line that says what to do."""
    if asked.wishes.embed and asked.wishes.data_file:
        raise UsageError("--embed and --external-data contradict each other: say one of them")
    selected(settings._replace(select=asked.wishes.only))  # a wrong rule's name ends this before anything is read
    settings = settings._replace(dims={}, shapes={}, inputs=None)
    model = load(asked.path)
    _refuse(model, asked.path)
    to = _target(asked, model)
    before = audit(asked.path, settings._replace(run=False))
    planned = plan(Draft(model, model), before.findings, asked.wishes, os.path.basename(to.path))
    if not planned.made:
        return Fixed(asked.path, planned.edits, before.findings)
    if asked.dry_run:
        return _foreseen(asked, settings, model, planned, before.findings)
    return _write(asked, settings, model, planned.draft, planned.edits, to, keeps=planned.keeps)


def _foreseen(asked: FixAsked, settings: Settings, model: Model, planned: Plan, before: tuple[Finding, ...]) -> Fixed:
    """What an audit would say of the copy; of a large one what was found and no edit is known to mend."""
    within = planned.draft
    if asked.wishes.data_file:  # the weights where they are: the same model, in one file
        chosen = tuple(n for n in asked.wishes.choose if n < len(planned.edits))  # the last edit is to move them
        wishes = asked.wishes._replace(data_file="", choose=chosen)
        within = plan(Draft(model, model), before, wishes, os.path.basename(asked.path)).draft
    rope = Splicer(within).rope()
    if not within.files and length(rope) <= _HELD:
        report = audit(loads(in_memory(model, rope), asked.path), settings._replace(run=False))
        return Fixed(asked.path, planned.edits, report.findings)
    notes = (
        "the copy is too large to be audited without being written: what is left is what was found in the original, "
        "but for what an edit is known to mend",
    )
    return Fixed(asked.path, planned.edits, _unmended(planned, before), notes=notes)


def _unmended(planned: Plan, before: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Without the findings whose own repair is made, and those of which there is one that an edit is for."""
    offers = [edit.offer for edit in planned.made]
    repaired = {offer.instead for offer in offers if offer.instead}
    times = Counter(finding.rule for finding in before)
    mended = {offer.rule for offer in offers if not offer.instead and times[offer.rule] == 1}
    return tuple(f for f in before if f.fingerprint not in repaired and f.rule not in mended)


def _refuse(model: Model, path: str) -> None:
    for trouble in model.troubles:
        if isinstance(trouble, Concatenated | OddEncoding | NotUtf8):
            raise CannotMend(
                f"{path}: readers differ on what its bytes mean (at byte {trouble.offset:,}), so there is no copy that "
                "says the same to all of them: export the model anew"
            )


def _target(asked: FixAsked, model: Model) -> Target:
    if asked.in_place and asked.out:
        raise UsageError("--in-place and -o name two files: say one of them")
    path = asked.path if asked.in_place else asked.out or default_target(asked.path)
    status = os.stat(asked.path)
    found = target(path, status)
    if not asked.in_place and os.path.lexists(path) and os.path.samefile(path, asked.path):
        raise UsageError(f"{path} is the model itself: --in-place replaces it")
    folder = os.path.dirname(model.path)
    for location in digest.files(model):
        if _same_place(path, os.path.join(folder, location)):
            raise UsageError(f"{path} is a data file of the model, which is never replaced: name another file")
    return found


def _write(
    asked: FixAsked, settings: Settings, model: Model, draft: Draft, edits: tuple[Numbered, ...], to: Target,
    *, keeps: bool,
) -> Fixed:  # fmt: skip
    rope = Splicer(draft).rope()
    with ExitStack() as undoing:
        files, notes = _data_files(model, draft, to.path, undoing)
        with written(model, rope, to, undoing.pop_all) as path:  # from then on the copy needs its data files
            load(path)  # what we cannot read ourselves takes no file's place
            report = audit(path, settings)
            found = compared(asked.path, path, settings)
            if asked.in_place:
                _unchanged(model)
            if keeps and found.differ:
                raise Changed(
                    f"{asked.path}: no edit should change an output, and {found.differ[0]}: nothing was written; "
                    "this is a fault of auditor, please report it"
                )
    report = report._replace(model=report.model._replace(path=to.path))
    return Fixed(asked.path, edits, report.findings, to.path, length(rope), files, notes, found, report)


def _unchanged(model: Model) -> None:
    """`CannotLook` where somebody wrote another model to the path meanwhile: the copy must not take its place."""
    descriptor, identity = open_model(model.path)
    os.close(descriptor)
    if identity != model.identity:
        raise CannotLook(f"{model.path} has changed since it was loaded: nothing was written")


def _data_files(model: Model, draft: Draft, out: str, undoing: ExitStack) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Writes what the copy refers to beside it; those that were made, and what could not be."""
    made: list[str] = []
    notes: list[str] = []
    folder = os.path.dirname(out)
    elsewhere = not _same_folder(folder, os.path.dirname(model.path))
    kept = digest.files(draft.model)
    like = os.stat(model.path)
    for location, rope in draft.files.items():
        path = _data_path(folder, location, out)
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already: delete it, or name another file with --external-data")
        if location in map(posixpath.normpath, kept):
            raise UsageError(
                f"{location} is also where tensors that stay outside have their data: name another file with "
                "--external-data"
            )
        _put(model, rope, path, like, undoing)
        made.append(path)
    for location in kept if elsewhere else ():
        found = external.look(model, location)
        if not isinstance(found, external.DataFile):
            notes.append(f"the data file {location!r} cannot be read, so the copy refers to it as the original does")
            continue
        path = _data_path(folder, location, out)
        if os.path.lexists(path):
            if not same_files(model, location, path):
                raise UsageError(f"{path} is there already, and is not the model's data file: write to another folder")
        else:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            like = os.stat(os.path.join(os.path.dirname(model.path), location))
            _put(model, (Copy(location, 0, found.size),), path, like, undoing)
            made.append(path)
    return tuple(made), tuple(notes)


def _data_path(folder: str, location: str, out: str) -> str:
    """Where a data file belongs, beside the copy and never through a link: the model says the location."""
    path = folder
    for part in posixpath.normpath(location).split("/"):
        if path != folder and os.path.islink(path):
            raise UsageError(f"cannot write the data file {location!r}: {path} is a link")
        path = os.path.join(path, part)
    if os.path.abspath(path) == os.path.abspath(out):
        raise UsageError(f"{out} would be the copy and its data file: choose another name for one of them")
    return path


def _put(model: Model, rope: Rope, path: str, like: os.stat_result, undoing: ExitStack) -> None:
    """What only the model's owner may read stays so: weights are no less private than the file they come from."""
    with written(model, rope, target(path, like), anew=True):
        pass
    undoing.callback(os.unlink, path)


def _same_place(one: str, two: str) -> bool:
    """Whether two paths name one file, be it there or not."""
    try:
        return os.path.realpath(one) == os.path.realpath(two) or os.path.samefile(one, two)
    except (OSError, ValueError):  # one of them is not there, or is no path at all
        return False


def _same_folder(one: str, two: str) -> bool:
    return os.path.realpath(one or ".") == os.path.realpath(two or ".")
