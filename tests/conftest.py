"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A test that searches is judged by what it finds: on a busy machine an example takes as long as it takes.
settings.register_profile("emel", deadline=None)
settings.load_profile("emel")
