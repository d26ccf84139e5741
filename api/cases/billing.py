"""From input files to a bill: a tariff, a meter series, and further inputs that the tariff needs."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import InvalidOperation

from ridethrough.api.reading.events_file import Events
from ridethrough.api.reading.series.resampling import minutes, prices_over
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.domain import Fault, Horizon, SiteState, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.tariff import Tariff

_HOUR = timedelta(hours=1)
MOST_READINGS = 1_100_000
"""A little more than two years of one-minute readings."""
_MOST_KW = 1e8


@dataclass(frozen=True, slots=True, kw_only=True)
class BillInputs:
    """All inputs of a bill; `meter` is net kW, `timezone` is the clock of the tariff."""

    tariff: Tariff
    meter: TimeSeries
    timezone: str
    prices: TimeSeries | None = None
    state: SiteState | None = None
    state_source: str = "state"
    events: Events = field(default_factory=Events)
    power_factor: float | None = None


def bill_of(inputs: BillInputs) -> tuple[Bill, Horizon]:
    """The bill, and the horizon that it covers.

    Raises `UnableToAccept` with every contradiction between the parts.
    """
    horizon = _horizon(inputs)
    faults: list[Fault] = []
    prices = prices_over(inputs.prices, horizon, faults, whose="the meter's")
    try:
        billed = bill(
            inputs.tariff,
            horizon,
            inputs.meter.values,
            prices=prices,
            state=inputs.state,
            events=inputs.events.events,
            power_factor=inputs.power_factor,
        )
        billed.total  # noqa: B018 - amounts are rounded when they are read: check that this is possible
    except UnableToAccept as error:
        faults += _placed(error, inputs)
    except InvalidOperation:
        allowed = "amounts that a bill can hold: look for a figure that is far too large"
        faults.append(Fault(field="amounts", source=inputs.tariff.name, value="beyond 26 digits", allowed=allowed))
    if faults:
        raise UnableToAccept(faults)
    notes = [f"{each.source}: {note}" for each in (inputs.meter, inputs.prices) if each for note in each.notes]
    return replace(billed, warnings=(*notes, *billed.warnings)), horizon


def _horizon(inputs: BillInputs) -> Horizon:
    """The horizon of the meter series, on the grid of the local clock."""
    meter = inputs.meter
    local = zone(inputs.timezone)
    start = meter.start.astimezone(local)
    faults = []
    if meter.step % timedelta(minutes=1) or meter.step > _HOUR or _HOUR % meter.step:
        allowed = "whole minutes that divide the hour, such as 15"
        faults.append(Fault(field="step", source=meter.source, value=minutes(meter.step), allowed=allowed))
    elif timedelta(minutes=start.minute, seconds=start.second, microseconds=start.microsecond) % meter.step:
        allowed = f"on the {minutes(meter.step)} grid of the clock in {inputs.timezone}"
        faults.append(Fault(field="start", source=meter.source, value=start.isoformat(), allowed=allowed))
    if len(meter.values) > MOST_READINGS:
        allowed = f"at most {MOST_READINGS:,}"
        faults.append(Fault(field="readings", source=meter.source, value=len(meter.values), allowed=allowed))
    highest_kw = max(meter.values, key=abs)
    if abs(highest_kw) > _MOST_KW:
        faults.append(Fault(field="readings", source=meter.source, value=highest_kw, allowed="below 100 GW"))
    if faults:
        raise UnableToAccept(faults)
    step_minutes = meter.step // timedelta(minutes=1)
    return Horizon(
        start=meter.start, interval_minutes=step_minutes, intervals=len(meter.values), timezone=inputs.timezone
    )


def _placed(error: UnableToAccept, inputs: BillInputs) -> Iterator[Fault]:
    """The faults of a bill, each with its file and its place."""
    for fault in error.faults:
        first, _, rest = fault.field.partition(".")
        if first == "events":
            number, _, name = rest.partition(".")
            place = f"{inputs.events.places[int(number)]}, {name}"
            yield replace(fault, source=inputs.events.source, field=place)
        elif first in ("peaks_kw", "past_peaks_kw"):
            yield replace(fault, source=inputs.state_source)
        elif first == "read_dates":
            yield replace(fault, source=inputs.tariff.name, field=f"cycle.{fault.field}")
        else:
            yield fault
