"""``python -m tests.mutation``: are small faults in the decision code seen by the tests?

The first time, every test is traced once, which takes as long as the suite two or three times. Then each mutant takes
a fork and the tests that run its line: about a second. What came of each is kept under .mutation/, so that a campaign
goes on where it was stopped, and ``--again`` tries those that survived when there are new tests.

``--room auditor/attest --tests tests/attest --mutants 50`` is a campaign in one room, which traces that room's own
tests and asks no others: what they leave alive counts as a survivor, though another room's test might see it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from .campaign import campaign, shown
from .choosing import MOST_SECONDS
from .covering import covering
from .explained import explained, stale
from .mutants import Mutant, every, sample
from .results import Result, Results
from .targets import CACHE, PACKAGES, ROOMS, added_since
from .ten import ten


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if given.what == "ten":
        return ten()
    mutants = _mutants(given)
    results = Results(CACHE / f"results-{given.seed}{_of_own_tests(given)}.jsonl")
    todo = [m for m in mutants if _is_open(results.of(m), given)]
    print(f"{len(mutants)} mutants, seed {given.seed}; {len(todo)} to try", flush=True)
    started = time.monotonic()
    if todo and not given.score:
        campaign(
            todo,
            covering(given.jobs, given.traced, _rooms(given), given.tests or ()),
            results,
            given.jobs,
            given.seconds,
        )
        print(f"{time.monotonic() - started:.0f} s")
    _print_score(mutants, results, survivors=not given.replay)
    if given.replay:
        for result in results.among(mutants):
            print(shown(result))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Do the tests see small faults?")
    parser.add_argument("what", nargs="?", choices=["run", "ten"], default="run", help="ten: the ten put in by hand")
    parser.add_argument("--mutants", type=int, default=1500, help="how many (1500)")
    parser.add_argument("--seed", type=int, default=1, help="which (1)")
    parser.add_argument("--package", action="append", choices=PACKAGES, help="only those of the sample in this package")
    parser.add_argument("--new-since", metavar="COMMIT", help="draw from the files that are newer than a commit")
    parser.add_argument("--only", metavar="PATH[:LINE]", help="every mutant of a file, or of a line")
    parser.add_argument("--replay", metavar="ID", help="this mutant again")
    parser.add_argument("--again", action="store_true", help="try again those that survived")
    parser.add_argument("--traced", action="store_true", help="with the tests only whose lines are known already")
    parser.add_argument("--room", action="append", metavar="PATH", help="change what is below this path, nothing else")
    parser.add_argument("--tests", action="append", metavar="BELOW", help="ask those tests alone, and trace no others")
    parser.add_argument("--score", action="store_true", help="try nothing, print what is known")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="what the tests of a mutant may take (12)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (2)")
    return parser


def _mutants(given: argparse.Namespace) -> list[Mutant]:
    if given.replay:
        return [m for m in every(_rooms(given)) if m.id.startswith(given.replay)]
    if given.only:
        path, _, line = given.only.partition(":")
        return [m for m in every((path,)) if m.path == path and (not line or m.line <= int(line) <= m.end)]
    among = every(_rooms(given))
    if given.new_since:
        new = added_since(given.new_since)
        among = (m for m in among if m.path in new and (not given.package or m.package in given.package))
    chosen = sample(given.mutants, given.seed, among)
    return [m for m in chosen if not given.package or m.package in given.package]


def _rooms(given: argparse.Namespace) -> tuple[str, ...]:
    return tuple(room.rstrip("/") for room in given.room) if given.room else ROOMS


def _of_own_tests(given: argparse.Namespace) -> str:
    """A word for the tests that are asked alone: what they leave alive, others may kill."""
    return f"-{sha256(' '.join(sorted(given.tests)).encode()).hexdigest()[:10]}" if given.tests else ""


def _is_open(known: Result | None, given: argparse.Namespace) -> bool:
    return known is None or bool(given.replay) or (given.again and not known.killed)


def _print_score(mutants: Sequence[Mutant], results: Results, survivors: bool) -> None:
    entries = explained()
    reasons = {m.id for m in mutants if any(entry.fits(m) for entry in entries)}
    known = results.among(mutants)
    left = [r for r in known if not r.killed]
    for result in left if survivors else ():
        print(shown(result) + ("\n    (explained)" if result.id in reasons else ""))
    print(f"{'package':10} {'made':>6} {'killed':>6} {'overdue':>7} {'left':>6} {'explained':>9} {'score':>6}")
    of = {m.id: m.package for m in mutants}
    for package in (*dict.fromkeys((*PACKAGES, *of.values())), ""):
        some = [r for r in known if not package or of[r.id] == package]
        if some:
            counts = Counter(r.outcome for r in some)
            dead = counts["killed"] + counts["overdue"]
            why = sum(r.id in reasons for r in some if not r.killed)
            row = (len(some), counts["killed"], counts["overdue"], len(some) - dead, why)
            print(f"{package or 'all':10} " + "{:6} {:6} {:7} {:6} {:9}".format(*row) + f" {dead / len(some):6.1%}")
    for entry in stale():
        print(f"explained.toml: gone: {entry.file}: {entry.line}")


if __name__ == "__main__":
    raise SystemExit(main())
