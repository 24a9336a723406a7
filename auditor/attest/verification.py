"""An attestation held against a model: signature, statement, files, policy, age, looks and result, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import CannotLook
from ..model.graph import Model
from ..names import visible
from ..threads import in_threads
from ..tuples import NamedTuple
from ..wording import counted
from .identities import CertifiedIdentity, SignedBy, SignedPayload
from .model_files import HashedFile, hashed_data, hashed_own, named_files, opened_model
from .refusals import (
    Contradiction,
    FileGone,
    FromTheFuture,
    LaxerPolicy,
    LeftOpen,
    LookNotTaken,
    NotAttested,
    NoTestResult,
    NotNamed,
    NotPassed,
    OtherContent,
    OtherModel,
    SeveralResults,
    SwappedFiles,
    TooOld,
    WaiverOver,
)
from .statements import (
    FAILED,
    TEST_RESULT,
    AttestedAudit,
    WaivedFinding,
    check_summary,
    moment,
    read_result,
    read_statement,
)

if TYPE_CHECKING:
    from ..policy.policy import Policy

_SKEW = timedelta(minutes=1)
"""By which two clocks may differ."""

_SIGNING = timedelta(minutes=10)
"""Within which a verdict is signed once it is given; the clock of who signs may differ by less."""


class Asking(NamedTuple):
    """What is asked of an attestation, beside that it is of the model and says that it passed."""

    now: datetime
    policy: Policy | None = None  # it must have been judged by one that is as strict
    max_age: timedelta | None = None


class Verified(NamedTuple):
    """What an attestation says that holds."""

    audit: AttestedAudit
    by: SignedBy
    files: tuple[HashedFile, ...]


def verified(path: str, signed: Sequence[SignedPayload], asking: Asking) -> Verified:
    """The attestation of the model at a path, where all of it holds; a `Refusal` for the first thing that does not.

    ``signed`` is what trusted keys, or an identity, did sign (`signed_by_keys`, `signed_by_identity`).
    """
    audit, by = believed(signed)
    where = signed[0].where
    files = checked_files(path, audit, where)
    if asking.policy is not None:
        _check_policy(audit, asking.policy, asking.now, where)
    _check_times(audit, by, asking, where)
    if asking.policy is not None:
        _check_looks(audit, asking.policy, where)
    _check_result(audit, where)
    return Verified(audit, by, files)


def believed(signed: Sequence[SignedPayload]) -> tuple[AttestedAudit, SignedBy]:
    """The one result in a file of which every line is signed, and who signed it."""
    statements = [read_statement(one.payload, one.where) for one in signed]
    results = [at for at, statement in enumerate(statements) if statement.kind == TEST_RESULT]
    if not results:
        raise NoTestResult(f"{signed[0].where} sums up a result that is not there: nothing says what was looked at")
    if len(results) > 1:
        raise SeveralResults(f"{statements[results[1]].where} is a second result: one file says one thing of one model")
    at = results[0]
    audit = read_result(statements[at])
    for statement in statements:
        if statement.kind != TEST_RESULT:
            check_summary(statement, audit)
    return audit, signed[at].by


def checked_files(path: str, audit: AttestedAudit, where: str) -> tuple[HashedFile, ...]:
    """The files of the model, which are those that were attested: none is another, none is missing, none is more."""
    model = opened_model(path)
    own = hashed_own(path, model)
    names = named_files(model) if model is not None else {}
    attested = audit.subjects
    if own.sha256 != attested[audit.model]:
        more = next((f"; it names the file {visible(name)!r} now" for name in names if name not in attested), "")
        raise OtherModel(
            f"{where} is of another model: {path} has the sha256 {own.sha256[:16]}…, and {visible(audit.model)} had "
            f"{attested[audit.model][:16]}…{more}"
        )
    for name in names:
        if name not in attested:
            raise NotAttested(f"{path} names the file {visible(name)!r}, of which {where} says nothing")
    for name in attested:
        if name != audit.model and name not in names:
            raise NotNamed(f"{where} is of the file {visible(name)!r} too, which {path} does not name")
    return (own, *in_threads(lambda name: _checked(model, name, names[name], audit, where), tuple(names)))


def _checked(model: Model | None, name: str, ways: Sequence[str], audit: AttestedAudit, where: str) -> HashedFile:
    try:
        file = hashed_data(model, name, ways)
    except CannotLook as error:
        raise FileGone(f"{error}; {where} is of this file too") from None
    if file.sha256 == audit.subjects[name]:
        return file
    other = next((other for other, digest in audit.subjects.items() if digest == file.sha256), None)
    if other is not None:
        raise SwappedFiles(f"{visible(name)} has what {where} has of {visible(other)}: files were swapped")
    raise OtherContent(
        f"{visible(name)} is not the file of {where}: it has the sha256 {file.sha256[:16]}…, and had "
        f"{audit.subjects[name][:16]}…"
    )


def _check_policy(audit: AttestedAudit, asked: Policy, now: datetime, where: str) -> None:
    from .policy_text import read_policy
    from .stricter import laxities  # it knows all rules, which only this needs

    called = asked.origin or "your policy"
    for laxity in laxities(read_policy(audit.policy, where), asked, now.date()):
        raise LaxerPolicy(f"{where} was judged less strictly than {called} asks: {laxity}; attest it under {called}")


def _check_times(audit: AttestedAudit, by: SignedBy, asking: Asking, where: str) -> None:
    given = moment(audit.attested_at, where)
    if isinstance(by, CertifiedIdentity) and not by.starts - _SIGNING <= given <= by.ends + _SKEW:
        raise Contradiction(
            f"{where} says that it was given at {audit.attested_at}, and who signed it was certified from "
            f"{by.starts.isoformat()} to {by.ends.isoformat()}"
        )
    age = asking.now - given
    if age < -_SKEW:
        raise FromTheFuture(f"{where} was given at {audit.attested_at}, which has not come yet: set the clock right")
    if asking.max_age is not None and age > asking.max_age:
        ago, most = in_time(age), in_time(asking.max_age)
        raise TooOld(f"{where} was given on {audit.attested_at[:10]}, {ago} ago, and {most} may be: attest it anew")
    for one in audit.waived:
        if _is_over(one, asking.now.date()):
            raise WaiverOver(f"{where} passed by a waiver of {visible(one.rule)} that ended on {visible(one.expires)}")


def _is_over(waived: WaivedFinding, today: date) -> bool:
    """A text that is not a date is over, as where waivers are applied."""
    try:
        return bool(waived.expires) and date.fromisoformat(waived.expires) < today
    except ValueError:
        return True


def _check_looks(audit: AttestedAudit, asked: Policy, where: str) -> None:
    why = {missed.what: missed.why for missed in audit.not_looked_at}
    for thing in sorted(asked.required - frozenset(audit.looked_at)):
        because = why.get(thing) or why.get(f"rule {thing}")
        more = f": {visible(because, 200)}" if because else ""
        raise LookNotTaken(
            f"{where}: {asked.origin or 'your policy'} requires {thing}, and the audit did not look at it{more}"
        )


def _check_result(audit: AttestedAudit, where: str) -> None:
    if audit.result != FAILED:
        return
    reason = visible(audit.reasons[0], 300) if audit.reasons else "it does not say why"
    if audit.verdict == "inconclusive":
        raise LeftOpen(f"{where} says that the audit was inconclusive: {reason}")
    raise NotPassed(f"{where} says that the model failed: {reason}")


def in_time(span: timedelta) -> str:
    """``30 days``, ``12 hours``, ``5 seconds``: whole ones, the largest that there are."""
    for seconds, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if span.total_seconds() >= seconds:
            return counted(int(span.total_seconds() // seconds), unit)
    return counted(int(span.total_seconds()), "second")
