"""Few examples for each property, so that the suite takes seconds; no deadlines, so that a busy machine is no fault."""

from hypothesis import settings

settings.register_profile("quick", max_examples=40, deadline=None)
settings.load_profile("quick")
