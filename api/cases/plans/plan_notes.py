"""What a plan assumes and what its reader must know: loads, the state, the tariff, load swings."""

from collections.abc import Iterator
from datetime import date

from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import (
    SiteState,
)
from ridethrough.tariffs.horizon.charges import HorizonCharges


def loads_assumptions(inputs: SiteInputs, day: date) -> Iterator[str]:
    """Say that the loads of files are taken for those to come."""
    named = [load.source for load in inputs.loads.values() if isinstance(load, TimeSeries)]
    if named:
        yield f"the loads of {day} are those of {', '.join(dict.fromkeys(named))}, as if they were known"


def state_assumptions(inputs: SiteInputs, charges: HorizonCharges, state: SiteState) -> Iterator[str]:
    """Note the assumptions for everything that the state does not contain."""
    known = state.stored_kwh.keys() | state.unit_stored_kwh.keys()
    full = [ups.id for ups in inputs.site.ups if ups.id not in known]
    if full:
        yield f"stored energy not given: {', '.join(full)} taken as full"
    if inputs.site.interconnection.export_limit_kw > 0 and not charges.export_per_kwh.any():
        yield "exported energy earns nothing: the tariff has no price for it"
    unknown = sorted({term.charge for term in charges.held} - state.peaks_kw.keys())
    if unknown:
        yield f"month-to-date peaks not given: planned as if nothing were billed yet for {', '.join(unknown)}"
    if charges.tiers and not state.energy_kwh:
        yield "month-to-date energy not given: energy tiers start from 0 kWh"


def tariff_notes(inputs: SiteInputs, day: date) -> Iterator[str]:
    """Note if a tariff's figures are not valid on the planned day, or if energy has no price."""
    tariff = inputs.tariff
    if tariff is None:
        return
    since, until = tariff.effective_from, tariff.effective_until
    if (until is not None and day >= until) or (since is not None and day < since):
        held = f"from {since or 'ever'} to {until or 'now'}"
        yield f"{tariff.name}: these figures are valid {held}; {day} is priced with them anyway"
    if tariff.energy is None and inputs.prices is None:
        yield f"{tariff.name} has no energy charge and no prices are given: energy is planned as if it were free"


def swing_notes(inputs: SiteInputs) -> Iterator[str]:
    """Note the part of load swings that batteries absorb, its wear, and the part beyond the batteries."""
    for ups in inputs.site.ups:
        headroom_kw = ups.swing_headroom_kw
        if ups.swing is None or headroom_kw <= 0:
            continue
        most_kw = min(ups.charge_limit_kw, ups.discharge_limit_kw)
        cycled_kw = min(headroom_kw, most_kw) / 2
        swing = f"swings of {ups.swing.amplitude_kw:,.0f} kW at {ups.swing.frequency_hz:g} Hz"
        wear = cycled_kw * ups.battery.wear_cost_per_kwh
        yield (
            f"{ups.id}: {headroom_kw:,.0f} kW of battery power is kept for {swing} that the capacitor does not take; "
            f"they wear at most {wear:,.2f} {inputs.site.currency} an hour, which is in no cost here"
        )
        if headroom_kw > most_kw:
            yield f"{ups.id}: of these swings {headroom_kw - most_kw:,.0f} kW are beyond the batteries too"
