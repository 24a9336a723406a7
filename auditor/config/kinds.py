"""The kinds of values that settings have, each checked here and nowhere else.

A value comes as a configuration has it (a number, a list, a table), or in the words of the command line or the
environment. `ValueKind.read` makes of words what a file would hold, and `ValueKind.check` makes of that the value we
work with, or raises `Wrong`. Where the value stood, and so how the sentence begins, the caller knows.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import UsageError
from ..tuples import NamedTuple

if TYPE_CHECKING:
    from ..report import Severity

Way: TypeAlias = tuple[str | int, ...]
"""From a value inwards: keys, and numbers within lists."""

_SCALE = 10.0**18  # beyond it a number is a slip
_LARGEST_WHOLE = (1 << 64) - 1
_WHOLE = r"-?[0-9]{1,18}"
_SIZE = r"[0-9]{1,18}"
_NUMBER = r"[-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,4})?|[-+]?inf|nan"


# Compiled where they are first asked: each would cost every start 0.1 to 0.4 ms.
_TARGET = r"(?:onnxruntime|tensorrt)==[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}"
_PROJECT = r"[a-z0-9][a-z0-9-]{0,62}"  # it is a folder's name too


class Wrong(Exception):
    """A value that a kind does not take: what was expected instead, and where inside of it the fault lies."""

    def __init__(self, expected: str, value: object, way: Way = ()) -> None:
        super().__init__(expected)
        self.expected, self.value, self.way = expected, value, way


class ValueKind(NamedTuple):
    """What a setting takes."""

    check: Callable[[object], Any]  # of a value as a file has it; raises Wrong
    read: Callable[[Any], object] = str  # a word, or all words of a repeated option, as a file would have it
    takes: str = "a text"  # for the documentation
    repeated: bool = False  # the option may be given several times
    is_path: bool = False  # in a file it goes from that file's folder


def from_words(kind: ValueKind, said_by: str, words: str | bool | Sequence[str]) -> Any:
    """The value in a word of the command line or the environment; `UsageError` names the option or the variable."""
    try:
        return kind.check(words if isinstance(words, bool) else kind.read(words))
    except Wrong as wrong:
        expected = wrong.expected.replace('"', "")  # words need no quotes
        raise UsageError(f"{said_by} takes {expected}, not {wrong.value!r}") from None


# Checks


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong("true or false", value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong("a text", value)
    return value


def _texts(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise Wrong('a list of texts, such as ["one", "two"]', value)
    for i, one in enumerate(value):
        if not isinstance(one, str) or not one:
            raise Wrong("a text", one, (i,))
    return frozenset(value)


def _numbers(value: object) -> tuple[int, ...]:
    found = []
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, int) or one < 1:
            raise Wrong("a whole number of at least 1", one)
        found.append(one)
    return tuple(found)


def _project(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(_PROJECT, value):
        raise Wrong("a name of up to 63 small letters, digits and hyphens that begins with no hyphen", value)
    return value


def _file_name(value: object) -> str:
    name = _text(value)
    if "/" in name or "\\" in name or "\0" in name or name in (".", ".."):
        raise Wrong("a file's name without a folder", value)
    return name


def _patterns(value: object) -> tuple[str, ...]:
    return tuple(sorted(_texts(value))) if isinstance(value, list) else (_text(value),)


def _providers(value: object) -> str:
    """Names in order, as one text: ``tensorrt,cuda``."""
    names = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else []
    found = [one.strip() if isinstance(one, str) else "" for one in names]
    if not found or not all(found) or len({one.lower() for one in found}) < len(found):
        raise Wrong("names of providers, each once, such as cuda or tensorrt,cuda", value)
    return ",".join(found)


def _provider_options(value: object) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        raise Wrong("tables of options by provider, such as { cuda = { gpu_mem_limit = 2147483648 } }", value)
    found: dict[str, dict[str, str]] = {}
    for provider, options in value.items():
        if not isinstance(options, dict):
            raise Wrong("a table of options, such as { gpu_mem_limit = 2147483648 }", options, (provider,))
        for key, one in options.items():
            if not isinstance(one, str | int | float):
                raise Wrong("a text, a number, true or false", one, (provider, key))
            if isinstance(one, int) and abs(one) > _LARGEST_WHOLE:
                raise Wrong("a number of 64 bits at most", one, (provider, key))
            word = str(int(one)) if isinstance(one, bool) else str(one)  # onnxruntime's own words are 1 and 0
            found.setdefault(provider, {})[key] = word
    return found


def _libraries(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Wrong('a table of libraries, such as { openvino = "libopenvino_plugin.so" }', value)
    for name, path in value.items():
        if not isinstance(path, str) or not path:
            raise Wrong("a path", path, (name,))
    return value


def some_of(*choices: str) -> ValueKind:
    """Several of a few words."""

    def check(value: object) -> frozenset[str]:
        found = _texts(value)
        for i, word in enumerate(value if isinstance(value, list) else ()):
            if word not in choices:
                from ..wording import nearest

                raise Wrong(f"one of {', '.join(choices)}{nearest(word, choices)}", word, (i,))
        return found

    return ValueKind(check, list, "a list of " + ", ".join(f"`{c}`" for c in choices), repeated=True)


def one_of(*choices: str) -> ValueKind:
    """One of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            from ..wording import nearest

            expected = " or ".join(f'"{c}"' for c in choices)
            raise Wrong(expected + (nearest(value, choices) if isinstance(value, str) else ""), value)
        return value

    return ValueKind(check, takes=" or ".join(f"`{c}`" for c in choices))


def number(least: float = 0.0, *, above: bool = False, endless: bool = False, of: str = "") -> ValueKind:
    """A number from ``least`` on (``above``: it is not enough); ``endless``: infinity too."""
    expected = f"a number{of and f' of {of}'} {'above' if above else 'of at least'} {least:g}"

    def check(value: object) -> float:
        match value:
            case bool():
                pass
            case int() | float() if value > least or (value == least and not above):
                if value <= _SCALE or (endless and value == float("inf")):
                    return value
        raise Wrong(expected, value)

    return ValueKind(check, _number_in, expected)


def whole(least: int = 0) -> ValueKind:
    """A whole number from ``least`` on."""

    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _SCALE:
            return value
        raise Wrong(f"a whole number of at least {least}", value)

    return ValueKind(check, _whole_in, f"a whole number of at least {least}")


def _port(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 16:
        return value
    raise Wrong("a port, a whole number from 0 to 65535", value)


def _bytes(value: object) -> int:
    from ..wording import bytes_of

    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _SCALE:
        return value
    found = bytes_of(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong('a number of bytes, or a size such as "512M"', value)
    return found


def _bytes_above_0(value: object) -> int:
    try:
        found = _bytes(value)
    except Wrong:
        found = 0
    if not found:
        raise Wrong('a size above 0, such as "2G"', value)
    return found


def _sizes(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        raise Wrong("a table of sizes, such as { N = 1 }", value)
    for name, size in value.items():
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= _SCALE:
            raise Wrong("a whole number of at least 0", size, (name,))
    return value


def _shapes(value: object) -> dict[str, tuple[int, ...]]:
    if not isinstance(value, dict):
        raise Wrong("a table of shapes, such as { data = [1, 3, 224, 224] }", value)
    for name, sizes in value.items():
        if not isinstance(sizes, list | tuple):
            raise Wrong("a list of sizes", sizes, (name,))
        for i, size in enumerate(sizes):
            if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= _SCALE:
                raise Wrong("a whole number of at least 0", size, (name, i))
    return {name: tuple(sizes) for name, sizes in value.items()}


def _ranges(value: object) -> dict[str, tuple[float, float] | str]:
    """Two numbers by name, the lower first, or the word that stands for what the golden vectors have."""
    from ..settings import GOLDEN

    if not isinstance(value, dict):
        raise Wrong('a table of ranges, such as { image = [0, 1], tokens = "golden" }', value)
    found: dict[str, tuple[float, float] | str] = {}
    for name, ends in value.items():
        match ends:
            case [int() | float() as low, int() | float() as high] if not isinstance(low, bool) and low <= high:
                if max(abs(low), abs(high)) < float("inf"):
                    found[name] = (float(low), float(high))
                    continue
            case str() if ends == GOLDEN:
                found[name] = GOLDEN
                continue
        raise Wrong(f'two finite numbers, the lower first, or "{GOLDEN}"', ends, (name,))
    return found


def _targets(value: object) -> tuple[str, ...]:
    """Each as NAME==VERSION, once."""
    found: dict[str, None] = {}
    for i, words in enumerate(value if isinstance(value, list) else [value]):
        for one in words.split(",") if isinstance(words, str) else [""]:
            if not re.fullmatch(_TARGET, one.strip()):
                way = (i,) if isinstance(value, list) else ()
                raise Wrong("onnxruntime==VERSION or tensorrt==VERSION, such as onnxruntime==1.17", words, way)
            found[one.strip()] = None
    return tuple(found)


def _level(value: object) -> "Severity | None":
    from ..report import Severity

    word: str = one_of(*(level.value for level in Severity), "never").check(value)
    return None if word == "never" else Severity(word)


def _npz(value: object) -> str:
    import os
    from zipfile import is_zipfile

    path = _text(value)
    try:
        with open(path, "rb") as file:
            good = is_zipfile(file)
    except (OSError, ValueError):
        good = False
    if not good or not os.path.isfile(path):
        raise Wrong("a file made by numpy.savez", value)
    return path


def _outputs(value: object) -> list[tuple[str, str]]:
    """Pairs of format and file."""
    found = []
    for word in value if isinstance(value, list) else ():
        form, _, path = word.partition(":")
        if not form or not path:
            raise Wrong("FORMAT:FILE, such as json:report.json", word)
        found.append((form, path))
    return found


# Words


def _number_in(word: str) -> object:
    return float(word) if re.fullmatch(_NUMBER, word) else word


def _whole_in(word: str) -> object:
    return int(word) if re.fullmatch(_WHOLE, word) else word


def _numbers_in(words: Sequence[str]) -> object:
    return [_whole_in(word) for word in words]


def _sizes_in(words: Sequence[str]) -> dict[str, int]:
    """``N=1`` to a mapping; split from the right, for names may hold anything."""
    found = {}
    for word in words:
        name, _, size = word.rpartition("=")
        if not name or not re.fullmatch(_SIZE, size):
            raise Wrong("NAME=SIZE, such as N=1", word)
        found[name] = int(size)
    return found


def _shapes_in(words: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """``data:1,3,224,224`` to a mapping; split from the right, for names may end in ``:0``."""
    found = {}
    for word in words:
        name, _, sizes = word.rpartition(":")
        parts = [part.strip() for part in sizes.split(",")] if sizes else []
        if not name or not all(re.fullmatch(_SIZE, part) for part in parts):
            raise Wrong("NAME:SIZES, such as data:1,3,224,224", word)
        found[name] = tuple(map(int, parts))
    return found


def _ranges_in(words: Sequence[str]) -> dict[str, object]:
    """``data=-1:1`` to a mapping; split from the right, for names may hold anything."""
    found: dict[str, object] = {}
    for word in words:
        name, _, ends = word.rpartition("=")
        low, _, high = ends.partition(":")
        numbers = [float(end) if re.fullmatch(_NUMBER, end) else None for end in (low, high)]
        if not name or (ends != "golden" and None in numbers):
            raise Wrong("NAME=LOW:HIGH, such as image=0:1, or NAME=golden", word)
        if ends != "golden" and not numbers[0] <= numbers[1] < float("inf"):  # type: ignore[operator]  # none is None
            raise Wrong("NAME=LOW:HIGH with two finite numbers, the lower first", word)
        found[name] = "golden" if ends == "golden" else numbers
    return found


def _library_in(word: str) -> object:
    """Whether it registers operators, the run says."""
    import os

    if not os.path.isfile(word):
        raise Wrong("a library of onnxruntime's custom operators", word)
    return word


def _provider_options_in(words: Sequence[str]) -> object:
    """``cuda:gpu_mem_limit=2147483648`` to tables; of an option said twice the last counts."""
    found: dict[str, dict[str, str]] = {}
    for word in words:
        provider, colon, option = word.partition(":")
        key, equals, value = option.partition("=")
        if not provider or not colon or not key or not equals:
            raise Wrong("NAME:KEY=VALUE, such as cuda:gpu_mem_limit=2147483648", word)
        found.setdefault(provider, {})[key] = value
    return found


def _libraries_in(words: Sequence[str]) -> object:
    """``NAME=PATH`` to a mapping. Whether it brings providers, the run says."""
    import os

    found = {}
    for word in words:
        name, _, path = word.partition("=")
        if not name or not path:
            raise Wrong("NAME=PATH, such as openvino=libopenvino_plugin.so", word)
        if not os.path.isfile(path):
            raise Wrong("a library of onnxruntime's execution providers", path)
        found[name] = path
    return found


def _against(value: object) -> str:
    import os

    path = _text(value)
    if not os.path.isfile(path):
        raise Wrong("a model, or a file made by numpy.savez", value)
    return path


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _age(value: object) -> int:
    """In seconds."""
    found = re.fullmatch(r"([0-9]{1,9})([smhdw])", value) if isinstance(value, str) else None
    if found is None or found[1].strip("0") == "":
        raise Wrong("a time above 0 with its unit, such as 30d, 12h or 45m", value)
    return int(found[1]) * _UNITS[found[2]]


def _yes_in(word: str) -> object:
    return {"true": True, "false": False}.get(word, word)


def _in_a_file(value: object) -> object:
    raise Wrong("a configuration", value)


YES_OR_NO = ValueKind(_yes_or_no, _yes_in, "true or false")
TEXT = ValueKind(_text)
PATH = ValueKind(_text, takes="a path", is_path=True)
PATHS = ValueKind(_patterns, list, "a path, or a list of them", repeated=True, is_path=True)
NAMES = ValueKind(_texts, list, "a list of names", repeated=True)
NUMBERS = ValueKind(_numbers, _numbers_in, "whole numbers", repeated=True)
PROJECT = ValueKind(_project, takes="a name")
FILE_NAME = ValueKind(_file_name, takes="a file's name")
PORT = ValueKind(_port, _whole_in, "a port: a whole number from 0 to 65535")
SECONDS = number(above=True, of="seconds")
AGE = ValueKind(_age, takes="a number with its unit: s, m, h, d or w")
TOLERANCE = number(endless=True)
BYTES = ValueKind(_bytes, takes='a number of bytes, or a size such as "2G"')
BYTES_ABOVE_0 = ValueKind(_bytes_above_0, takes='a number of bytes, or a size such as "2G"')
SIZES = ValueKind(_sizes, _sizes_in, "a table: name = size", repeated=True)
SHAPES = ValueKind(_shapes, _shapes_in, "sizes by name", repeated=True)
RANGES = ValueKind(_ranges, _ranges_in, 'a table: name = [low, high], or "golden"', repeated=True)
TARGETS = ValueKind(_targets, list, "`onnxruntime==VERSION`, or a list of such", repeated=True)
LEVEL = ValueKind(_level, takes="`error`, `warning`, `note` or `never`")
PROVIDERS = ValueKind(_providers, takes="a name, or names in order: a list, or a text with commas")
PROVIDER_OPTIONS = ValueKind(_provider_options, _provider_options_in, "tables of options by provider", repeated=True)
LIBRARIES = ValueKind(_libraries, _libraries_in, "a table: name = path", repeated=True, is_path=True)
LIBRARY = ValueKind(_text, _library_in, "a path", is_path=True)
NPZ = ValueKind(_npz, takes="a path", is_path=True)
AGAINST = ValueKind(_against, takes="a path", is_path=True)
OUTPUTS = ValueKind(_outputs, list, "formats and files", repeated=True)
IN_A_FILE = ValueKind(_in_a_file, takes="")
"""What only a configuration can say; `keys` reads it."""
