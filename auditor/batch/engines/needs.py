"""What the tasks of a batch need of workers elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...runtime.providers import names_in, plain_word
from ...settings import Settings
from ..one import audit_one
from ..state import files_of, hashed, installation, named_files
from .dask import Needs

GPU = "GPU"
"""The resource of Dask that a worker with a graphics card has: ``dask worker --resources GPU=1``."""

_ON_CARDS = frozenset({"cuda", "tensorrt", "nvtensorrtrtx", "rocm", "migraphx", "dml", "cann"})


def needs_of(settings: Settings) -> Needs:
    """What audits with these settings need; onnxruntime and the processor only where models are run."""
    installed = installation()
    del installed["processor"]
    if not settings.run:
        del installed["runtime"]
    providers = {plain_word(name) for name in names_in(settings.provider)} if settings.run else set()
    named = named_files(settings)

    def files(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterable[str]:
        if function is hashed:
            return [path for group in arguments[0] for path in group]
        if function is audit_one:
            return (*files_of([arguments[0]])[0], *named)
        return ()

    return Needs(
        installed,
        one_processor=settings.run,
        resources={GPU: 1.0} if providers & _ON_CARDS else {},
        runs_models=lambda function: function is audit_one,
        files=files,
    )
