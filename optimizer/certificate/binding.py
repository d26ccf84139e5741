"""The hash that binds a certificate to a plan.

It is the SHA-256 of one JSON object in UTF-8 without spaces, keys in the order of the alphabet: `horizon`
(`interval_minutes`, `intervals`, `start` in UTC), `site_id`, `stored_at_start_kwh` by system, and `ups` by system with
`charge_kw`, `discharge_kw` and `load_kw`, one number an interval, rounded to six decimals. Everything else that a plan
states follows from these and from the site.
"""

import hashlib
import json
from datetime import UTC

from ridethrough.optimizer.certificate.stated import StatedPlan

_DECIMALS = 6


def plan_digest(site_id: str, plan: StatedPlan) -> str:
    """The hash of a plan, see the module."""
    document = {
        "horizon": {
            "interval_minutes": plan.horizon.interval_minutes,
            "intervals": plan.horizon.intervals,
            "start": plan.horizon.start.astimezone(UTC).isoformat(),
        },
        "site_id": site_id,
        "stored_at_start_kwh": {each.ups_id: _rounded(each.stored_kwh[:1])[0] for each in plan.ups},
        "ups": {
            each.ups_id: {
                "charge_kw": _rounded(each.charge_kw),
                "discharge_kw": _rounded(each.discharge_kw),
                "load_kw": _rounded(each.load_kw),
            }
            for each in plan.ups
        },
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _rounded(values: tuple[float, ...]) -> list[float]:
    return [round(value, _DECIMALS) + 0.0 for value in values]
