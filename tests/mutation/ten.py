"""Ten faults that were put in by hand and passed every test: each is seen by a test of its own room now."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .targets import ROOT, module_of


class Fault(NamedTuple):
    """An edit of one file, and the test that must fail with it."""

    name: str
    path: str
    before: str
    after: str
    test: str

    @property
    def edited(self) -> str:
        """The source with the fault. Raises `ValueError` where the lines are not there once."""
        source = (ROOT / self.path).read_text()
        if source.count(self.before) != 1:
            raise ValueError(f"{self.name}: {self.path} does not hold this once: {self.before}")
        return source.replace(self.before, self.after)


TEN = (
    Fault(
        "Conv's group need not divide the filters",
        "auditor/shapes/ops/windows.py",
        '    divides(channels, group, "channels")\n    divides(filters, group, "filters")\n',
        '    divides(channels, group, "channels")\n',
        "tests/shapes/test_windows.py::test_impossible_convolutions",
    ),
    Fault(
        "any constant Add is a bias",
        "auditor/costs/count.py",
        "elements) if elements == channels else 0",
        "elements)",
        "tests/costs/test_by_hand.py::test_an_add_is_a_bias_where_it_holds_one_number_for_each_map",
    ),
    Fault(
        "folding ignores the graph of what is cut off",
        "auditor/findings/folding.py",
        "(n for n in cuts if _near(kept[n], one))",
        "iter(cuts)",
        "tests/findings/test_folding.py::test_what_is_cut_off_has_lost_its_use_in_its_own_graph_alone",
    ),
    Fault(
        "folding ignores the graph of consequences",
        "auditor/findings/folding.py",
        "_at(one) == (at.graph, facts.label(at))",
        "_at(one)[1] == facts.label(at)",
        "tests/findings/test_folding.py::test_consequences_are_counted_at_the_node_of_their_graph",
    ),
    Fault(
        "folding prefers another root",
        "auditor/findings/folding.py",
        "yield from (i for i, root in causes.items() if _at(root) == _at(one))",
        "yield from ()",
        "tests/findings/test_folding.py::test_the_error_at_the_node_that_was_refused_explains_it_before_any_other",
    ),
    Fault(
        "folding counts a consequence for the farthest root",
        "auditor/findings/folding.py",
        "counts[before[-1]] += 1",
        "counts[before[0]] += 1",
        "tests/findings/test_folding.py::test_a_consequence_counts_for_the_nearest_root_before_it",
    ),
    Fault(
        "a size of 1 vouches",
        "auditor/shapes/blame.py",
        "size is not None and size != 1 and size in witness",
        "size is not None and size in witness",
        "tests/shapes/test_blame.py::test_a_size_of_one_vouches_for_nothing",
    ),
    Fault(
        "a batch does not look again at the files after the audit",
        "auditor/batch/run.py",
        "or all(unchanged(state.path, state) for state in work.states)",
        "or True",
        "tests/batch/test_run.py::test_a_file_that_changes_during_its_audit_is_audited_again",
    ),
    Fault(
        "calls of functions count as operators",
        "auditor/evidence/summary.py",
        "        if key not in model.functions:\n",
        "        if True:\n",
        "tests/evidence/test_summary.py::test_operators_are_counted_and_calls_of_functions_are_not",
    ),
    Fault(
        "nesting is off by one",
        "auditor/model/wire.py",
        "if depth > self.limits.nesting:",
        "if depth > self.limits.nesting + 1:",
        "tests/model/test_nesting.py::test_nesting_is_protobufs",
    ),
    Fault(
        "nesting is off by one the other way",
        "auditor/model/wire.py",
        "if depth > self.limits.nesting:",
        "if depth >= self.limits.nesting:",
        "tests/model/test_nesting.py::test_nesting_is_protobufs",
    ),
    Fault(
        "of a repeated payload the first is taken",
        "auditor/model/wire.py",
        "            out[number] = [Span(number, body, pos - body)]",
        "            out.setdefault(number, [Span(number, body, pos - body)])",
        "tests/model/test_troubles.py::test_of_data_that_stands_twice_the_last_is_read",
    ),
    Fault(
        "the inode is ignored",
        "auditor/batch/state.py",
        "return found.st_mtime_ns, found.st_ino, found.st_ctime_ns, found.st_dev",
        "return found.st_mtime_ns, 0, found.st_ctime_ns, found.st_dev",
        "tests/batch/test_state.py::test_each_look_alone_tells_of_a_change",
    ),
)


@contextmanager
def served(module: str, path: str, source: str) -> Iterator[dict[str, str]]:
    """An environment whose Python processes import this source for the module; no file is changed."""
    code = compile(source, str(ROOT / path), "exec", dont_inherit=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mutant"
        file.write_bytes(marshal.dumps((module, code)))
        hook = os.pathsep.join(filter(None, (str(Path(__file__).parent / "hook"), os.environ.get("PYTHONPATH"))))
        yield {**os.environ, "MUTANT_OF_AUDITOR": str(file), "PYTHONPATH": hook}


def fails(test: str, env: dict[str, str]) -> bool:
    """Whether a test fails; `RuntimeError` where it does not run."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{test} does not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def caught(fault: Fault) -> bool:
    """Whether the test fails with the fault. That it passes without is seen where the suite runs."""
    with served(module_of(fault.path), fault.path, fault.edited) as env:
        return fails(fault.test, env)


def ten() -> int:
    """Try every fault, print what came of it; 1 where one is not seen."""
    missed = 0
    for fault in TEN:
        seen = caught(fault)
        missed += not seen
        print(f"{'seen  ' if seen else 'MISSED'} {fault.name}: {fault.test}", flush=True)
    return 1 if missed else 0
