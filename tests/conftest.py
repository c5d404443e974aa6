"""Hypothesis draws the same examples in every run, and no test fails for having been slow."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
# `make quick`: a tenth of the examples
settings.register_profile("quick", settings.get_profile("repeatable"), max_examples=10)
settings.load_profile("repeatable")
