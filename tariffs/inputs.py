"""Checks that prices, events, peaks and power factor belong to a tariff."""

from collections.abc import Sequence
from datetime import date

from ridethrough.domain import Horizon, PriceSeries, SiteState
from ridethrough.domain.validation import Checks
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.tariff import Tariff

_ROUNDING = 1e-9


def check_inputs(
    tariff: Tariff,
    horizon: Horizon,
    *,
    prices: PriceSeries | None,
    state: SiteState | None,
    events: Sequence[CoincidentEvent],
    power_factor: float | None,
) -> None:
    """Refuse prices on another horizon, and events, peaks or a power factor without a matching charge.

    Raises `UnableToAccept` with every fault.
    """
    checks = Checks()
    metered = [charge.name for charge in tariff.windowed]
    coincident = [charge.name for charge in tariff.coincident]
    on_peaks = [charge.name for _, charge in tariff.on_peaks]
    fits = power_factor is None or 0 < power_factor <= 1
    checks.require(fits, "power_factor", power_factor, "a fraction above 0 and up to 1")
    if prices is not None:
        checks.require(prices.horizon == horizon, "prices", prices.horizon, f"prices on {horizon}")
    for index, event in enumerate(events):
        checks.require(event.charge in coincident, f"events.{index}.charge", event.charge, _one_of(coincident))
    if state is not None:
        for name in state.peaks_kw:
            checks.require(name in on_peaks, f"peaks_kw.{name}", name, _one_of(on_peaks))
        _check_day_peaks(checks, tariff, state)
        for name, months in state.past_peaks_kw.items():
            checks.require(name in metered, f"past_peaks_kw.{name}", name, _one_of(metered))
            for month in months:
                checks.require(_is_month(month), f"past_peaks_kw.{name}.{month}", month, "a month such as 2026-05")
    for charge in tariff.coincident:
        expected = sum(event.probability for event in events if event.charge == charge.name)
        fits = not charge.peaks or expected <= charge.peaks + _ROUNDING
        said = f"probabilities that sum to at most {charge.peaks} for {charge.name}"
        checks.require(fits, "events", round(expected, 6), said)
    checks.raise_faults()


def _check_day_peaks(checks: Checks, tariff: Tariff, state: SiteState) -> None:
    averaged = [charge.name for charge in tariff.demand if charge.highest > 1]
    for name, days in state.day_peaks_kw.items():
        checks.require(name in averaged, f"day_peaks_kw.{name}", name, _one_of(averaged))
        for day in days:
            checks.require(_is_day(day), f"day_peaks_kw.{name}.{day}", day, "a day such as 2026-05-17")
    periods = [] if tariff.energy is None else [period.name for period in tariff.energy.periods]
    for name in state.period_energy_kwh:
        checks.require(name in periods, f"period_energy_kwh.{name}", name, f"a period of energy: {', '.join(periods)}")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _one_of(names: list[str]) -> str:
    return f"one of the tariff's charges: {', '.join(names)}" if names else "left out: the tariff has no such charge"


def _is_month(text: str) -> bool:
    year, _, rest = text.partition("-")
    month = rest.partition("-")[0]
    return year.isdigit() and len(year) == 4 and month.isdigit() and 1 <= int(month) <= 12  # noqa: PLR2004 - YYYY-MM
