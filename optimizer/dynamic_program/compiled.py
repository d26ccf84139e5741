"""Compilation: the only module that imports numba.

Functions under `@compiled` are plain Python over numbers and arrays. numba compiles each for the types of its first
call and keeps the result on disk. Without numba they can be imported, but not called.

With `NUMBA_DISABLE_JIT=1` they run as plain Python.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, ParamSpec, TypeVar

try:
    import numba as _installed

    numba: ModuleType | None = _installed
except ModuleNotFoundError:
    numba = None

P = ParamSpec("P")
R = TypeVar("R")

REMEDY = 'pip install "ridethrough[studies]"'


class UnableToCompile(RuntimeError):
    """The dynamic program was called, but numba is not installed."""

    def __init__(self) -> None:
        super().__init__(f"the dynamic program needs numba: {REMEDY}")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function on its first call; keep its type."""
    if numba is None:
        return _without_numba(function)
    return _with_numba(numba, function)


def require_numba() -> None:
    """Raise `UnableToCompile` if compiled functions cannot be called."""
    if numba is None:
        raise UnableToCompile


def _with_numba(compiler: Any, function: Callable[P, R]) -> Callable[P, R]:  # noqa: ANN401 - numba has no types
    _drop_stale(Path(function.__code__.co_filename))
    try:
        done: Callable[P, R] = compiler.njit(cache=True)(function)
    except RuntimeError:  # nowhere to keep the result: neither beside the source nor in a cache of the user's
        done = compiler.njit(function)
    return done


def _without_numba(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def refuse(*_args: P.args, **_kwargs: P.kwargs) -> NoReturn:
        raise UnableToCompile

    return refuse


def _drop_stale(source: Path) -> None:
    """Delete cached code of `source` that is older than the newest of the sources it may depend on.

    numba checks only the file of a function itself, not the files of the functions that it calls.
    """
    parts = [*Path(__file__).parent.glob("*.py"), *source.parent.glob("*.py")]
    newest = max(part.stat().st_mtime for part in parts)
    for kept in (source.parent / "__pycache__").glob(f"{source.stem}.*.nbi"):
        if kept.stat().st_mtime < newest:
            kept.unlink(missing_ok=True)
