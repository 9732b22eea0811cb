"""Settings for every test."""

from __future__ import annotations

from hypothesis import settings

# the first call of a compiled kernel takes a second: no test is judged by time
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")
