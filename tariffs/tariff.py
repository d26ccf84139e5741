"""A tariff: all charges of one price sheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.applicability import Applicability
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.calendar.holidays import HolidayCalendar
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule
from ridethrough.tariffs.calendar.written import TariffPart
from ridethrough.tariffs.charges.capacity import CapacityObligation
from ridethrough.tariffs.charges.coincident import CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge
from ridethrough.tariffs.charges.energy import EnergyCharge
from ridethrough.tariffs.charges.fixed import FixedCharge
from ridethrough.tariffs.charges.kind import PEAK_KINDS
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.charges.reactive import ReactiveCharge
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.not_priced import NotPriced

OnPeak = DemandCharge | CoincidentPeakCharge | ReactiveCharge


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A part of a tariff that follows a schedule in some of its periods (energy: in all), and its path."""

    path: str
    schedule: str
    periods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff(TariffPart):
    """A list of charges in one currency, valid on the local days `[effective_from, effective_until)`.

    Charges refer to `schedules` by name. `not_priced` lists what the source says and no charge covers; every bill
    repeats it. `power_factor` is that of the premises, where charges in kVA or kVAR ask for it and no other is given.
    """

    name: str
    utility: str = ""
    currency: str = "USD"
    source: str = ""
    effective_from: date | None = None
    effective_until: date | None = None
    description: str = ""
    holidays: HolidayCalendar | None = None
    cycle: BillingCycle = field(default_factory=BillingCycle)
    schedules: Mapping[str, RateSchedule] = field(default_factory=dict)
    energy: EnergyCharge | None = None
    demand: tuple[DemandCharge, ...] = ()
    coincident: tuple[CoincidentPeakCharge, ...] = ()
    reactive: tuple[ReactiveCharge, ...] = ()
    fixed: tuple[FixedCharge, ...] = ()
    capacity: tuple[CapacityObligation, ...] = ()
    minimum: tuple[MinimumCharge, ...] = ()
    riders: tuple[Rider, ...] = ()
    power_factor: float | None = None
    applicability: Applicability = field(default_factory=Applicability)
    not_priced: tuple[NotPriced, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        from_, until = self.effective_from, self.effective_until
        ordered = from_ is None or until is None or from_ < until
        factor = self.power_factor
        checks.require(factor is None or 0 < factor <= 1, "power_factor", factor, "a fraction above 0 and up to 1")
        checks.require(ordered, "effective_until", until, f"after {from_}")
        names = [charge.name for _, charge in self.on_peaks]
        for name in dict.fromkeys(names):
            checks.require(
                names.count(name) == 1, "demand", name, "a name of its own for each demand and coincident charge"
            )
        self._check_schedules(checks)
        self._check_energy(checks)
        yearly = [charge.name for charge in self.demand if charge.yearly]
        checks.require(
            not (yearly and self.minimum), "minimum", yearly, "none beside demand that is billed by the year"
        )
        checks.raise_faults()

    @property
    def validity(self) -> str:
        """The days on which its figures are valid, in words."""
        return f"from {self.effective_from or 'the beginning'} to {self.effective_until or 'today'}"

    @property
    def windowed(self) -> tuple[DemandCharge | ReactiveCharge, ...]:
        """The charges whose demand is a mean over windows on the clock."""
        return (*self.demand, *self.reactive)

    @property
    def asks_for_power_factor(self) -> bool:
        """Whether some charge counts kVA or kVAR."""
        units = {charge.unit for charge in self.demand} | {charge.unit for charge in self.coincident}
        return bool(self.reactive) or "kVA" in units

    def days_outside(self, first: date, days: int) -> int:
        """The number of days, of `days` local days from `first`, on which its figures are not valid."""
        early = 0 if self.effective_from is None else (self.effective_from - first).days
        late = days if self.effective_until is None else (self.effective_until - first).days
        return days - max(0, min(days, late) - max(0, early))

    @property
    def on_peaks(self) -> tuple[tuple[str, OnPeak], ...]:
        """Every charge on a peak, with its path in the document."""
        return tuple(
            (f"{kind}.{index}", charge) for kind in PEAK_KINDS for index, charge in enumerate(getattr(self, kind))
        )

    @property
    def scheduled(self) -> tuple[Scheduled, ...]:
        """Everything that follows a schedule; what is left to all hours names none."""
        found = [
            Scheduled(path=path, schedule=charge.schedule, periods=(charge.period,)) for path, charge in self.on_peaks
        ]
        if self.energy is not None:
            found.append(Scheduled(path="energy", schedule=self.energy.schedule, periods=()))
            adders = self.energy.market.adders if self.energy.market is not None else ()
            found += [
                Scheduled(path=f"energy.market.adders.{index}", schedule=each.schedule, periods=(each.period,))
                for index, each in enumerate(adders)
            ]
        return tuple(each for each in found if each.schedule)

    def _check_schedules(self, checks: Checks) -> None:
        for each in self.scheduled:
            known = self.schedules.get(each.schedule)
            checks.require(known is not None, f"{each.path}.schedule", each.schedule, self._schedule_names())
            periods = known.periods if known is not None else each.periods
            for period in each.periods:
                checks.require(period in periods, f"{each.path}.period", period, f"one of {', '.join(periods)}")

    def _schedule_names(self) -> str:
        return f"one of {', '.join(self.schedules)}" if self.schedules else "left out, as there are no schedules"

    def _check_energy(self, checks: Checks) -> None:
        if self.energy is None:
            return
        names = [period.name for period in self.energy.periods]
        if self.energy.schedule:
            known = self.schedules.get(self.energy.schedule)
            for period in known.periods if known is not None else ():
                checks.require(
                    period in names, "energy.periods", names, f"a price for {period}, which the schedule names"
                )
        else:
            checks.require(len(names) == 1, "energy.schedule", "", "the schedule that tells the periods apart")
        if self.energy.demand:
            allowed = [
                each.name for each in self.demand if each.stretch == "period" and not each.yearly and not each.peak
            ]
            said = f"a demand charge by the month: {', '.join(allowed) or 'there is none'}"
            checks.require(self.energy.demand in allowed, "energy.demand", self.energy.demand, said)
