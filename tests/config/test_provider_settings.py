"""Where a model is run: chains of providers, their options, libraries and devices, said in words and in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.config.configuration import find
from auditor.config.table import values
from auditor.errors import UsageError
from tests.readme import blocks, pages


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "own.so"
    path.write_bytes(b"\x7fELF")
    return path


def test_words_of_the_command_line(library: Path) -> None:
    said = values(
        {
            "provider": " tensorrt, cuda",
            "provider_options": ["cuda:gpu_mem_limit=2147483648", "cuda:a=b=c:d", "openvino.auto:x="],
            "provider_libraries": [f"mine={library}"],
            "device": "1",
            "no_cpu_fallback": True,
        }
    )
    assert said == {
        "provider": "tensorrt,cuda",
        "provider_options": {"cuda": {"gpu_mem_limit": "2147483648", "a": "b=c:d"}, "openvino.auto": {"x": ""}},
        "provider_libraries": {"mine": str(library)},
        "device": 1,
        "no_cpu_fallback": True,
    }


@pytest.mark.parametrize(
    ("name", "word", "expected"),
    [
        ("provider", "cuda,,cpu", "--provider takes names of providers, each once"),
        ("provider", "cuda,CUDA", "--provider takes names of providers, each once"),
        ("provider_options", ["gpu_mem_limit=1"], "--provider-option takes NAME:KEY=VALUE"),
        ("provider_options", ["cuda:gpu_mem_limit"], "--provider-option takes NAME:KEY=VALUE"),
        ("provider_libraries", ["own.so"], "--provider-library takes NAME=PATH"),
        ("provider_libraries", ["mine=nowhere.so"], "takes a library of onnxruntime's execution providers"),
        ("device", "-1", "--device takes a whole number of at least 0"),
    ],
)
def test_wrong_words_are_told(name: str, word: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        values({name: word})


FILE = """
provider = ["openvino", "cpu"]
device = 0
no-cpu-fallback = true
[provider-options.openvino]
device_type = "CPU"
num_streams = 2
cache = true
[provider-libraries]
openvino = "own.so"
"""


def test_a_file_that_is_named_says_it(library: Path) -> None:
    path = library.with_name("auditor.toml")
    path.write_text(FILE)
    settings = find(str(path)).settings()
    assert settings.provider == "openvino,cpu"
    assert settings.provider_asked
    assert settings.provider_options == {"openvino": {"device_type": "CPU", "num_streams": "2", "cache": "1"}}
    assert settings.provider_libraries == {"openvino": str(library)}
    assert (settings.device, settings.no_cpu_fallback) == (0, True)


@pytest.mark.parametrize("key", ["provider-options = { cuda = { a = 1 } }", 'provider-libraries = { a = "own.so" }'])
def test_a_file_on_the_way_may_name_no_code(library: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options of providers name libraries too, such as TensorRT's `trt_extra_plugin_lib_paths`."""
    library.with_name("auditor.toml").write_text(f"{key}\n")
    monkeypatch.chdir(library.parent)
    with pytest.raises(UsageError, match="names code to run"):
        find()


@pytest.mark.parametrize(
    "text",
    [
        'provider = ["cuda", 3]', "provider = []", 'provider-options = { cuda = "x" }',
        "provider-options = { cuda = { a = [1] } }", 'provider-libraries = ["a.so"]', "provider-libraries = { a = 1 }",
        "device = true", "provider-options = { cuda = { a = 0x1" + "0" * 4000 + " } }",
    ],
    ids=range(8),
)  # fmt: skip
def test_wrong_values_in_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "auditor.toml"
    path.write_text(f"{text}\n")
    with pytest.raises(UsageError, match="expected"):
        find(str(path))


def test_the_page_shows_a_configuration(tmp_path: Path) -> None:
    (block,) = blocks(pages()["docs/providers.md"], "toml")
    path = tmp_path / "auditor.toml"
    path.write_text(block)
    found = find(str(path))
    assert found.settings().provider_options == {"cuda": {"gpu_mem_limit": "2147483648"}}
    assert found.policy("model.onnx").limits["provider-mac-percent"].min == 99
