"""The energy side of a URDB rate."""

from collections.abc import Mapping
from typing import Any, get_args

from ridethrough.domain.validation import UnableToAccept
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule
from ridethrough.tariffs.charges.demand import KW_PER_HP
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier, TierUnit
from ridethrough.tariffs.urdb.reader import UrdbReader, faults_of
from ridethrough.tariffs.urdb.schedule import period_name, schedule_of

ENERGY_HOURS = "energy hours"
_UNITS: dict[str, TierUnit] = {unit.lower(): unit for unit in get_args(TierUnit)}


def read_energy(reader: UrdbReader, power_factor: float) -> tuple[EnergyCharge | None, RateSchedule | None]:
    """Energy periods and their schedule; limits per kVA or hp become limits per kW."""
    structure = reader.structure("energyratestructure")
    if not structure:
        return None, None
    weekday = reader.schedule("energyweekdayschedule", len(structure))
    weekend = reader.schedule("energyweekendschedule", len(structure))
    periods = [
        _period(reader, f"energyratestructure.{index}", index, tiers, power_factor)
        for index, tiers in enumerate(structure)
    ]
    if reader.reasons:
        return None, None
    schedule = schedule_of(weekday, weekend)
    used = [period for period in periods if period is not None and period.name in schedule.periods]
    demand = "needed" if any(period.needs_demand for period in used) else ""
    adjustments = _fuel_adjustments(reader)
    if len(used) == 1:
        return EnergyCharge(periods=tuple(used), demand=demand, fuel_adjustment_per_kwh=adjustments), None
    charge = EnergyCharge(
        periods=tuple(used), schedule=ENERGY_HOURS, demand=demand, fuel_adjustment_per_kwh=adjustments
    )
    return charge, schedule


def _fuel_adjustments(reader: UrdbReader) -> tuple[float, ...]:
    name = "fueladjustmentsmonthly"
    given = reader.fields.get(name)
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) != 12:  # noqa: PLR2004 - months
        reader.refuse(name, "must be 12 numbers, one for each month")
        return ()
    values = tuple(reader.number(f"{name}.{month}", value) for month, value in enumerate(given))
    return values if any(values) else ()


def _period(
    reader: UrdbReader, name: str, index: int, tiers: list[Mapping[str, Any]], power_factor: float
) -> EnergyPeriod | None:
    read = [_tier(reader, f"{name}.{number}", tier, power_factor) for number, tier in enumerate(tiers)]
    if reader.reasons:
        return None
    kept = _settle_limits(reader, name, [tier for tier in read if tier is not None])
    if len({tier.sell_per_kwh for tier in kept}) > 1:
        reader.remark(f"{name}.sell", "export is priced at the sell rate of the first tier")
    try:
        return EnergyPeriod(name=period_name(index), tiers=tuple(kept))
    except UnableToAccept as error:
        reader.refuse(name, f"its tiers contradict each other: {faults_of(error)}")
        return None


def _tier(reader: UrdbReader, name: str, tier: Mapping[str, Any], power_factor: float) -> EnergyTier | None:
    written = str(tier.get("unit") or "kWh")
    unit, per_kw = _unit(written, power_factor)
    if unit is None:
        reader.refuse(f"{name}.unit", f"{written!r} is not a unit of energy limits")
        return None
    rate, adjustment = reader.price(name, tier)
    sell = reader.number(f"{name}.sell", tier.get("sell"))
    if not {"rate", "adj", "sell"} & set(tier):
        reader.remark(name, "has neither rate nor adjustment; its energy costs nothing here")
    limit = reader.limit(f"{name}.max", tier)
    if limit is not None:
        limit *= per_kw
    return EnergyTier(rate_per_kwh=rate, adjustment_per_kwh=adjustment, sell_per_kwh=sell, up_to=limit, unit=unit)


def _unit(written: str, power_factor: float) -> tuple[TierUnit | None, float]:
    """Our unit, and the number of the written unit in one of ours."""
    plain = " ".join(written.lower().split())
    for other, per_kw in (("kva", 1 / power_factor), ("hp", 1 / KW_PER_HP)):
        if plain.startswith(f"kwh/{other}"):
            return _UNITS.get(plain.replace(other, "kw", 1)), per_kw
    return _UNITS.get(plain), 1.0


def _settle_limits(reader: UrdbReader, name: str, tiers: list[EnergyTier]) -> list[EnergyTier]:
    """End the list with a tier without a limit, and drop tiers that can never contain energy."""
    last = tiers[-1]
    if last.up_to is not None:
        shown = f"{last.up_to:,.0f} {last.unit}"
        reader.remark(name, f"says no price above {shown}; the price of its last tier is used")
        tiers = [
            *tiers[:-1],
            EnergyTier(
                rate_per_kwh=last.rate_per_kwh,
                adjustment_per_kwh=last.adjustment_per_kwh,
                sell_per_kwh=last.sell_per_kwh,
                unit=last.unit,
            ),
        ]
    return tiers
