"""The future of a system's batteries under one use: capacity, tradable energy, and when the reserve stops fitting.

Losses by time and by cycles are added (`domain.wear.fade`). What was lost before today is taken as lost by time. As
capacity falls, cycles shrink with the energy above the reserve. Once the reserve no longer fits, the battery must be
replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ridethrough.domain import UpsSystem, reserve_requirement
from ridethrough.domain.wear.fade import DAYS_A_YEAR, Day, Fade, Lost

LONGEST_YEARS = 30
_STEPS_A_YEAR = 73
_HALVINGS = 40
_ROOM_TEMPERATURE_C = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A system after so many years from today."""

    after_years: int
    state_of_health: float
    tradable_kwh: float
    reserve_fraction: float
    feasible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """What becomes of a system's batteries from `start` on.

    `reserve_fits_until` is the day from which full batteries no longer hold the reserve, `end_of_life` the one on which
    the wear model's end of life is reached; both are None beyond `LONGEST_YEARS`. `doubts` name every condition that
    lies outside the data of the chemistry.
    """

    ups_id: str
    start: date
    years: tuple[Year, ...]
    reserve_fits_until: date | None
    end_of_life: date | None
    doubts: tuple[str, ...]

    @property
    def life_years(self) -> float:
        """The years until the reserve no longer fits; `LONGEST_YEARS` where that is beyond the horizon."""
        until = self.reserve_fits_until
        return float(LONGEST_YEARS) if until is None else (until - self.start).days / DAYS_A_YEAR


def future_of(
    ups: UpsSystem, fade: Fade, days_kwh: Sequence[Sequence[float]], *, start: date, years: int = LONGEST_YEARS
) -> Future:
    """Repeat some days of stored energy (kWh at boundaries) for so many years."""
    wear, health = ups.battery.wear, ups.weakest_capacity_kwh / ups.battery.nominal_kwh
    limits = {"fits": least_state_of_health(ups), "life": wear.end_of_life_fraction if wear else 0.0}
    use = _Use(
        ups=ups, days_kwh=tuple(map(tuple, days_kwh)), degrees=wear.temperature_c if wear else _ROOM_TEMPERATURE_C
    )
    lost = Lost(by_time=1 - health)
    seen, reached = (
        [_year(ups, 0, health)],
        dict.fromkeys((name for name, limit in limits.items() if health < limit), start),
    )
    for step in range(years * _STEPS_A_YEAR):
        if step % _STEPS_A_YEAR == 0:
            days = use.days(lost.state_of_health)
        for day in days:
            lost = lost.after(fade, day, DAYS_A_YEAR / _STEPS_A_YEAR / len(days))
        on = start + timedelta(days=DAYS_A_YEAR * (step + 1) / _STEPS_A_YEAR)
        for name, limit in limits.items():
            if lost.state_of_health < limit:
                reached.setdefault(name, on)
        if (step + 1) % _STEPS_A_YEAR == 0:
            seen.append(_year(ups, (step + 1) // _STEPS_A_YEAR, lost.state_of_health))
    return Future(
        ups_id=ups.id,
        start=start,
        years=tuple(seen),
        reserve_fits_until=reached.get("fits"),
        end_of_life=reached.get("life"),
        doubts=tuple(dict.fromkeys(doubt for day in use.days(health) for doubt in fade.doubts(day))),
    )


def at_health(ups: UpsSystem, state_of_health: float) -> UpsSystem:
    """The system when every battery has this state of health."""
    battery = replace(ups.battery, state_of_health=max(1e-6, min(1.0, state_of_health)))
    return replace(ups, battery=battery, unit_state_of_health=())


def least_state_of_health(ups: UpsSystem) -> float:
    """The state of health below which full batteries no longer hold the reserve; 1 where even new ones do not."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reserve_requirement(at_health(ups, middle)).feasible else (middle, high)
    return high


def _year(ups: UpsSystem, after_years: int, health: float) -> Year:
    needed = reserve_requirement(at_health(ups, health))
    return Year(
        after_years=after_years,
        state_of_health=health,
        tradable_kwh=needed.tradable_kwh if needed.feasible else 0.0,
        reserve_fraction=needed.reserve_fraction,
        feasible=needed.feasible,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """What a system does, in kWh of today's batteries."""

    ups: UpsSystem
    days_kwh: tuple[tuple[float, ...], ...]
    degrees: float

    def days(self, health: float) -> tuple[Day, ...]:
        """The same days at another health: as far below full as the energy above the reserve still allows."""
        now, then = reserve_requirement(self.ups).tradable_kwh, at_health(self.ups, health)
        shrunk = min(1.0, max(0.0, reserve_requirement(then).tradable_kwh) / now) if now > 0 else 0.0
        full_kwh, most_kwh = self.ups.max_stored_kwh, then.max_stored_kwh
        return tuple(
            Day(
                charge=tuple((most_kwh - shrunk * (full_kwh - kwh)) / then.capacity_kwh for kwh in day),
                temperature_c=self.degrees,
            )
            for day in self.days_kwh
        )
