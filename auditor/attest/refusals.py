"""Why an attestation is not taken: each reason has a type and a sentence of its own."""

from __future__ import annotations

from ..errors import AuditorError, ExitCode


class Refusal(AuditorError):
    """The attestation does not say that this model passed. As of a gate, the exit code is that of a failure."""

    exit_code = ExitCode.FINDINGS


class NotAnAttestation(Refusal):
    """The file holds no envelopes, one a line: cut short, too large, no JSON, fields missing."""


class RepeatedKey(Refusal):
    """A JSON object says one thing twice, and readers differ in which of them counts."""


class UnknownPayload(Refusal):
    """What is signed is no in-toto statement."""


class NotBase64(Refusal):
    """Letters that base64 does not have, or bits behind its end: two readers would read two payloads."""


class NotSigned(Refusal):
    """An envelope without a signature."""


class BrokenSignature(Refusal):
    """A signature that says it is by a trusted key, and does not fit what is signed."""


class OtherKey(Refusal):
    """Signed, and by none of the trusted keys."""


class NotAStatement(Refusal):
    """Signed, and not a statement that can be read."""


class UnknownPredicate(Refusal):
    """A statement of something that is no verdict of auditor."""


class NoTestResult(Refusal):
    """A summary without the result that it sums up."""


class SeveralResults(Refusal):
    """Two results in one file: which of them holds is for a person to say."""


class BadSubject(Refusal):
    """A subject without a sha256, with a name that leads out of the folder, or with one that another has."""


class OtherModel(Refusal):
    """The attestation is of a model whose own file is another one."""


class OtherContent(Refusal):
    """One of the model's other files is not as it was attested."""


class SwappedFiles(Refusal):
    """A file has what the attestation has under another name."""


class FileGone(Refusal):
    """A file that was attested is not there, or cannot be opened as the model's own."""


class NotNamed(Refusal):
    """A file that was attested, and which the model does not name."""


class NotAttested(Refusal):
    """A file that the model names, and which was not attested."""


class ChangedMeanwhile(Refusal):
    """A file was written to while it was looked at."""


class PolicyForged(Refusal):
    """The policy in the attestation is not the one whose digest stands beside it."""


class NoComparison(Refusal):
    """The attested policy is written in a way that this auditor does not know."""


class LaxerPolicy(Refusal):
    """The verdict was given under a policy that lets something pass which yours does not."""


class LookNotTaken(Refusal):
    """Your policy asks for a look that the attested audit did not take."""


class TooOld(Refusal):
    """Given longer ago than may be."""


class FromTheFuture(Refusal):
    """Given at a time that has not come yet: one of the clocks is wrong."""


class WaiverOver(Refusal):
    """It passed because somebody answered for a finding, and no longer does."""


class Contradiction(Refusal):
    """Its parts do not agree with each other."""


class NotPassed(Refusal):
    """What was attested is that the model failed."""


class LeftOpen(Refusal):
    """What was attested is that nothing could be said for certain."""

    exit_code = ExitCode.INCONCLUSIVE
