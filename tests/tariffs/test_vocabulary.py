"""Values that cannot be impossible: every fault is named."""

from datetime import date

import pytest

from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.domain.horizon import Interval
from ridethrough.tariffs.calendar.applicability import Applicability
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import ContractDemand, DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier, MarketPrice
from ridethrough.tariffs.charges.fixed import FixedCharge
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.not_priced import NotPriced, UnableToPrice
from ridethrough.tariffs.tariff import Tariff

FLAT = DemandSeason(tiers=(DemandTier(rate_per_kw=1.0),))
ONE = EnergyPeriod(name="all", tiers=(EnergyTier(rate_per_kwh=0.1),))
HOURS = RateSchedule(rules=(ScheduleRule(period="peak", hours=((0, 60),)), ScheduleRule(period="base")))


def tier(limit: float | None, unit: str = "kWh") -> EnergyTier:
    return EnergyTier(rate_per_kwh=0.1, up_to=limit, unit=unit)  # type: ignore[arg-type]


def faults(build: object) -> list[str]:
    with pytest.raises(UnableToAccept) as refused:
        build()  # type: ignore[operator]
    return [fault.field for fault in refused.value.faults]


def test_a_schedule_covers_every_moment_and_its_first_rule_wins() -> None:
    assert HOURS.periods == ("peak", "base")
    assert HOURS.mask("peak").sum() == 12 * 4 * 4
    with pytest.raises(UnableToAccept, match=r"nothing for month 1, weekday, 01:00"):
        RateSchedule(rules=(ScheduleRule(period="peak", hours=((0, 60),)),))


def test_a_rule_lists_every_fault() -> None:
    assert faults(lambda: ScheduleRule(period="", months=(0, 13), hours=((10, 20), (60, 30)))) == [
        "period", "months", "months", "hours", "hours",
    ]  # fmt: skip


def test_energy_tiers_are_cumulative_and_end_open() -> None:
    assert faults(lambda: EnergyPeriod(name="x", tiers=())) == ["tiers"]
    assert faults(lambda: EnergyPeriod(name="x", tiers=(tier(10), tier(5), tier(None)))) == ["tiers.0"]
    assert faults(lambda: EnergyPeriod(name="x", tiers=(tier(10), tier(20)))) == ["tiers.1.up_to"]
    assert faults(lambda: EnergyPeriod(name="x", tiers=(tier(None), tier(None)))) == ["tiers.0"]
    assert faults(lambda: EnergyPeriod(name="x", tiers=(tier(10), tier(20, "kWh daily"), tier(None)))) == ["tiers.0"]
    assert faults(lambda: EnergyTier(rate_per_kwh=float("nan"), up_to=0)) == ["rate_per_kwh", "up_to"]


def test_tiers_whose_order_has_no_meaning_are_refused() -> None:
    per_kw = "kWh/kW"
    hidden = (tier(10), tier(None), tier(200, per_kw), tier(None, per_kw))
    assert faults(lambda: EnergyPeriod(name="x", tiers=hidden)) == ["tiers.1.up_to"]
    late_split = (tier(10), tier(100, per_kw), tier(20), tier(200, per_kw), tier(None, per_kw))
    assert faults(lambda: EnergyPeriod(name="x", tiers=late_split)) == ["tiers.2", "tiers.2.up_to"]
    gap = (tier(100, per_kw), tier(20), tier(200, per_kw), tier(None, per_kw))
    assert faults(lambda: EnergyPeriod(name="x", tiers=gap)) == ["tiers.1.up_to"]
    split_without_end = (tier(100, per_kw), tier(20), tier(None))
    assert faults(lambda: EnergyPeriod(name="x", tiers=split_without_end)) == ["tiers.1"]


def test_an_energy_charge_names_its_periods_once_and_the_demand_that_scales_them() -> None:
    assert faults(lambda: EnergyCharge(periods=())) == ["periods"]
    assert faults(lambda: EnergyCharge(periods=(ONE, ONE), fuel_adjustment_per_kwh=(0.1,))) == [
        "periods", "fuel_adjustment_per_kwh",
    ]  # fmt: skip
    scaled = EnergyPeriod(name="x", tiers=(tier(100, "kWh/kW"), tier(None)))
    assert faults(lambda: EnergyCharge(periods=(scaled,))) == ["demand"]


def test_demand_charges_list_every_fault() -> None:
    assert faults(lambda: DemandTier(rate_per_kw=float("inf"), up_to_kw=-1)) == ["rate_per_kw", "up_to_kw"]
    assert faults(lambda: DemandSeason(tiers=(DemandTier(rate_per_kw=1, up_to_kw=5),), months=(13,))) == [
        "tiers",
        "months",
    ]
    assert faults(
        lambda: DemandCharge(
            name="",
            seasons=(FLAT, FLAT),
            schedule="hours",
            daily=True,
            window_minutes=-1,
            minimum_kw=-1,
            ratchet=DemandRatchet(fractions=(0.5,) * 12),
        )
    ) == ["name", "period", "window_minutes", "minimum_kw", "seasons", "ratchet"]
    assert faults(lambda: ContractDemand(contract_kw=0, billed_fraction=2, overrun_rate_per_kw=-1)) == [
        "contract_kw", "billed_fraction", "overrun_rate_per_kw",
    ]  # fmt: skip
    assert faults(lambda: DemandRatchet(fractions=(2.0,) * 11, months_back=0, counted_months=(0,)))[0] == "fractions"


def test_a_charge_that_is_not_billed_in_a_month_has_no_tiers_there() -> None:
    charge = DemandCharge(name="x", seasons=(DemandSeason(tiers=FLAT.tiers, months=(7,)),))
    assert charge.tiers(7) == FLAT.tiers
    assert charge.tiers(8) == ()


def test_other_charges_list_every_fault() -> None:
    assert faults(lambda: MarketPrice(loss_factor=0, adder_per_kwh=float("nan"))) == ["loss_factor", "adder_per_kwh"]
    assert faults(lambda: FixedCharge(name="", amount=float("nan"))) == ["name", "amount"]
    assert faults(lambda: MinimumCharge(amount=-1)) == ["amount"]
    assert faults(lambda: Rider(name="", fraction=-1)) == ["name", "fraction"]
    assert faults(lambda: CoincidentPeakCharge(name="", seasons=(FLAT,), period="peak")) == ["name", "period"]
    assert faults(lambda: Applicability(least_peak_kw=-1, most_month_kwh=-5)) == ["least_peak_kw", "most_month_kwh"]
    hour = Interval(
        start=Horizon.of_local_day(date(2026, 1, 1), "UTC", 60).start,
        end=Horizon.of_local_day(date(2026, 1, 1), "UTC", 60).end,
    )
    assert faults(lambda: CoincidentEvent(charge="x", interval=hour, probability=2)) == ["probability"]


def test_a_tariff_lists_every_reference_that_leads_nowhere() -> None:
    demand = DemandCharge(name="peak", seasons=(FLAT,), schedule="hours", period="noon")
    lost = DemandCharge(name="peak", seasons=(FLAT,), schedule="elsewhere", period="noon")
    assert faults(
        lambda: Tariff(
            name="",
            effective_from=date(2026, 1, 1),
            effective_until=date(2025, 1, 1),
            schedules={"hours": HOURS},
            energy=EnergyCharge(periods=(ONE,), schedule="hours", demand="facility"),
            demand=(demand, lost),
        )
    ) == [
        "name", "effective_until", "demand", "demand.0.period", "demand.1.schedule",
        "energy.periods", "energy.periods", "energy.demand",
    ]  # fmt: skip
    two = EnergyCharge(periods=(ONE, EnergyPeriod(name="night", tiers=ONE.tiers)))
    assert faults(lambda: Tariff(name="x", energy=two)) == ["energy.schedule"]
    gone = EnergyCharge(periods=(ONE,), schedule="gone")
    assert faults(lambda: Tariff(name="x", energy=gone)) == ["energy.schedule"]


def test_reasons_are_said_one_a_line() -> None:
    error = UnableToPrice([NotPriced(field="a", reason="b"), NotPriced(field="c", reason="d")])
    assert str(error) == "a: b\nc: d"
