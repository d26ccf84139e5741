"""Setpoints from the service for a controller at the site: a reading goes up, setpoints come back, or the site holds.

The service judges the reading, follows the plan in force and knows of holds. The controller judges the reading again by
itself, and its guard has the last word; where the service cannot be reached, batteries hold by the site's own rules.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from ridethrough.api.reading.telemetry import telemetry_document
from ridethrough.bms.ordering import LocalOrdering, Ordered
from ridethrough.domain import Site
from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.situation import SetpointMode, Setpoints, SystemSetpoint

_TIMEOUT_S = 2.0


@dataclass(slots=True, kw_only=True)
class ServiceOrdering:
    """Asks the service at `url` with a key of an operator of the site."""

    site: Site
    url: str
    key: str
    local: LocalOrdering
    timeout_s: float = _TIMEOUT_S
    _client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = httpx.AsyncClient(
            base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=self.timeout_s
        )

    async def orders(self, reading: Telemetry, now: datetime) -> Ordered:
        """The service's setpoints; without them those of a site that holds."""
        held = await self.local.orders(reading, now)
        try:
            async with asyncio.timeout(2 * self.timeout_s):  # of both answers, however slowly they come
                setpoints = await self._asked(reading)
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"the service cannot be asked ({type(error).__name__}: {error})"
            return replace(held, setpoints=replace(held.setpoints, why=f"{why}; {held.setpoints.why}"))
        if setpoints.valid_until <= now or self.local.holds(now):
            return held
        return replace(held, setpoints=setpoints, reliable_until=setpoints.valid_until)

    def clock_was_set(self, by: timedelta) -> None:
        """Tell the site's own rules: the service has its own clock, and its own readings."""
        self.local.clock_was_set(by)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def _asked(self, reading: Telemetry) -> Setpoints:
        path = f"/v1/sites/{self.site.id}"
        sent = await self._client.post(f"{path}/telemetry", json=_without_lost(telemetry_document(reading)))
        sent.raise_for_status()
        answer = await self._client.get(f"{path}/setpoints/now")
        answer.raise_for_status()
        return _setpoints(answer.json(), self.site)


def _setpoints(document: dict[str, Any], site: Site) -> Setpoints:
    """The setpoints of an answer; every system of the site must be in it."""
    valid_until = datetime.fromisoformat(document["valid_until"])
    if valid_until.tzinfo is None:
        raise ValueError(f"valid_until cannot be {document['valid_until']}, without a UTC offset")
    return Setpoints(
        mode=SetpointMode(document["mode"]),
        why=str(document["why"]),
        valid_until=valid_until,
        plan_id=document["plan_id"],
        meter_ceiling_kw=float(document["meter_ceiling_kw"]),
        ups={ups.id: _system(document["ups"][ups.id]) for ups in site.ups},
    )


def _system(document: dict[str, Any]) -> SystemSetpoint:
    charge_kw, discharge_kw = float(document["charge_kw"]), float(document["discharge_kw"])
    if not (0 <= charge_kw < float("inf") and 0 <= discharge_kw < float("inf")):
        raise ValueError(f"powers cannot be {charge_kw} and {discharge_kw} kW")
    stored_kwh = document["stored_kwh"]
    return SystemSetpoint(
        charge_kw=charge_kw,
        discharge_kw=discharge_kw,
        reserve_kwh=float(document["reserve_kwh"]),
        stored_kwh=None if stored_kwh is None else float(stored_kwh),
        why=str(document["why"]),
    )


def _without_lost(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The document with null for every number that is not one."""
    if isinstance(value, dict):
        return {name: _without_lost(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_lost(each) for each in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value
