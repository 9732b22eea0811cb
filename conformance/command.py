"""The implementation under test: a program that answers each line of JSON with one (README.md)."""

from __future__ import annotations

import json
import os
import selectors
import shlex
import subprocess
from tempfile import TemporaryFile
from typing import Any, Self

ANSWER_WITHIN_S = 20.0


class NoAnswerError(Exception):
    """The program ended, said nothing in time, or what it said is no JSON object."""


class Command:
    """Starts the program, asks it, and starts it again if it ended.

    Args:
        words: The command with its arguments, or one line that a shell would split so.
    """

    def __init__(self, words: str | list[str]) -> None:
        self._words = shlex.split(words) if isinstance(words, str) else words
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""

    def __enter__(self) -> Self:
        self._stderr = TemporaryFile()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._stderr.close()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            NoAnswerError: There is none.
        """
        process = self._running()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(self._line(process))
        except (OSError, ValueError) as error:
            self._end()
            raise NoAnswerError(f"{error}{self._said()}") from error
        if not isinstance(answer, dict):
            raise NoAnswerError(f"answered {answer!r:.200}")
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._stderr.seek(0)
            self._stderr.truncate()
            self._unread = b""
            try:
                self._process = subprocess.Popen(
                    self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr
                )
            except OSError as error:
                raise NoAnswerError(f"cannot be started: {error}") from error
        return self._process

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(ANSWER_WITHIN_S):
                    raise OSError(f"no answer within {ANSWER_WITHIN_S:.0f} s")
                read = os.read(process.stdout.fileno(), 65_536)
                if not read:
                    raise OSError(f"ended with exit code {process.wait(ANSWER_WITHIN_S)}")
                self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _said(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""

    def _end(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.communicate()
