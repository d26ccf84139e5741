"""The parts of Now that change: each is the inside of the element of its id, and a stream sends those that changed."""

from ridethrough.api.pages.frame import Viewer
from ridethrough.api.pages.rendering import part
from ridethrough.api.pages.site_now import SiteNow

PARTS = ("banners", "ride", "mode", "meter", "next", "savings", "systems", "alarms", "age")
"""The ids of the parts, each of which has its template in `templates/now/`."""


def now_parts(now: SiteNow, viewer: Viewer, site_id: str) -> dict[str, str]:
    """The HTML of every part."""
    return {f"now-{name}": part(f"now/{name}.html", now=now, viewer=viewer, site_id=site_id) for name in PARTS}
