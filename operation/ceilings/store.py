"""All batteries of a site as one store behind the meter."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Site, SiteState, reserve_requirement
from ridethrough.domain.wear.warranty import price_of_haste_per_kwh

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterStore:
    """Energy above the reserve (kWh stored), and power as the meter sees it (kW).

    A kWh drawn at the meter adds `stored_per_drawn` kWh to the store; a kWh that the meter is relieved of takes
    `stored_per_relieved` out of it. `wear_per_relieved` is what such a kWh costs in wear, in cycles through all of it
    and for a warranty that is used faster than its year goes by.
    """

    capacity_kwh: float
    stored_kwh: float
    charge_kw: float
    discharge_kw: float
    stored_per_drawn: float
    stored_per_relieved: float
    wear_per_relieved: float
    import_limit_kw: float

    @property
    def round_trip(self) -> float:
        """The share of energy that is left after it was stored and given back."""
        return self.stored_per_drawn / self.stored_per_relieved


def meter_store(
    site: Site, state: SiteState, usual_load_kw: FloatArray, *, now: datetime, price_per_kwh: FloatArray
) -> MeterStore:
    """The store of a site in a state; `usual_load_kw` (one a UPS system) limits what can be discharged into.

    `price_per_kwh` are the energy prices ahead: their spread prices a discharge that is ahead of a warranty's year.
    """
    spread = float(price_per_kwh.max() - price_per_kwh.min())
    tradable, stored, charge, discharge, wear = [], [], [], [], []
    for ups, load_kw in zip(site.ups, usual_load_kw.tolist(), strict=True):
        reserve_kwh = reserve_requirement(ups, protected_load_kw=max(ups.protected_load_kw, load_kw)).reserve_kwh
        spent = state.throughput_kwh.get(ups.id, 0.0) >= (ups.throughput_limit_kwh or np.inf)
        room_kwh = 0.0 if ups.lock or spent else max(0.0, ups.max_stored_kwh - reserve_kwh)
        tradable.append(room_kwh)
        stored.append(min(room_kwh, max(0.0, state.stored_in(site, ups.id) - reserve_kwh)))
        charge.append(ups.charge_limit_kw / ups.rectifier_efficiency)
        most_kw = ups.discharge_limit_kw if ups.bidirectional else min(ups.discharge_limit_kw, ups.dc_load_kw(load_kw))
        discharge.append(most_kw / ups.rectifier_efficiency if room_kwh else 0.0)
        used_kwh = state.throughput_kwh.get(ups.id, 0.0)
        hurried = price_of_haste_per_kwh(used_kwh, ups.throughput_limit_kwh, spread, now, site.timezone)
        wear.append((ups.wear_per_kwh_to(room_kwh) + hurried) * ups.rectifier_efficiency)
    weights = np.array(tradable) if sum(tradable) > 0 else np.ones(len(tradable))
    drawn = [ups.battery.charge_efficiency * ups.rectifier_efficiency for ups in site.ups]
    relieved = [ups.rectifier_efficiency / ups.battery.discharge_efficiency for ups in site.ups]
    return MeterStore(
        capacity_kwh=sum(tradable),
        stored_kwh=sum(stored),
        charge_kw=sum(charge),
        discharge_kw=sum(discharge),
        stored_per_drawn=float(np.average(drawn, weights=weights)),
        stored_per_relieved=float(np.average(relieved, weights=weights)),
        wear_per_relieved=float(np.average(wear, weights=weights)),
        import_limit_kw=site.interconnection.import_limit_kw,
    )
