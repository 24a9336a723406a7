"""Mutation campaigns: small faults are put into the decision code, and a test should see each of them.

Ours, for neither kept library serves: mutmut 3 renames functions behind trampolines, and operators say who they are by
their signature; cosmic-ray starts a process for each mutant and chooses no tests.
"""
