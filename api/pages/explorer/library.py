"""The script that zooms: the JavaScript of the installed package `plotly`, which the service itself serves."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ridethrough.api.pages.assets import Asset, asset_of

NAME = "plotly.min.js"
REMEDY = "pip install 'ridethrough[explorer]'"
"""What makes the explorer zoom where it does not."""


_STYLE_ID = re.compile(rb'getElementById\("([0-9a-f]{64})"\)')


@cache
def zoom_script() -> Asset | None:
    """The script; None where the package is not installed. The package itself is not imported: it is slow to load."""
    spec = find_spec("plotly")
    places = () if spec is None else spec.submodule_search_locations or ()
    files = (Path(place) / "package_data" / NAME for place in places)
    return next((asset_of(NAME, file.read_bytes()) for file in files if file.is_file()), None)


@cache
def style_ids() -> tuple[str, ...]:
    """The ids of style sheets that the script adds to a page, unless an element of the page has the id.

    They are for maps, which the explorer has none of, and our policy refuses style sheets that a script adds.
    """
    script = zoom_script()
    found = () if script is None else _STYLE_ID.findall(script.content)
    return tuple(dict.fromkeys(each.decode() for each in found))
