"""Dispatch of data-center UPS batteries that saves money and never touches the backup reserve.

`read_site`, `plan`, `reserve`, `certify`, `bill` and `study` are the public face; `docs/python.md` shows them at work.
They are imported when they are first asked for, so that `import ridethrough` costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ridethrough.api.library import (
        Result,
        UnableToStudy,
        bill,
        certify,
        plan,
        read_site,
        reserve,
        study,
    )
    from ridethrough.domain import Fault, UnableToAccept

__all__ = [
    "Fault",
    "Result",
    "UnableToAccept",
    "UnableToStudy",
    "bill",
    "certify",
    "plan",
    "read_site",
    "reserve",
    "study",
]

_DOMAIN = ("Fault", "UnableToAccept")


def __getattr__(name: str) -> object:
    """Import a public name when it is asked for (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("ridethrough")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    module = "ridethrough.domain" if name in _DOMAIN else "ridethrough.api.library"
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted([*__all__, "__version__"])
