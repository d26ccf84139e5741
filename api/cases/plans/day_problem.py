"""From a site's inputs to the optimizer's problem for one local day."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import ceil

import numpy as np

from ridethrough.api.reading.series.resampling import covering, minutes, prices_over
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.api.reading.tariff_file import unpriced
from ridethrough.domain import (
    Fault,
    Horizon,
    PriceSeries,
    SiteState,
    UnableToAccept,
    UpsSystem,
)
from ridethrough.optimizer import DispatchProblem
from ridethrough.tariffs.horizon.charges import HorizonCharges, charges_over
from ridethrough.tariffs.inputs import check_inputs
from ridethrough.tariffs.not_priced import UnableToPrice

DEFAULT_LOOK_AHEAD_H = 24.0
LONGEST_LOOK_AHEAD_H = 31 * 24.0
MOST_INTERVALS = 10_000


def problem_of_day(
    inputs: SiteInputs,
    day: date,
    assumptions: list[str],
    *,
    state: SiteState | None,
    state_source: str = "state",
    look_ahead_h: float | None = None,
) -> DispatchProblem:
    """The problem of one local day and its look-ahead, as the site's series and the state have it.

    Raises `UnableToAccept` where series do not cover it, or the state does not fit the site.
    """
    planned = Horizon.of_local_day(day, inputs.site.timezone, inputs.site.interval_minutes)
    horizon = _horizon(inputs, planned, look_ahead_h, assumptions)
    if state is not None:
        check_state(inputs, horizon, state, state_source)
    return _problem(inputs, planned.intervals, horizon, state or SiteState())


def check_state(inputs: SiteInputs, horizon: Horizon, state: SiteState, source: str) -> None:
    """Refuse a state that is impossible for the site or its tariff."""
    faults: list[Fault] = []
    for check in (state.check_against, state.check_complete):
        try:
            check(inputs.site)
        except UnableToAccept as error:
            faults += error.faults
    if inputs.tariff is not None:
        try:
            check_inputs(inputs.tariff, horizon, prices=None, state=state, events=(), power_factor=None)
        except UnableToAccept as error:
            faults += error.faults
    else:
        for name in (*state.peaks_kw, *state.past_peaks_kw):
            faults.append(Fault(field=f"peaks_kw.{name}", value=name, allowed="left out: the site has no tariff"))
    if faults:
        raise UnableToAccept(fault.in_source(source) for fault in faults)


def all_series(inputs: SiteInputs) -> Iterator[TimeSeries]:
    """Every load and price that a file or a list gives."""
    for load in (*inputs.loads.values(), inputs.unprotected_load, inputs.prices):
        if isinstance(load, TimeSeries):
            yield load


def _problem(inputs: SiteInputs, plan_intervals: int, horizon: Horizon, state: SiteState) -> DispatchProblem:
    site = inputs.site
    conditions = (*site.conditions, *state.conditions)

    def longest_s(ups: UpsSystem) -> float:
        """The longest ride-through that any condition or policy of a system requires."""
        asked = (each.ride_through_s or 0.0 for each in conditions)
        once_s = max(ups.reserve.ride_through_s, *(duty.duration_s for duty in ups.reserve.duties), *asked)
        return once_s * ups.reserve.outages_before_recharge

    faults: list[Fault] = []
    loads = {ups.id: _values(inputs.loads[ups.id], horizon, faults) for ups in site.ups}
    others = _values(inputs.unprotected_load, horizon, faults)
    prices = prices_over(inputs.prices, horizon, faults)
    if faults:
        raise UnableToAccept(fault for index, fault in enumerate(faults) if fault not in faults[:index])
    return DispatchProblem(
        site=site,
        horizon=horizon,
        charges=_charges(inputs, horizon, prices, state),
        load_kw=loads,
        unprotected_load_kw=others,
        state=state,
        plan_intervals=plan_intervals,
        load_after_kw={ups.id: _load_after(inputs.loads[ups.id], horizon, longest_s(ups)) for ups in site.ups},
    )


def _load_after(load: TimeSeries | float, horizon: Horizon, seconds: float) -> tuple[float, ...]:
    """The known load after a horizon, for the length of an outage that starts at its end."""
    if not isinstance(load, TimeSeries):
        return ()
    first = (horizon.end - load.start) // horizon.step
    return tuple(load.values[first : first + ceil(seconds / horizon.step.total_seconds())])


def _horizon(inputs: SiteInputs, planned: Horizon, look_ahead_h: float | None, assumptions: list[str]) -> Horizon:
    """The planned day and its look-ahead; a default look-ahead ends where the series end."""
    wanted_h = DEFAULT_LOOK_AHEAD_H if look_ahead_h is None else look_ahead_h
    if look_ahead_h is None:
        reach = min((series.end for series in all_series(inputs)), default=planned.end + timedelta(hours=wanted_h))
        wanted_h = max(0.0, min(wanted_h, (reach - planned.end) / timedelta(hours=1)))
        assumptions.append(f"look-ahead: {wanted_h:g} h past the end of the day")
    intervals = planned.intervals + int(wanted_h / planned.interval_h + 1e-9)
    if intervals > MOST_INTERVALS:
        value = f"{intervals} intervals of {planned.interval_minutes} minutes"
        raise UnableToAccept([Fault(field="look_ahead_h", value=value, allowed=f"at most {MOST_INTERVALS} intervals")])
    return planned.first(intervals)


def _values(load: TimeSeries | float, horizon: Horizon, faults: list[Fault]) -> tuple[float, ...]:
    """The load in each interval of the horizon; a series must have exactly the horizon's step."""
    if not isinstance(load, TimeSeries):
        return (load,) * horizon.intervals
    if load.step != horizon.step:
        allowed = f"{horizon.interval_minutes} minutes, the site's interval_minutes"
        faults.append(Fault(field="step", source=load.source, value=minutes(load.step), allowed=allowed))
        return ()
    return covering(load, horizon, faults)


def _charges(inputs: SiteInputs, horizon: Horizon, prices: PriceSeries | None, state: SiteState) -> HorizonCharges:
    if inputs.tariff is None:
        return HorizonCharges(horizon=horizon, energy_per_kwh=np.array(prices.price_per_kwh if prices else ()))
    try:
        return charges_over(inputs.tariff, horizon, prices=prices, state=state)
    except UnableToPrice as error:
        raise UnableToAccept(unpriced(error, f"tariff {inputs.tariff.name}")) from error
