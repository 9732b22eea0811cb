"""Long work that survives an end in the middle: what is done is kept, a line of JSON each, and not done again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")


def worked(
    work: Sequence[_Work],
    do: Callable[[_Work], _Done],
    *,
    keys: Sequence[Hashable],
    kept: dict[Hashable, _Done],
    keep: Path | None,
    jobs: int,
) -> Iterator[_Done]:
    """Yield the results of all work in its order.

    Args:
        work: What is to be done.
        do: Does one piece; importable by other processes.
        keys: What tells each piece of work from others, in its order.
        kept: What is done already, by key.
        keep: File to which each new result is added as soon as it is there.
        jobs: Processes.
    """
    from concurrent.futures import ProcessPoolExecutor
    from contextlib import ExitStack

    from tocsin.codec import encode
    from tocsin.replay.processes import context

    left = [each for each, key in zip(work, keys, strict=True) if key not in kept]
    with ExitStack() as stack:
        file = stack.enter_context(keep.open("ab")) if keep is not None else None
        if jobs == 1:
            done: Iterator[_Done] = map(do, left)
        else:
            pool = stack.enter_context(ProcessPoolExecutor(max_workers=jobs, mp_context=context))
            done = pool.map(do, left, chunksize=2)
        for key in keys:
            result = kept.get(key)
            if result is None:
                result = next(done)
                if file is not None:
                    file.write(encode(result) + b"\n")
                    file.flush()
            yield result


def kept_in(file: Path | None, kind: type[_Done], key: Callable[[_Done], Hashable]) -> dict[Hashable, _Done]:
    """Return what a file holds, by key; a last line that was cut off in the middle is taken out of it.

    Args:
        file: Lines of JSON; need not exist.
        kind: What each line is.
        key: What tells one from others.

    Raises:
        ConfigError: The file holds something else.
    """
    from tocsin.codec import decode
    from tocsin.errors import ConfigError, RecordError

    if file is None or not file.exists():
        return {}
    lines = file.read_bytes().split(b"\n")
    found = {}
    for number, line in enumerate(lines[:-1], start=1):
        try:
            result = decode(line, kind)
        except RecordError as error:
            raise ConfigError(
                f"line {number} is no run: {error}", path=str(file), advice="Choose another file"
            ) from error
        found[key(result)] = result
    if lines[-1]:
        file.write_bytes(b"\n".join(lines[:-1]) + b"\n")
    return found
