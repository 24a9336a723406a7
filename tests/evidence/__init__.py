"""Tests of what the rules judge by."""
