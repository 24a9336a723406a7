"""The nodes that take most of a run, by onnxruntime's profile. It distorts: these runs are none of those that count."""

from __future__ import annotations

from functools import partial

from ...tuples import NamedTuple
from ..cutting import Cuttable, NotCut
from ..messages import meant_by
from ..outcome import first_line
from ..providers import CPU
from ..session import Session
from ..tensors import CannotRead
from .clock import repeated
from .ground import DeepGround
from .in_memory import NotWritable, SessionFiles
from .optimised import NodeOrigin, laid_out, numbered, numbered_in, origins
from .profile import LARGEST, NodeTime, NoProfile, read_profile

IN_MEMORY = LARGEST
"""Bytes of each of the two files that onnxruntime writes; behind them it can write no more."""

_RUNS, _MOST_RUNS, _LONG = 9, 25, 0.05  # runs that are asked for, and more of them up to so many seconds
_MOST = 20  # nodes that are told
_MOST_MADE = 1 << 20  # characters of the names of tensors
_EVENT = 2000  # bytes, more than most of them take
_LONGEST = 300  # characters of a name


class SlowNode(NamedTuple):
    """A node that onnxruntime runs, and its `NodeTime`. ``origin`` None: it gives values another form, which the model
    does not ask for."""

    name: str
    op_type: str
    milliseconds: float
    percent: float
    fastest: float
    fastest_percent: float
    origin: NodeOrigin | None = None


class Profiled(NamedTuple):
    """``nodes`` that onnxruntime runs, and the slowest of them; ``made``: the tensors of the model that all of them
    make. ``why`` there are none."""

    runs: int = 0
    nodes: int = 0
    slowest: tuple[SlowNode, ...] = ()
    made: tuple[str, ...] = ()
    why: str = ""


def slowest(ground: DeepGround, files: SessionFiles | None, until: float) -> Profiled:
    """Profile some runs. Whatever comes between is a reason that is said."""
    if ground.sessions.provider != CPU:
        return Profiled(
            why="on a device onnxruntime's profile has the time that it takes to start a kernel, not its own"
        )
    if files is None:
        return Profiled(why="this system has no files in memory for onnxruntime's profile")
    try:
        return _profiled(ground, files, until)
    except (NotWritable, NotCut, CannotRead) as error:
        return Profiled(why=str(error))
    except NoProfile as error:
        return Profiled(why=f"onnxruntime's profile cannot be read: {error}")
    except Exception as error:
        return Profiled(why=f"onnxruntime made no profile: {first_line(str(meant_by(error)))}"[:2000])


def _profiled(ground: DeepGround, files: SessionFiles, until: float) -> Profiled:
    model = ground.model
    session, has_graph = _opened(ground, numbered(model), files)
    call = session.call([output.name for output in session.outputs], ground.fed())
    most = max(_RUNS, min(_MOST_RUNS, LARGEST // (_EVENT * (len(model.nodes) or 1))))
    repeated(call, 1 + _RUNS, 1 + most, _LONG, until)
    session.session.end_profiling()
    runs, times = read_profile(files.profile.read(LARGEST), skipped=1)
    graph = _graph_of(files) if has_graph else None
    if graph is None:
        return Profiled(runs, len(times), tuple(_by_name(model, one) for one in times[:_MOST]))
    found = origins(model, graph.nodes)
    known = {node.name for node in graph.nodes}
    times = tuple(one for one in times if one.name in known)  # what runs in a body may end as its node does
    made = tuple(dict.fromkeys(name for origin in found.values() for name in origin.makes))
    if sum(map(len, made)) > _MOST_MADE:  # they would not all cross the pipe
        return Profiled(runs, len(times), tuple(_by_name(model, one) for one in times[:_MOST]))
    return Profiled(runs, len(times), tuple(_slow_node(one, found.get(one.name)) for one in times[:_MOST]), made)


def _opened(ground: DeepGround, model: bytes, files: SessionFiles) -> tuple[Session, bool]:
    """A session, and whether it has written its graph: not all that runs can be written."""

    def opened(graph: bool) -> Session:
        set_in = partial(files.set_in, graph=graph)
        return ground.sessions.open(ground.request.optimisation, model, usual=True, more=set_in)

    try:
        return opened(True), True
    except NotWritable:
        raise
    except Exception:
        return opened(False), False


def _graph_of(files: SessionFiles) -> Cuttable | None:
    try:
        return Cuttable(files.graph.read(LARGEST))
    except NotCut:
        return None


def _slow_node(time: NodeTime, origin: NodeOrigin | None) -> SlowNode:
    cut = time._replace(name=time.name[:_LONGEST], op_type=time.op_type[:_LONGEST])
    return SlowNode(*cut, origin)


def _by_name(model: Cuttable, time: NodeTime) -> SlowNode:
    made = laid_out(time.name, model.makers)
    return _slow_node(time, NodeOrigin(numbered_in(time.name), (made,) if made else ()))
