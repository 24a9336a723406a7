"""Tests that hold a model to be sound, for any test runner.

>>> from auditor.testing import assert_sound
>>> assert_sound("model.onnx")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.load import Source
    from ..policy.policy import Policy
    from ..report import Report
    from ..settings import Settings

__all__ = ["assert_sound"]


def assert_sound(model: Source, settings: Settings | None = None, policy: Policy | None = None) -> Report:
    """Audit a model (as `auditor.audit` takes one) and fail unless it passes; the report, as the policy sees it.

    An `AssertionError` shows what was found. What was asked for and not looked at fails, too.
    """
    __tracebackhide__ = True  # of a failure pytest shows the call, and not this

    from io import StringIO

    from ..formats import render
    from ..pipeline import audit
    from ..policy.judge import USUAL, judge
    from ..report import Verdict

    judgement = judge(audit(model, settings), USUAL if policy is None else policy)
    if judgement.verdict is not Verdict.PASS:
        told = StringIO()
        render(judgement.report, judgement.verdict, "text", told)
        raise AssertionError(f"the model is not sound\n{told.getvalue()}")
    return judgement.report
