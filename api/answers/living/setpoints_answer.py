"""The setpoints of now as a document."""

from datetime import datetime
from typing import Any

from ridethrough.domain import Site
from ridethrough.domain.horizon import zone
from ridethrough.operation.live.situation import Setpoints

_DIGITS = 6


def setpoints_document(setpoints: Setpoints, site: Site) -> dict[str, Any]:
    """The JSON object of `setpoints/now`; powers are kW at the terminals of all batteries of a system."""
    return {
        "mode": setpoints.mode.value,
        "why": setpoints.why,
        "valid_until": local_time(setpoints.valid_until, site.timezone),
        "plan_id": setpoints.plan_id,
        "meter_ceiling_kw": round(setpoints.meter_ceiling_kw, _DIGITS),
        "ups": {
            ups_id: {
                "charge_kw": round(each.charge_kw, _DIGITS) + 0.0,
                "discharge_kw": round(each.discharge_kw, _DIGITS) + 0.0,
                "reserve_kwh": round(each.reserve_kwh, _DIGITS),
                "stored_kwh": None if each.stored_kwh is None else round(each.stored_kwh, _DIGITS),
                "why": each.why,
            }
            for ups_id, each in setpoints.ups.items()
        },
    }


def local_time(moment: datetime, timezone: str) -> str:
    """A moment as a site's clock shows it, with its offset."""
    return moment.astimezone(zone(timezone)).isoformat()
