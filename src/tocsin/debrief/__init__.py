"""The after-action report of an exercise as something to hand out: read from stores, drawn, and written as one page."""

from tocsin.debrief.gathering import gather, newest_exercise
from tocsin.debrief.page import page

__all__ = ["gather", "newest_exercise", "page"]
