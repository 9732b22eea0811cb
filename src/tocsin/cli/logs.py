"""Where log lines go: standard error, for people or for machines; or kept until a live view has ended."""

from __future__ import annotations

import logging
import sys
from collections import deque
from typing import Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

KEPT = 20


def log_to_stderr(form: Literal["auto", "console", "json"], *, level: int = logging.INFO) -> None:
    """Write the log to standard error.

    Args:
        form: For people, as lines of JSON, or (``auto``) by whether standard error is a terminal.
        level: The lowest level that is written.
    """
    is_terminal = sys.stderr.isatty()
    for_people = form == "console" or (form == "auto" and is_terminal)
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=is_terminal) if for_people else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def keep_log() -> deque[str]:
    """Keep the last warnings and errors aside, and return where they are kept."""
    kept: deque[str] = deque(maxlen=KEPT)

    def keep(_logger: WrappedLogger, level: str, event: EventDict) -> str:
        words = " ".join(f"{key}={value}" for key, value in event.items() if key != "event")
        kept.append(f"{level}: {event.get('event', '')} {words}".rstrip())
        raise structlog.DropEvent

    structlog.configure(
        processors=[keep],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=False,
    )
    return kept
