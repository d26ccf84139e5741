"""Libraries of drivers, which are installed by extras: what to do where one is missing."""

import importlib
from types import ModuleType

from ridethrough.bms.drivers.driver import UnableToDrive


class UnableToLoad(UnableToDrive):
    """A library that a driver needs is not installed."""


def library(name: str, *, protocol: str) -> ModuleType:
    """Import a library by its module's name.

    Raises `UnableToLoad`, which says what to install.

    >>> library("no_such_library", protocol="smoke signals")
    Traceback (most recent call last):
    ridethrough.bms.drivers.extras.UnableToLoad: smoke signals needs no_such_library: pip install 'ridethrough[bms]'
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UnableToLoad(f"{protocol} needs {name.partition('.')[0]}: pip install 'ridethrough[bms]'") from error
