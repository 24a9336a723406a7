"""Run a model in a child process of its own, and say what came of it. The parent imports neither onnxruntime nor NumPy.

A crash, a hang or too much memory is a result. What the child says, `watched` reads up to a bound; here it is checked.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from .clean import Cleaner
from .outcome import (
    Agreement,
    Crashed,
    Deep,
    Failed,
    GoldenResult,
    Hunted,
    Level,
    NotRun,
    Outcome,
    OutOfMemory,
    Run,
    SideBySide,
    TimedOut,
    Try,
)
from .plain import restore
from .request import OFF, Request
from .signals import signal_name
from .watched import EndedChild, watched

LARGEST_MODEL = (1 << 31) - 1  # protobuf reads no more


def run(request: Request) -> Outcome:
    """Run the model. Nothing that the model does reaches the caller but the outcome; nor does a fault of ours."""
    ended = _ended(request)
    if isinstance(ended, NotRun):
        return ended
    return _cleaned(_outcome(request, ended), ended, Cleaner(request.opened()))


def hunt(request: Request) -> Hunted | Outcome:
    """Look for inputs as the request's search asks; another outcome where the child did not come to its end."""
    ended = _ended(request)
    if isinstance(ended, NotRun):
        return ended
    if ended.answer is not None and ended.answer[0] == Hunted.__name__ and not (ended.broken or ended.killed):
        try:
            found = restore(Hunted, ended.answer[1])
        except (ValueError, RecursionError):
            return Crashed("no answer", ended.stage, "", ended.isolation)
        return found._replace(why=Cleaner(request.opened()).text(found.why))
    return _cleaned(_outcome(request, ended), ended, Cleaner(request.opened()))


def side_by_side(request: Request) -> SideBySide | Outcome:
    """Run two models on the same inputs, as the request's pair asks; another outcome where the child did not come to
    the outputs. Where it ended later, what it knew of these stands."""
    ended = _ended(request)
    if isinstance(ended, NotRun):
        return ended
    known = ended.answer if ended.answer is not None and not (ended.broken or ended.killed) else ended.first
    if known is None or known[0] != SideBySide.__name__:
        return _cleaned(_outcome(request, ended), ended, Cleaner(request.opened()))
    try:
        found = restore(SideBySide, known[1])
    except (ValueError, RecursionError):
        return Crashed("no answer", ended.stage, "", ended.isolation)
    cleaner = Cleaner(request.opened())
    return found._replace(why=cleaner.text(found.why), left_why=cleaner.text(found.left_why))


def look(request: Request) -> Deep | Outcome:
    """One part of the look in depth, as the request asks; another outcome where the child saw nothing of it. Where it
    ended before it had seen all, what it knew stands, and is not whole."""
    from .deep import part_of

    assert request.deep is not None
    ended = _ended(request)
    if isinstance(ended, NotRun):
        return ended
    last = ended.answer if not (ended.broken or ended.killed) else None
    known = last or ended.first
    if known is None or known[0] != Deep.__name__:
        return _cleaned(_outcome(request, ended), ended, Cleaner(request.opened()))
    cleaner = Cleaner(request.opened())
    try:
        fields = dict(known[1])
        seen = restore(part_of(request.deep.part).SEEN, _clean_reasons(fields.pop("seen"), cleaner))
        deep = restore(Deep, {**fields, "seen": None})._replace(seen=seen)
    except (ValueError, TypeError, KeyError, RecursionError):
        return Crashed("no answer", ended.stage, "", ended.isolation)
    if known is not last:
        return deep._replace(whole=False, how=_end(_last(request, ended)) or "it came to no end")
    return deep


def _clean_reasons(seen: Any, cleaner: Cleaner) -> Any:
    """What onnxruntime says stands in fields called ``why``."""
    if isinstance(seen, dict):
        return {
            key: cleaner.text(value) if key == "why" and isinstance(value, str) else _clean_reasons(value, cleaner)
            for key, value in seen.items()
        }
    return [_clean_reasons(one, cleaner) for one in seen] if isinstance(seen, list) else seen


def _ended(request: Request) -> EndedChild | NotRun:
    """What a child for the request came to; why none was started."""
    why = _why_not(request)
    if why:
        return NotRun(why)
    try:
        return watched(request)
    except OSError as error:
        return NotRun(f"no child process could be started: {error.strerror}")


def _why_not(request: Request) -> str:
    """What is known to prevent a run before a process is started."""
    if os.name != "posix":
        return "running a model is not written for this system, only for Linux and macOS"
    try:
        size = Path(request.model).stat().st_size
        whole = size + sum(Path(path).stat().st_size for path in request.files)
    except OSError as error:
        return f"{Path(str(error.filename)).name}: {error.strerror}"
    if size > LARGEST_MODEL:
        return f"the file has {size} bytes, and protobuf reads no more than {LARGEST_MODEL}"
    needed = whole + (request.predicted_bytes or 0)
    if request.limits.memory is not None and needed > request.limits.memory:
        return f"weights and activations take {needed} bytes, and the run may have {request.limits.memory}"
    free = _free_memory()
    if free is not None and needed > free:
        return f"weights and activations take {needed} bytes, and this machine has {free} free"
    return ""


def _free_memory() -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError), Path("/proc/meminfo").open() as lines:
        for line in lines:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _outcome(request: Request, ended: EndedChild) -> Outcome:
    """What came of it; where the child ended over what it tried last, what it knew before, and how it ended."""
    outcome = _last(request, ended)
    if ended.first is None or ended.answer is not None:
        return outcome
    known, how = _restored(ended.first, ended), _end(outcome)
    if not how:
        return outcome
    match known:
        case Run(levels=levels):
            why = f"without optimisation: {how}"
            return known._replace(levels=(*levels, Level(OFF, "not run", how)), agreement=Agreement(why=why))
        case Failed(levels=levels):
            there = any(level.optimisation == OFF for level in levels)
            return known if there else known._replace(levels=(*levels, Level(OFF, "not run", how)))
    return outcome


def _end(outcome: Outcome) -> str:
    """How a child ended that had something more to say; nothing where it said all."""
    match outcome:
        case TimedOut():
            return "no end in time"
        case OutOfMemory():
            return "out of memory"
        case Crashed(signal=signal):
            return f"onnxruntime died: {signal}"
    return ""


def _last(request: Request, ended: EndedChild) -> Outcome:
    feeds = () if ended.attempt is None else request.attempts[ended.attempt : ended.attempt + 1]
    tried = feeds[0] if feeds else ()
    limits = request.limits
    if ended.killed == "time":
        return TimedOut(limits.seconds, ended.stage, ended.isolation, tried)
    if ended.killed == "memory":
        return OutOfMemory(limits.memory, ended.stage, "it was ended", isolation=ended.isolation)
    if ended.killed == "flood" or ended.broken:
        return Crashed("flood" if ended.killed else "no answer", ended.stage, "", ended.isolation, tried)
    if ended.answer is not None:
        return _restored(ended.answer, ended)
    match f"exit {ended.status}" if ended.status >= 0 else signal_name(-ended.status):
        case "SIGXCPU":
            return TimedOut(limits.seconds, ended.stage, ended.isolation, tried)
        case "SIGKILL":  # not by us: the system was short of memory
            return OutOfMemory(None, ended.stage, "the system ended it", isolation=ended.isolation)
        case name:
            words = ended.noise.decode("utf-8", "replace")
            return Crashed(name, ended.stage, words, ended.isolation, tried)


_ANSWERS: dict[str, type[Run] | type[Failed] | type[OutOfMemory] | type[NotRun]] = {
    "Run": Run,
    "Failed": Failed,
    "OutOfMemory": OutOfMemory,
    "NotRun": NotRun,
}


def _restored(answered: tuple[str, Any], ended: EndedChild) -> Outcome:
    kind, content = answered
    if kind == "Fault":
        trace = "".join(c for c in str(content) if c.isprintable() or c == "\n")  # a hostile child may say it too
        last = trace.strip().rpartition("\n")[2]
        return NotRun(f"a fault of auditor in the child: {last}", ended.isolation, trace)
    try:
        answer: Run | Failed | OutOfMemory | NotRun = restore(_ANSWERS[kind], content)
    except (KeyError, ValueError, RecursionError):
        return Crashed("no answer", ended.stage, "", ended.isolation)
    return answer._replace(fault="") if isinstance(answer, NotRun) else answer


def _cleaned(outcome: Outcome, ended: EndedChild, cleaner: Cleaner) -> Outcome:
    """The outcome without the host's paths, cut, and with the warnings that onnxruntime wrote."""
    warnings = cleaner.warnings(bytes(ended.noise))
    match outcome:
        case Run():
            golden = tuple(_clean_golden(one, cleaner) for one in outcome.golden)
            agreement = outcome.agreement and outcome.agreement._replace(why=cleaner.text(outcome.agreement.why))
            return outcome._replace(
                tries=_clean_tries(outcome.tries, cleaner),
                golden=golden,
                levels=_clean_levels(outcome.levels, cleaner),
                agreement=agreement,
                warnings=warnings,
            )
        case Failed():
            tries = _clean_tries(outcome.tries, cleaner)
            return outcome._replace(
                message=cleaner.text(outcome.message),
                tries=tries,
                levels=_clean_levels(outcome.levels, cleaner),
                golden=tuple(_clean_golden(one, cleaner) for one in outcome.golden),
                warnings=warnings,
            )
        case OutOfMemory():
            tries = _clean_tries(outcome.tries, cleaner)
            return outcome._replace(message=cleaner.text(outcome.message), tries=tries)
        case Crashed():
            return outcome._replace(message=cleaner.text(outcome.message, last=True))
        case NotRun():
            hint = cleaner.errors(bytes(ended.noise)) if outcome.why.endswith("could not be started") else ""
            why, fault = outcome.why + (f": {hint}" if hint else ""), cleaner.text(outcome.fault, last=True)
            return outcome._replace(why=cleaner.text(why), fault=fault)
        case TimedOut():
            return outcome


def _clean_tries(tries: tuple[Try, ...], cleaner: Cleaner) -> tuple[Try, ...]:
    return tuple(one._replace(message=cleaner.text(one.message)) for one in tries)


def _clean_levels(levels: tuple[Level, ...], cleaner: Cleaner) -> tuple[Level, ...]:
    return tuple(one._replace(why=cleaner.text(one.why)) for one in levels)


def _clean_golden(result: GoldenResult, cleaner: Cleaner) -> GoldenResult:
    return result._replace(failed=cleaner.text(result.failed))
