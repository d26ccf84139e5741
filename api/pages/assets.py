"""The stylesheet, scripts and icons: read once, and named by what is in them, so that a browser keeps them for good."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ridethrough.charts import chart_css

_FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_SHOWN = 16
STATIC = "/static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file that pages load."""

    name: str
    content: bytes
    media_type: str
    digest: str


def asset_of(name: str, content: bytes) -> Asset:
    """A file under the address that its content gives it."""
    digest = hashlib.sha256(content).hexdigest()[:_SHOWN]
    return Asset(name=name, content=content, media_type=_MEDIA_TYPES[Path(name).suffix], digest=digest)


_OWN = [path for path in sorted(_FOLDER.iterdir()) if path.suffix in _MEDIA_TYPES]
_READ = (*(asset_of(path.name, path.read_bytes()) for path in _OWN), asset_of("chart.css", chart_css().encode()))
ASSETS = {asset.name: asset for asset in _READ}
PAGES_VERSION = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted((_FOLDER.parent / "templates").rglob("*.html")))
    + "".join(each.digest for each in ASSETS.values()).encode()
).hexdigest()[:_SHOWN]
"""Changes with any page or file: a page that was made by another version is loaded again."""


def asset_address(name: str) -> str:
    """The address of a file, with what it contains in it.

    Raises `KeyError` where there is no such file.
    """
    return f"{STATIC}/{name}?v={ASSETS[name].digest}"
