"""A small catalog of real tariffs, re-keyed as figures: `names()` lists it, `load(name)` reads one.

Each file names the source of its figures, their dates, and what is left out. The catalog shows the structure of tariffs
in data-center regions; its figures are not this year's prices.
"""

import difflib
from functools import cache
from importlib import resources

from ridethrough.domain.validation import Fault, UnableToAccept
from ridethrough.tariffs.native import tariff_from_yaml
from ridethrough.tariffs.tariff import Tariff

_SUFFIX = ".yaml"


def names() -> tuple[str, ...]:
    """The names of the tariffs in the catalog, in alphabetical order."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX)))


@cache
def load(name: str) -> Tariff:
    """Read a tariff of the catalog, once in a process.

    Raises `UnableToAccept` for an unknown name, with similar names.
    """
    known = names()
    if name not in known:
        close = difflib.get_close_matches(name, known, cutoff=0.4) or known
        raise UnableToAccept([Fault(field="tariff", value=name, allowed=f"in the catalog, such as {', '.join(close)}")])
    text = resources.files(__name__).joinpath(name + _SUFFIX).read_text(encoding="utf-8")
    return tariff_from_yaml(text, source=f"{name}{_SUFFIX}")
