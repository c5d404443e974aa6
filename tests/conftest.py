"""Hypothesis draws the same examples in every run, and no test fails for having been slow."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
