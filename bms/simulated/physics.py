"""How a simulated UPS system goes on: one step of time, from the laws of its parts.

    DC bus     rectifier_efficiency * input + discharge = load / inverter_efficiency + charge
    battery    stored falls by discharge / (usable(rate) * discharge_efficiency), rises by charge * charge_efficiency

`usable` is the maker's table, linear between its points, at the rate of one battery. Units in service share every
power equally. A unit that is empty (at its cutoff) gives nothing, and what the others cannot give is not served.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from ridethrough.bms.simulated.state import SimulatedEquipment, SimulatedState, SimulatedUnit

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Powers:
    """The powers of one step in kW: of all batteries, at the input, and what the load does not get (AC)."""

    charge_kw: float = 0.0
    discharge_kw: float = 0.0
    input_kw: float = 0.0
    unserved_kw: float = 0.0


def step(state: SimulatedState, equipment: SimulatedEquipment, seconds: float) -> SimulatedState:
    """The system `seconds` later; sources and orders are as they are at the start of the step."""
    state = _with_sources(state, equipment)
    powers = _powers(state, equipment, seconds)
    return replace(
        state,
        now=state.now + timedelta(seconds=seconds),
        units=_units_after(state, equipment, powers, seconds),
        charge_kw=powers.charge_kw,
        discharge_kw=powers.discharge_kw,
        input_kw=powers.input_kw,
        unserved_kwh=state.unserved_kwh + powers.unserved_kw * seconds / _SECONDS_PER_HOUR,
        since_outage_s=0.0 if state.utility else state.since_outage_s + seconds,
        since_return_s=state.since_return_s + seconds if state.utility else 0.0,
    )


def usable_fraction(table: Mapping[float, float], rate: float) -> float:
    """The share of stored energy that can be drawn at a rate (1/h); the table's ends hold beyond it.

    >>> usable_fraction({1: 1.0, 2: 0.98}, 1.5)
    0.99
    """
    if not table:
        return 1.0
    points = sorted(table.items())
    place = bisect_right([at for at, _ in points], rate)
    if place in (0, len(points)):
        return points[min(place, len(points) - 1)][1]
    (low, at_low), (high, at_high) = points[place - 1], points[place]
    return at_low + (at_high - at_low) * (rate - low) / (high - low)


def _with_sources(state: SimulatedState, equipment: SimulatedEquipment) -> SimulatedState:
    """The generator starts in an outage, and stops a while after the utility is back or its test is over."""
    if state.utility:
        runs = state.generator_test or (state.generator and state.since_return_s < equipment.generator_stop_s)
    else:
        runs = state.generator_works and state.since_outage_s >= equipment.generator_start_s
    over = state.ordered is not None and state.now >= state.ordered.until
    return replace(state, generator=runs, ordered=None if over else state.ordered)


def _powers(state: SimulatedState, equipment: SimulatedEquipment, seconds: float) -> _Powers:
    working = state.working
    carried_kw = min(state.load_kw, working * equipment.output_limit_kw)
    over_kw = state.load_kw - carried_kw
    if state.bypass:
        lost_kw = 0.0 if state.fed else state.load_kw
        return _Powers(input_kw=state.load_kw - lost_kw, unserved_kw=lost_kw)
    dc_kw = carried_kw / equipment.inverter_efficiency
    if not state.fed:
        given_kw = min(dc_kw, _most_discharge_kw(state, equipment, seconds))
        return _Powers(discharge_kw=given_kw, unserved_kw=over_kw + (dc_kw - given_kw) * equipment.inverter_efficiency)
    through_kw = working * equipment.input_limit_kw * equipment.rectifier_efficiency
    charge_kw, discharge_kw = _ordered(state, equipment)
    discharge_kw = min(discharge_kw, dc_kw, _most_discharge_kw(state, equipment, seconds))
    charge_kw = min(charge_kw, max(0.0, through_kw - dc_kw), _most_charge_kw(state, equipment, seconds))
    short_kw = max(0.0, dc_kw - discharge_kw - through_kw)
    if short_kw:  # batteries help rectifiers that are too small
        more_kw = min(short_kw, max(0.0, _most_discharge_kw(state, equipment, seconds) - discharge_kw))
        discharge_kw, short_kw = discharge_kw + more_kw, short_kw - more_kw
    return _Powers(
        charge_kw=charge_kw,
        discharge_kw=discharge_kw,
        input_kw=(dc_kw - short_kw - discharge_kw + charge_kw) / equipment.rectifier_efficiency,
        unserved_kw=over_kw + short_kw * equipment.inverter_efficiency,
    )


def _ordered(state: SimulatedState, equipment: SimulatedEquipment) -> tuple[float, float]:
    """What batteries are asked for: a setpoint, or normal operation, in which they recharge by themselves."""
    if state.ordered is None:
        return state.working * equipment.charge_limit_kw, 0.0
    return state.ordered.charge_kw, state.ordered.discharge_kw


def _most_discharge_kw(state: SimulatedState, equipment: SimulatedEquipment, seconds: float) -> float:
    """What batteries can give through the step: each that is not empty gives the same."""
    limit_kw, hours = equipment.discharge_limit_kw, seconds / _SECONDS_PER_HOUR
    yielded = usable_fraction(equipment.usable_by_rate, limit_kw / equipment.capacity_kwh)
    cutoff_kwh = equipment.cutoff_fraction * equipment.capacity_kwh
    spare = [max(0.0, unit.stored_kwh - cutoff_kwh) for unit in state.units if not unit.failed]
    return sum(min(limit_kw, kwh * yielded * equipment.discharge_efficiency / hours) for kwh in spare)


def _most_charge_kw(state: SimulatedState, equipment: SimulatedEquipment, seconds: float) -> float:
    on_generator = state.generator
    limit_kw = equipment.charge_on_generator_kw if on_generator else equipment.charge_limit_kw
    full_kwh, hours = equipment.max_fraction * equipment.capacity_kwh, seconds / _SECONDS_PER_HOUR
    room = [max(0.0, full_kwh - unit.stored_kwh) for unit in state.units if not unit.failed]
    return sum(min(limit_kw, kwh / equipment.charge_efficiency / hours) for kwh in room)


def _units_after(
    state: SimulatedState, equipment: SimulatedEquipment, powers: _Powers, seconds: float
) -> tuple[SimulatedUnit, ...]:
    """Each battery after the step; units in service share the powers, and a full or an empty one leaves its share."""
    hours = seconds / _SECONDS_PER_HOUR
    cutoff_kwh = equipment.cutoff_fraction * equipment.capacity_kwh
    full_kwh = equipment.max_fraction * equipment.capacity_kwh
    giving = [not unit.failed and unit.stored_kwh > cutoff_kwh for unit in state.units]
    taking = [not unit.failed and unit.stored_kwh < full_kwh for unit in state.units]
    after = []
    for unit, gives, takes in zip(state.units, giving, taking, strict=True):
        stored_kwh = unit.stored_kwh
        if gives and powers.discharge_kw:
            each_kw = powers.discharge_kw / sum(giving)
            usable = usable_fraction(equipment.usable_by_rate, each_kw / equipment.capacity_kwh)
            stored_kwh -= each_kw * hours / (usable * equipment.discharge_efficiency)
        if takes and powers.charge_kw:
            stored_kwh += powers.charge_kw / sum(taking) * hours * equipment.charge_efficiency
        after.append(replace(unit, stored_kwh=min(full_kwh, max(0.0, stored_kwh))))
    return tuple(after)
