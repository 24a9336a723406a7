"""onnxruntime's execution providers: their names, the chain that a session gets, and libraries that bring more of them.

The module itself is handed in (``ort``): child.py alone imports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..tuples import NamedTuple
from ..wording import nearest
from .outcome import first_line
from .request import Request

CPU, CUDA, TENSORRT = "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"

_OTHER_WORDS = {"directml": "dml", "trt": "tensorrt"}
_BY_DEVICE_ID = frozenset(
    f"{name}ExecutionProvider" for name in ("CUDA", "Tensorrt", "NvTensorRTRTX", "ROCM", "MIGraphX", "Dml", "CANN")
)
"""Those built into onnxruntime that take the option ``device_id``."""


SIMPLEST = (
    b'\x08\x07:5\n\x0e\n\x01x\x12\x01y"\x04Relu:\x00\x12\x01gZ\x0f\n\x01x\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01'
    b"b\x0f\n\x01y\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x01B\x04\n\x00\x10\r"
)
"""A model of one Relu of one float: a provider that does not take this is not there, or has wrong options."""


class NoProvider(Exception):
    """The providers that were asked for cannot be had here; what a person reads."""


class ChainLink(NamedTuple):
    """One provider of a chain. ``devices`` of a library's own are handed to the session, None: it is built in.

    ``asked``: a person named it.
    """

    name: str  # onnxruntime's
    options: Mapping[str, str]
    devices: Any = None
    asked: bool = True


class Chain(NamedTuple):
    """The providers of a session in order: each takes what it can of what those before it have left."""

    links: tuple[ChainLink, ...]

    @property
    def first(self) -> str:
        """The name of the one that is asked for before all others."""
        return self.links[0].name

    def session_arguments(self, options: Any) -> dict[str, Any]:
        """The arguments of a session; a provider out of a library goes into the session's options instead."""
        if all(link.devices is None for link in self.links):
            return {"providers": [(link.name, dict(link.options)) for link in self.links]}
        for link in self.links:
            if link.devices is None:
                options.add_provider(link.name, dict(link.options))
            else:
                options.add_provider_for_devices(link.devices, dict(link.options))
        return {}

    def gone(self, there: list[str]) -> tuple[str, ...]:
        """Those that were asked for and that the session does not have: onnxruntime leaves them out with a log line."""
        return tuple(link.name for link in self.links if link.asked and link.name not in there)


def names_in(chain: str) -> tuple[str, ...]:
    """The names of ``cuda,cpu`` in order."""
    return tuple(filter(None, (name.strip() for name in chain.split(","))))


def word_for(provider: str) -> str:
    """A provider as people say it: ``cuda``."""
    return provider.replace("ExecutionProvider", "").lower()


def plain_word(name: str) -> str:
    """The same word for ``cuda``, ``CUDA`` and ``CUDAExecutionProvider``."""
    word = word_for(name.lower().replace("executionprovider", "ExecutionProvider"))
    return _OTHER_WORDS.get(word, word)


def only_processor(request: Request) -> bool:
    """Whether the run needs no device and no library beside onnxruntime's own."""
    wanted = {plain_word(name) for name in names_in(request.provider)}
    return wanted <= {"cpu"} and not request.provider_libraries


def registered(ort: Any, request: Request) -> None:
    """Load the request's libraries of providers: their code is run. Raises `NoProvider`."""
    for library in request.provider_libraries:
        name = Path(library.path).name
        if not hasattr(ort, "register_execution_provider_library"):
            raise NoProvider(f"onnxruntime {ort.__version__} takes no libraries of providers; 1.22 and later do")
        try:
            ort.register_execution_provider_library(library.name, library.path)
        except Exception as error:
            raise NoProvider(f"the library {name} brings no provider: {first_line(str(error))}") from None


def chain_of(ort: Any, request: Request) -> Chain:
    """The chain that a request asks for. Raises `NoProvider`.

    Behind TensorRT alone stands CUDA, as its own documentation has it; behind all onnxruntime itself puts the CPU.
    """
    devices = list(_devices(ort)) if request.provider_libraries else []
    brought = dict.fromkeys(device.ep_name for device in devices)
    there = [*brought, *(name for name in ort.get_available_providers() if name not in brought)]
    names = [_found(ort, wanted, there) for wanted in names_in(request.provider)]
    if len(set(names)) < len(names):
        raise NoProvider(f"a provider stands twice in {request.provider}")
    options = _options(request, names)
    asked = len(names)
    if names == [TENSORRT] and CUDA in there:
        names.append(CUDA)
    if unused := [library.name for library in request.provider_libraries if not brought.keys() & set(names)]:
        raise NoProvider(
            f"the library {unused[0]} brings {_listed(brought) or 'no provider for this machine'}, "
            f"and the run asks for {request.provider}: name one with --provider"
        )
    links = []
    for place, name in enumerate(names):
        own = dict(options.get(name, {}))
        if name in brought:
            chosen: Any = _chosen_device([one for one in devices if one.ep_name == name], name, request.device)
        else:
            chosen = None
            if request.device is not None and name in _BY_DEVICE_ID:
                own["device_id"] = str(request.device)
        links.append(ChainLink(name, own, chosen, place < asked))
    if request.device is not None and not any(link.devices or link.name in _BY_DEVICE_ID for link in links):
        raise NoProvider(f"{word_for(names[0])} takes no number of a device: name it with --provider-option, if it can")
    return Chain(tuple(links))


def _found(ort: Any, wanted: str, there: list[str]) -> str:
    """``cuda`` and ``CUDAExecutionProvider`` alike."""
    meant = plain_word(wanted)
    if found := next((name for name in there if word_for(name) == meant), None):
        return found
    near = nearest(wanted.lower(), map(word_for, [*ort.get_all_providers(), *there]))
    raise NoProvider(f"onnxruntime {ort.__version__} has no provider {wanted!r}{near}, only {_listed(there)}")


def _options(request: Request, names: list[str]) -> dict[str, dict[str, str]]:
    """By provider; one for a provider that is not asked for is a slip."""
    found: dict[str, dict[str, str]] = {}
    for option in request.provider_options:
        meant = plain_word(option.provider)
        name = next((name for name in names if word_for(name) == meant), None)
        if name is None:
            near = nearest(option.provider.lower(), map(word_for, names))
            raise NoProvider(
                f"the option {option.key} is for {option.provider}, and the run asks for {request.provider}{near}"
            )
        found.setdefault(name, {})[option.key] = option.value
    return found


def _devices(ort: Any) -> Iterator[Any]:
    """What libraries brought; onnxruntime lists its own providers too."""
    yield from (device for device in ort.get_ep_devices() if device.ep_name != CPU)


def _chosen_device(devices: list[Any], name: str, wanted: int | None) -> list[Any]:
    """The first one, or that of a number."""
    at = wanted or 0
    if at >= len(devices):
        kinds = ", ".join(f"{place}: {_called(device)}" for place, device in enumerate(devices))
        raise NoProvider(f"{word_for(name)} has no device {at} here, only {kinds}")
    return [devices[at]]


def _called(device: Any) -> str:
    kind = str(device.device.type).rpartition(".")[2]
    return f"{device.device.vendor} {kind}".strip()


def _listed(providers: list[str] | Mapping[str, object]) -> str:
    return ", ".join(map(word_for, providers))
