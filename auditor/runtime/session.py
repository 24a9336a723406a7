"""onnxruntime's sessions in the child: opened at a level, fed, and what they give looked into.

The module itself is handed in (``ort``): child.py alone imports it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..files import FileTooLarge, read_regular
from ..tuples import NamedTuple
from . import tensors
from .falling import INFORMATION, FallbackLog
from .messages import meant_by
from .outcome import first_line
from .providers import CPU, SIMPLEST, Chain, ChainLink
from .request import LEVELS, OFF, Request
from .trace import with_outputs

LARGEST_TRACED = 1 << 30

_WORDS = {"float32": "float", "float64": "double", "object": "string"}
"""onnxruntime's words for element types, where they are not NumPy's."""


class Refused(Exception):
    """onnxruntime did not run what it was given; ``cause`` is what it raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class NotOpened(Exception):
    """No session, and the model is not to blame: onnxruntime's interface did not take what we gave it."""


class Made(NamedTuple):
    """What a run gave. ``array`` None: nobody can look into it, for ``unseen``; ``type``: it is not a tensor."""

    dtype: int
    shape: tuple[int, ...]
    array: Any
    type: str = ""
    unseen: str = ""


class SessionPort(NamedTuple):
    """An input or output as onnxruntime describes it; of a shape None nobody knows."""

    name: str
    type: str  # "tensor(float)"
    shape: tuple[int | str | None, ...] | None


class Sessions:
    """Opens the sessions of one request."""

    def __init__(self, ort: Any, request: Request, chain: Chain) -> None:
        self._ort, self._request, self.chain, self.listener = ort, request, chain, FallbackLog()
        self._heard = chain.first != CPU and self.listener.listens(ort)

    @property
    def provider(self) -> str:
        """The one that is asked for before all others."""
        return self.chain.first

    def open(
        self,
        level: str,
        model: bytes | None = None,
        without: frozenset[str] = frozenset(),
        other: str = "",
        *,
        traced: bool = True,
        threads: int | None = None,
        usual: bool = False,
        telling: bool = False,
        more: Callable[[Any], None] | None = None,
    ) -> Session:
        """The request's model, one cut out of it, or an ``other``, at a level of optimisation, without some optimisers.

        ``threads``: another number of them than the request's. ``usual``: the arena and spinning threads, as
        onnxruntime has them where nobody says otherwise: for what is timed. ``telling``: it logs all that it does.
        ``more``: what else is set in onnxruntime's options.

        What onnxruntime raises passes through; `NotOpened` where it is no fault of the model, `tensors.CannotRead`
        where the model cannot be read to be traced.
        """
        request = self._request
        options = self._options(level)
        if threads is not None:
            options.intra_op_num_threads = threads
        if usual:
            options.enable_cpu_mem_arena = True
            options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        if telling:
            options.log_severity_level = 0
        if more is not None:
            more(options)
        path = other or request.model
        folder = str(Path(path).parent)
        given: str | bytes = path
        if model is not None:
            given = model
        elif not other and ((request.trace and traced) or not is_utf8(path)):
            given = with_outputs(self.bytes(), request.trace if traced else ())
        if isinstance(given, bytes):
            where = folder if is_utf8(folder) else "."  # the child has gone there
            options.add_session_config_entry("session.model_external_initializers_file_folder_path", where)
        kept = {"disabled_optimizers": sorted(without)} if without else {}
        try:
            if request.custom_ops:
                options.register_custom_ops_library(request.custom_ops)
        except Exception as error:
            raise NotOpened(f"the library {Path(request.custom_ops).name} registers no operators: {error}") from None
        try:
            chain = self.chain.session_arguments(options)
            made = self._ort.InferenceSession(given, options, **chain, enable_fallback=0, **kept)
        except UnicodeDecodeError as error:
            raise meant_by(error) from None
        except (UnicodeError, TypeError, OSError) as error:
            raise NotOpened(f"onnxruntime's interface does not take this model's path: {error}") from None
        except Exception as error:
            raise meant_by(error) from None
        return Session(self._ort, made)

    def cannot_start(self) -> str:
        """Why its providers do not take even the simplest model; "" where they do."""
        try:
            self.open(OFF, SIMPLEST, traced=False)
        except Exception as error:
            return first_line(str(error))
        return ""

    def on(self, provider: str) -> Sessions:
        """The same of another provider, by onnxruntime's name."""
        return Sessions(self._ort, self._request, Chain((ChainLink(provider, {}),)))

    def bytes(self) -> bytes:
        """The whole file; `tensors.CannotRead` where it is too large to be held."""
        try:
            return read_regular(self._request.model, LARGEST_TRACED)
        except FileTooLarge:
            raise tensors.CannotRead(f"a model of more than {LARGEST_TRACED >> 20} MB cannot be traced") from None

    def _options(self, level: str) -> Any:
        options = self._ort.SessionOptions()
        options.graph_optimization_level = getattr(self._ort.GraphOptimizationLevel, LEVELS[level])
        options.intra_op_num_threads = self._request.limits.thread_count()
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # an arena asks for twice what is needed, and the limit is close
        if self._heard:
            options.log_severity_level = INFORMATION
        settings = {
            "session.load_model_format": "ONNX",  # whatever the file is called
            "session.record_ep_graph_assignment_info": "1",
            "session.intra_op.allow_spinning": "0",
        }
        for key, value in settings.items():
            options.add_session_config_entry(key, value)
        return options


class Session:
    """One session, and its runs."""

    def __init__(self, ort: Any, session: Any) -> None:
        self._ort, self.session = ort, session
        try:
            self.inputs = [_port(one) for one in session.get_inputs()]
            self.outputs = [_port(one) for one in session.get_outputs()]
        except UnicodeDecodeError:
            raise NotOpened("onnxruntime's interface knows no names of inputs and outputs but in UTF-8") from None

    def run(self, names: Sequence[str], fed: Sequence[tensors.Stored]) -> list[Made]:
        """The outputs of these names; `Refused` where onnxruntime raises.

        OrtValues are fed, or arrays where there are strings: onnxruntime makes no OrtValue of those.
        """
        arrays = any(one.dtype == tensors.STRING or one.array.dtype == object for one in fed)
        values = {one.name: one.array if arrays else self._value(one) for one in fed}
        try:
            run = self.session.run if arrays else self.session.run_with_ort_values
            made = run(list(names), values)
        except UnicodeDecodeError as error:
            meant = meant_by(error)
            if meant is error:
                raise NotOpened("onnxruntime's interface gives no strings but in UTF-8") from None
            raise Refused(meant) from None
        except Exception as error:
            raise Refused(meant_by(error)) from None
        return [_made(value) for value in made]

    def call(self, names: Sequence[str], fed: Sequence[tensors.Stored]) -> Callable[[], object]:
        """What runs it once, as a program does that has NumPy's arrays and wants them back; nothing is looked into.

        Where NumPy has no such type, OrtValues are fed and given.
        """
        wanted = list(names)
        if any(one.dtype in tensors.STAND_INS for one in fed):
            values = {one.name: self._value(one) for one in fed}
            return lambda: self.session.run_with_ort_values(wanted, values)
        arrays = {one.name: one.array for one in fed}
        return lambda: self.session.run(wanted, arrays)

    def _value(self, stored: tensors.Stored) -> Any:
        import numpy

        array = numpy.ascontiguousarray(stored.array).reshape(stored.array.shape)  # the former makes 0-d arrays 1-d
        if stored.dtype in tensors.STAND_INS:
            return self._ort.OrtValue.ortvalue_from_numpy_with_onnx_type(array, stored.dtype)
        return self._ort.OrtValue.ortvalue_from_numpy(array)


def _port(described: Any) -> SessionPort:
    try:
        shape = tuple(described.shape)
    except (UnicodeDecodeError, TypeError):  # a size's name in bytes that are not UTF-8; what is no tensor
        shape = None
    return SessionPort(described.name, described.type, shape)


def _made(value: Any) -> Made:
    """Out of an OrtValue, or of what onnxruntime makes of one for NumPy."""
    import numpy

    if isinstance(value, numpy.ndarray):
        number = next((k for k, kind in tensors.NUMPY.items() if value.dtype == kind), 0)
        return Made(number, value.shape, value)
    if not hasattr(value, "is_tensor"):
        return Made(0, (), None, type(value).__name__)
    if not value.is_tensor():
        return Made(0, (), None, value.data_type())
    shape = tuple(value.shape())
    try:
        return Made(value.element_type(), shape, _array(value))
    except UnicodeDecodeError:
        return Made(value.element_type(), shape, None, unseen="its strings are not UTF-8")
    except (ValueError, RuntimeError, OverflowError) as error:  # more than 64 axes; bytes beyond 2^63, were there no 0
        return Made(value.element_type(), shape, None, unseen=f"NumPy has no such array: {error}")


def _array(value: Any) -> Any:
    """The NumPy array of a tensor; a stand-in, or None, where NumPy has no such type."""
    import numpy

    dtype = value.element_type()
    if dtype in tensors.NUMPY:
        return value.numpy()
    if dtype not in tensors.STAND_INS:
        return None
    size = value.tensor_size_in_bytes()
    held = bytes((ctypes.c_char * size).from_address(value.data_ptr())) if size else b""
    return numpy.frombuffer(held, tensors.STAND_INS[dtype]).reshape(value.shape())


def misfit(fed: tensors.Stored, kind: str, shape: Sequence[int | str | None] | None) -> str:
    """Both sides, where an array is not what an input of this type ("tensor(float)") and shape takes; else nothing."""
    if not kind.startswith("tensor("):
        return ""
    wanted, name = kind.removeprefix("tensor(").removesuffix(")"), fed.array.dtype.name
    given = _WORDS.get(name, name) if fed.dtype not in tensors.STAND_INS else wanted
    fits = shape is None or (
        len(shape) == fed.array.ndim
        and all(
            not isinstance(size, int) or size in (-1, got) for size, got in zip(shape, fed.array.shape, strict=True)
        )
    )
    if given == wanted and fits:
        return ""
    sizes = ", ".join(str(size) if size is not None else "?" for size in shape or ())
    return f"{fed.name} is {given}{list(fed.array.shape)} there, and the model takes {wanted}[{sizes}]"


def is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
