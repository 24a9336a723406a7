"""Tests of auditor.ranges: soundness by runs, sharpness by hand, findings with their witness."""
