"""The campaign's own parts: which faults are made and put in, what a fork says, and what is wording."""

from __future__ import annotations

import ast
import gc
import marshal
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.pace import HANG

from .choosing import _bound, _made_of
from .explained import stale
from .isolation import Fork
from .mutants import A_LINE, compiled, mutants_of, sample
from .mutators import changes
from .process import attempt, bound
from .running import tell
from .swapping import Functions
from .targets import ROOT, added_since, sources
from .targets import test_files as files_of_tests
from .ten import TEN, Fault
from .tracing import seen_by_forks

FAULTS = {
    "x = a < b": {"a <= b", "a >= b"},
    "x = a == b": {"a != b"},
    "x = a is None": {"a is not None"},
    "x = a in b": {"a not in b"},
    "x = 3": {"4"},
    "x = True": {"False"},
    "x = a and b": {"a or b"},
    "x = not a": {"a"},
    "x = a + b": {"a - b"},
    "x = a // b": {"a * b"},
    "x += a": {"x -= a"},
    "if a: pass": {"if not a"},
    "x = a if b else c": {"a if not b else c"},
    "x = [a for a in b if a]": {" for a in b if not a"},
    "while a: break": {"while not a", "continue"},
    "def f(): return g(x)": {"return None"},
    "def f(): return a < b": {"return None", "return not a < b", "a <= b", "a >= b"},
    "def f(): yield a": {"pass"},
    "f(a)": {"pass"},
    "x = f(a, b)": {"f(b, a)"},
    "x = min(a)": {"max(a)"},
    "x = any(a)": {"all(a)"},
    "x = sorted(a)": {"list(a)"},
    "raise E('a text')": {"pass"},
    "x = {'a'}": {"'a_'"},
    "x = d['a']": {"'a_'"},
}


@pytest.mark.parametrize(("code", "after"), FAULTS.items())
def test_the_faults_of_a_line(code: str, after: set[str]) -> None:
    assert {change.after for change in changes(ast.parse(code))} == after


@pytest.mark.parametrize(
    "code",
    [
        '"""A docstring of 3 words."""',
        "x: tuple[int, 3]",
        "def f(x: Literal[3]) -> Literal[4]: ...",
        "x = f'{a + 1} of {b and c}'",
        "x = 'a text' if a else 'another one'",
        "x = a + ' and so on'",
        "@lru_cache(maxsize=3)\ndef f(): ...",
        "@dataclass(frozen=True)\nclass A: ...",
        "x = g('a text')",
        "T = TypeVar('T', bound=3)",
        "def __repr__(self): return 3",
        "if TYPE_CHECKING:\n    x = 3",
        "assert a < 3",
        "from a import b",
        "warning(a < 3)",
        "x = least(a, b)",
        "x = np.maximum(a, b)",
        "x = zip(a, strict=True)",
    ],
)
def test_what_is_no_decision_stays(code: str) -> None:
    assert changes(ast.parse(code)) == []


def test_every_change_is_one_and_compiles() -> None:
    path = "auditor/shapes/blame.py"
    plain, code = ast.dump(ast.parse((ROOT / path).read_text())), compiled(path, None)
    for mutant in mutants_of(path):
        tree = ast.parse((ROOT / path).read_text())
        changes(tree)[mutant.number].apply()
        assert ast.dump(tree) != plain
        assert compiled(path, mutant.number) != code


def test_a_sample_is_the_seeds_and_takes_no_more_than_two_of_a_line() -> None:
    among = [m for path in ("auditor/shapes/blame.py", "auditor/findings/folding.py") for m in mutants_of(path)]
    chosen = sample(40, 1, among)
    assert chosen == sample(40, 1, reversed(among)) != sample(40, 2, among)
    assert 40 <= len(chosen) <= 42 and {m.package for m in chosen} == {"shapes", "findings"}
    lines = [(m.path, m.line) for m in sample(10_000, 1, among)]
    assert max(map(lines.count, lines)) == A_LINE
    assert len({m.id for m in among}) == len(among)


def test_the_files_are_there() -> None:
    assert len({path.split("/")[1] for path in sources()}) == 8


def test_a_room_and_its_own_tests() -> None:
    """A room is a folder or a file; what is asked alone are the tests below some paths, whatever a campaign has."""
    assert set(sources(("auditor/attest", "auditor/remote/names.py"))) == {
        *(path.relative_to(ROOT).as_posix() for path in (ROOT / "auditor/attest").glob("*.py")),
        "auditor/remote/names.py",
    }
    own = files_of_tests(("tests/attest", "tests/attest/test_keys.py", "tests/client/test_push.py"))
    assert own.count("tests/attest/test_keys.py") == 1 and own[-1] == "tests/client/test_push.py"
    assert all(path.startswith("tests/attest/test_") for path in own[:-1]) and not set(own) & set(files_of_tests())


COUNTING = "from auditor.wording import counted; print(counted(3, 'file'), flush=True)"
AS_A_PROGRAM = "from runpy import run_module; print(run_module('auditor.wording')['counted'](3, 'file'))"
ISOLATED = """
import subprocess, sys
code = f"import sys; sys.path[:] = {sys.path!r}; exec(sys.argv[1])"
subprocess.run([sys.executable, "-I", "-S", "-c", code, sys.stdin.read()], env={}, check=True)
"""
WITHOUT_RIGHTS = f"""
import os, resource, auditor.wording
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
{COUNTING}
os._exit(0)
"""


@pytest.mark.parametrize(
    ("code", "said"), [(COUNTING, ""), (AS_A_PROGRAM, ""), (ISOLATED, COUNTING), (ISOLATED, WITHOUT_RIGHTS)],
    ids=["with the environment", "as a program", "isolated", "without rights"],
)  # fmt: skip
def test_processes_that_a_test_starts_see_the_mutant_and_are_traced(tmp_path: Path, code: str, said: str) -> None:
    """Also where it leaves auditor's own variables out, as most tests do, and where it looks at none, as a run does,
    which may write to no file when it ends."""
    path = "auditor/wording.py"
    (mutant, *_) = [m for m in mutants_of(path) if m.function == "counted" and m.kind == "return"]
    (tmp_path / "mutant").write_bytes(marshal.dumps(("auditor.wording", compiled(path, mutant.number))))
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AUDITOR_")}
    environment = plain | {
        "PYTHONPATH": str(ROOT / "tests/mutation/hook"),
        "MUTANT_OF_AUDITOR": str(tmp_path / "mutant"),
    }
    environment |= {"LINES_OF_AUDITOR": f"{tmp_path}:auditor/wording.py"}
    done = subprocess.run(
        [sys.executable, "-c", code], input=said, env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("None\n", "")
    masks = seen_by_forks(str(tmp_path))
    assert masks[path] >> mutant.line & 1 and list(masks) == [path]


def test_what_a_fork_did_not_come_to_write_is_not_known(tmp_path: Path) -> None:
    """It may be killed meanwhile, which must not end the tracing of the test that started it."""
    for name, said in (("1", '{"auditor/a.py": "0x6"}'), ("2", '{"auditor/a.py": "0x'), ("3", "")):
        (tmp_path / f"{name}.lines").write_text(said)
    assert seen_by_forks(str(tmp_path)) == {"auditor/a.py": 0b110} and list(tmp_path.iterdir()) == []


def test_which_files_are_newer_than_a_commit(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("needs git: install it, a commit is asked for its files")

    def git(*words: str) -> None:
        somebody = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(("git", *somebody, *words), cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "auditor").mkdir()
    for name in ("auditor/old.py", "auditor/new.py", "other.py"):
        (tmp_path / name).write_text(f"x = '{name}'\n")
        git("add", name)
        git("commit", "-m", name)
    assert added_since("HEAD~2", tmp_path) == {"auditor/new.py"}
    assert added_since("HEAD", tmp_path) == frozenset()
    with pytest.raises(subprocess.CalledProcessError):
        added_since("nowhere", tmp_path)


def test_what_a_statement_binds() -> None:
    code = {"a = 1": "a", "a, b = 1, 2": "ab", "a = b = 1": "ab", "a: int = 1": "a", "def a(): b = 1": "a", "a()": ""}
    assert {text: "".join(sorted(_bound(ast.parse(text).body[0]))) for text in code} == code


def test_what_is_made_of_a_constant() -> None:
    module = ast.parse("A = 1\nB = A | 2\nC = {B: 3}\nD = 4\ndef f(): return A")
    assert _made_of(frozenset("A"), module) == {"A", "B", "C"}
    assert _made_of(frozenset("D"), module) == {"D"}


def test_a_mutant_takes_the_place_of_a_function_that_is_there() -> None:
    """In a fork, so that this process keeps the right one; `blame` says that a size of 1 vouches for nothing."""
    from auditor.shapes import blame
    from auditor.shapes.fact import Exact

    one = Exact((1,), "learnable")
    (mutant,) = [m for m in mutants_of("auditor/shapes/blame.py") if m.mutation == "size != 1 -> size == 1"]

    def work(pipe: BinaryIO) -> None:
        gc.unfreeze()  # in a worker of the suite, functions are among what no garbage is looked for in
        Functions().swap(mutant.path, mutant.number)
        tell(pipe, vouches=blame._vouches((1,), one))

    fork = Fork(work)
    assert list(fork.lines(lambda: 60.0)) == ['{"vouches": true}']
    fork.end()
    assert blame._vouches((1,), one) is False


def test_what_came_of_a_fork() -> None:
    request = {"tests": [("a", 0.0), ("b", 0.0)]}

    def said(*lines: dict[str, object]) -> str:
        def work(_: object, pipe: BinaryIO) -> None:
            for line in lines:
                tell(pipe, **line)
            if lines[-1].get("start") == "b":
                time.sleep(60)

        # A fork may be held for longer than one that has no end is waited for.
        return str(attempt(request, work, 0.1 if lines[-1].get("start") == "b" else HANG)["outcome"])

    passed = {"done": "a", "failed": "", "seconds": 0.0}
    assert said({"start": "a"}, passed, {"end": True}) == "survived"
    assert said({"start": "a"}, {**passed, "failed": "AssertionError"}, {"end": True}) == "killed"
    assert said({"start": "a"}) == "killed"  # the process ended
    assert said({"start": "a"}, passed, {"start": "b"}) == "overdue"
    assert said({"cannot": True}) == "cannot"
    assert bound(1.0, 1.0) > 10


def test_explanations_are_of_lines_that_are_there() -> None:
    assert stale() == []


@pytest.mark.parametrize("fault", TEN, ids=lambda fault: fault.name)
def test_each_of_the_ten_can_be_put_in_and_has_a_test_of_its_room(fault: Fault) -> None:
    """`python -m tests.mutation ten` puts them in."""
    compile(fault.edited, fault.path, "exec")
    file, _, name = fault.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()
    assert file.split("/")[1] == fault.path.split("/")[1]
