"""The parts of Now that change: each is the inside of the element of its id, and a stream sends those that changed."""

from ridethrough.api.cases.sites.savings_so_far import SavingsSoFar
from ridethrough.api.pages.frame import Viewer
from ridethrough.api.pages.rendering import part
from ridethrough.api.pages.site.site_now import SiteNow

PARTS = ("banners", "ride", "mode", "hold", "meter", "next", "savings", "systems", "alarms", "age")
"""The ids of the parts, each of which has its template in `templates/now/`."""


def now_parts(now: SiteNow, savings: SavingsSoFar | None, viewer: Viewer, site_id: str) -> dict[str, str]:
    """The HTML of every part; `savings` is None while they are worked out."""
    values = {"now": now, "savings": savings, "viewer": viewer, "site_id": site_id}
    return {f"now-{name}": part(f"now/{name}.html", **values) for name in PARTS}
