"""Where it is run: a provider of onnxruntime's, and what is needed here to have it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any, NamedTuple

import onnxruntime

from auditor.runtime.providers import names_in, plain_word, word_for
from auditor.runtime.request import ProviderLibrary, ProviderOption, Request
from auditor.settings import Settings

CARDS = frozenset({"cuda", "tensorrt", "nvtensorrtrtx"})
"""Providers that want an NVIDIA card."""


class Place(NamedTuple):
    """A provider, or a chain of them. ``wrong``: a fault that is put in, to see that it is noticed."""

    provider: str
    libraries: Mapping[str, str] = {}
    options: Mapping[str, str] = {}  # of the first provider
    device: int | None = None
    limit: float = 1e-3  # of the largest magnitude: how far its numbers may be from the CPU's
    wrong: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What people call its providers."""
        return tuple(map(plain_word, names_in(self.provider)))

    @property
    def is_processor(self) -> bool:
        """Whether it is what all others are held against."""
        return self.words == ("cpu",)

    def asked(self, request: Request, **options: str) -> Request:
        """The same request here, with further options of the first provider."""
        own = {**self.options, **options}
        return request._replace(
            provider=self.provider,
            provider_libraries=tuple(ProviderLibrary(name, path) for name, path in self.libraries.items()),
            provider_options=tuple(ProviderOption(self.words[0], key, value) for key, value in own.items()),
            device=self.device,
        )

    def settings(self, **more: Any) -> Settings:
        """Those of an audit here."""
        return Settings(
            provider=self.provider,
            provider_asked=True,
            provider_options={self.words[0]: self.options} if self.options else {},
            provider_libraries=self.libraries,
            device=self.device,
            **more,
        )


def lacking(place: Place) -> str:
    """What this machine lacks of what the place needs, and how it is had; "" nothing that is known beforehand."""
    if place.libraries:
        return ""
    there = {word_for(name) for name in onnxruntime.get_available_providers()}
    for word in place.words:
        if word in CARDS and not shutil.which("nvidia-smi"):
            return f"{word} wants an NVIDIA card with its driver, and nvidia-smi is not here: go where they are"
        if word not in there:
            how = "onnxruntime-gpu" if word in CARDS else f"the wheel of onnxruntime that has {word}"
            return f"this onnxruntime has no {word}: in an environment without onnxruntime, pip install {how}"
    return ""
