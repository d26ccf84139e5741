from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from ridethrough.domain import Horizon, Interval, PriceSeries, SiteState
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import ContractDemand, DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier, MarketPrice
from ridethrough.tariffs.charges.fixed import FixedCharge
from ridethrough.tariffs.charges.kind import COUNTED_BY_MINIMUMS
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.not_priced import NotPriced, UnableToPrice
from ridethrough.tariffs.tariff import Tariff

DAY = Horizon.of_local_day(date(2026, 7, 15), "America/New_York", 15)
TWO_MONTHS = Horizon(start=datetime(2026, 6, 29, tzinfo=UTC), interval_minutes=60, intervals=96)
HOURS = RateSchedule(
    rules=(ScheduleRule(period="peak", days=("weekday",), hours=((840, 1200),)), ScheduleRule(period="base"))
)
SEASON = DemandSeason(tiers=(DemandTier(rate_per_kw=10),))


def tiered(*limits: float, unit: str = "kWh", price: float = 0.1, sell: float = 0.0) -> tuple[EnergyTier, ...]:
    steps = [
        EnergyTier(rate_per_kwh=price - number / 100, up_to=limit, unit=unit)  # type: ignore[arg-type]
        for number, limit in enumerate(limits)
    ]
    return (*steps, EnergyTier(rate_per_kwh=price - len(limits) / 100, sell_per_kwh=sell, unit=unit))  # type: ignore[arg-type]


def energy(peak: tuple[EnergyTier, ...], base: tuple[EnergyTier, ...], **fields: Any) -> EnergyCharge:  # noqa: ANN401
    periods = (EnergyPeriod(name="peak", tiers=peak), EnergyPeriod(name="base", tiers=base))
    return EnergyCharge(periods=periods, schedule="hours", **fields)


def tariff(**fields: Any) -> Tariff:  # noqa: ANN401
    return Tariff(**{"name": "x", "schedules": {"hours": HOURS}, **fields})


def test_prices_hold_by_the_local_clock_and_carry_riders_and_taxes() -> None:
    riders = (Rider(name="r", fraction=0.1), Rider(name="t", fraction=0.05, tax=True))
    charges = charges_over(tariff(energy=energy(tiered(price=0.3), tiered(price=0.1)), riders=riders), DAY)
    assert charges.energy_per_kwh[0] == pytest.approx(0.1 * 1.1 * 1.05)
    assert charges.energy_per_kwh[14 * 4] == pytest.approx(0.3 * 1.1 * 1.05)
    assert charges.tiers == ()


def test_market_prices_add_to_rates() -> None:
    market = energy(tiered(price=0.02), tiered(price=0.01), market=MarketPrice(loss_factor=1.1, adder_per_kwh=0.005))
    prices = PriceSeries(horizon=DAY, price_per_kwh=(0.05,) * 96)
    assert charges_over(tariff(energy=market), DAY, prices=prices).energy_per_kwh[0] == pytest.approx(0.07)
    assert charges_over(tariff(), DAY, prices=prices).energy_per_kwh[0] == pytest.approx(0.05)
    with pytest.raises(UnableToPrice, match="give prices"):
        charges_over(tariff(energy=market), DAY)


def test_export_earns_its_sell_rate() -> None:
    sold = energy(tiered(sell=0.04), tiered(sell=0.02))
    exported = charges_over(tariff(energy=sold), DAY).export_per_kwh
    assert (exported[0], exported[14 * 4]) == (0.02, 0.04)
    assert not charges_over(tariff(), DAY).export_per_kwh.any()


def test_tiers_that_differ_by_a_constant_are_separable() -> None:
    (term,) = charges_over(
        tariff(energy=energy(tiered(1000, price=0.3), tiered(1000, price=0.1))), DAY, state=SiteState(energy_kwh=900)
    ).tiers
    assert term.separable
    assert term.energy_so_far_kwh == 900
    assert [(step.kwh, round(step.price_per_kwh, 9)) for step in term.premium_steps] == [(1000, 0), (np.inf, -0.01)]
    assert (term.base_per_kwh[0], term.base_per_kwh[14 * 4]) == (0.1, 0.3)
    assert term.demand == ""


def test_other_tiers_are_given_by_period() -> None:
    (term,) = charges_over(tariff(energy=energy(tiered(1000, price=0.3), tiered(2000))), DAY).tiers
    assert not term.separable
    assert [period.name for period in term.periods] == ["peak", "base"]
    (mixed,) = charges_over(tariff(energy=energy(tiered(1000, price=0.3), tiered(price=0.1))), DAY).tiers
    assert [period.name for period in mixed.periods] == ["peak"]
    assert not mixed.separable
    sunday = Horizon.of_local_day(date(2026, 7, 19), "America/New_York", 15)
    assert charges_over(tariff(energy=energy(tiered(1000, price=0.3), tiered(price=0.1))), sunday).tiers == ()


def test_limits_per_kw_name_the_demand_that_scales_them() -> None:
    free = DemandCharge(name="billing-demand", seasons=())
    scaled = energy(tiered(200, unit="kWh/kW"), tiered(10, unit="kWh/kW daily"), demand="billing-demand")
    charges = charges_over(tariff(energy=scaled, demand=(free,)), DAY)
    (term,) = charges.tiers
    assert term.demand == "billing-demand"
    assert [period.steps[0].kwh_per_kw for period in term.periods] == [200, 310]
    assert [step.rate_per_kw for step in charges.demand[0].steps] == [0.0]


def test_demand_terms_are_in_kw_and_know_the_peak_so_far_in_the_first_billing_period_only() -> None:
    tiers = (DemandTier(rate_per_kw=10, up_to_kw=80), DemandTier(rate_per_kw=8))
    charge = DemandCharge(name="facility", seasons=(DemandSeason(tiers=tiers),), unit="kVA", minimum_kw=50)
    june, july = charges_over(
        tariff(demand=(charge,)), TWO_MONTHS, state=SiteState(peaks_kw={"facility": 70}), power_factor=0.8
    ).demand
    assert [(step.up_to_kw, step.rate_per_kw) for step in june.steps] == [(64, 12.5), (np.inf, 10)]
    assert (june.billing_period, june.peak_so_far_kw, june.floor_kw) == ("2026-06", 70, 40)
    assert (july.billing_period, july.peak_so_far_kw, len(july.intervals)) == ("2026-07", 0, 48)


def test_a_ratchet_is_a_floor_from_the_past_and_a_link_within_the_horizon() -> None:
    ratchet = DemandRatchet(fractions=(0.8,) * 12, months_back=3, counted_months=(5, 6, 7), own_fractions=(0.9,) * 12)
    charge = DemandCharge(name="facility", seasons=(SEASON,), ratchet=ratchet)
    past = {"facility": {"2026-05": 100.0, "2026-04": 999.0, "2026-02": 999.0, "2026-06": 999.0}}
    first = DemandCharge(name="other", seasons=(SEASON,))
    terms = charges_over(tariff(demand=(first, charge)), TWO_MONTHS, state=SiteState(past_peaks_kw=past)).demand
    assert [term.charge for term in terms] == ["other", "other", "facility", "facility"]
    assert (terms[2].floor_kw, terms[2].links) == (80, ())
    assert [(link.index, link.fraction) for link in terms[3].links] == [(2, 0.8)]
    assert terms[3].own_fraction == 0.9


def test_windows_longer_than_an_interval_are_sets_of_intervals() -> None:
    charge = DemandCharge(name="facility", seasons=(SEASON,), schedule="hours", period="peak", window_minutes=30)
    (term,) = charges_over(tariff(demand=(charge,)), DAY).demand
    assert [list(window) for window in term.windows[:2]] == [[56, 57], [58, 59]]
    assert sorted(np.concatenate(term.windows)) == list(term.intervals)


def test_a_window_that_is_no_longer_than_an_interval_is_the_interval() -> None:
    charge = DemandCharge(name="facility", seasons=(SEASON,), window_minutes=15)
    assert charges_over(tariff(demand=(charge,)), DAY).demand[0].windows == ()


def test_daily_demand_has_a_term_a_day() -> None:
    charge = DemandCharge(name="daily", seasons=(SEASON,), daily=True)
    terms = charges_over(tariff(demand=(charge,)), TWO_MONTHS, state=SiteState(peaks_kw={"daily": 5})).demand
    assert [(term.day, term.peak_so_far_kw) for term in terms] == [
        ("2026-06-29", 5), ("2026-06-30", 0), ("2026-07-01", 0), ("2026-07-02", 0),
    ]  # fmt: skip


def test_an_overrun_is_a_last_step_above_the_contract() -> None:
    tiers = (DemandTier(rate_per_kw=10, up_to_kw=40), DemandTier(rate_per_kw=8, up_to_kw=90), DemandTier(rate_per_kw=7))
    contract = ContractDemand(contract_kw=80, billed_fraction=0.5, overrun_rate_per_kw=20)
    charge = DemandCharge(name="facility", seasons=(DemandSeason(tiers=tiers),), contract=contract)
    (term,) = charges_over(tariff(demand=(charge,)), DAY).demand
    assert [(step.up_to_kw, step.rate_per_kw) for step in term.steps] == [(40, 10), (80, 8), (np.inf, 20)]
    assert term.floor_kw == 40


def test_a_charge_without_hours_in_the_horizon_is_left_out_unless_it_bills_anyway() -> None:
    sunday = Horizon.of_local_day(date(2026, 7, 19), "America/New_York", 15)
    fields = {"seasons": (SEASON,), "schedule": "hours", "period": "peak", "window_minutes": 30}
    plain = DemandCharge(name="plain", **fields)  # type: ignore[arg-type]
    least = DemandCharge(name="least", minimum_kw=10, **fields)  # type: ignore[arg-type]
    winter = DemandCharge(name="winter", seasons=(DemandSeason(tiers=SEASON.tiers, months=(1,)),))
    charged = charges_over(tariff(demand=(plain, least, winter)), sunday).demand
    assert [(term.charge, len(term.intervals), term.windows) for term in charged] == [("least", 0, ())]


def test_coincident_terms_are_events_with_their_weights_or_the_hours_of_the_charge() -> None:
    charge = CoincidentPeakCharge(name="system", seasons=(SEASON,), schedule="hours", period="peak")

    def event(hour: int, probability: float) -> CoincidentEvent:
        start = DAY.start + timedelta(hours=hour)
        interval = Interval(start=start, end=start + timedelta(hours=1))
        return CoincidentEvent(charge="system", interval=interval, probability=probability)

    by_hours = charges_over(tariff(coincident=(charge,)), DAY)
    assert len(by_hours.demand[0].intervals) == 24
    assert "no events are given" in by_hours.warnings[0]
    rate = SEASON.tiers[0].rate_per_kw
    events = [event(1, 1.0), event(2, 1.0), event(5, 0.3), event(50, 1.0)]
    terms = charges_over(tariff(coincident=(charge,)), DAY, events=events).demand
    assert [(len(term.intervals), term.steps[0].rate_per_kw / rate) for term in terms] == [(8, 1.0), (4, 0.3)]
    mean = CoincidentPeakCharge(name="system", seasons=(SEASON,), combine="mean")
    terms = charges_over(tariff(coincident=(mean,)), DAY, events=events).demand
    assert [(len(term.intervals), term.steps[0].rate_per_kw / rate) for term in terms] == [
        (4, 0.5),
        (4, 0.5),
        (4, 0.15),
    ]
    assert all(term.is_expected and term.kind == "coincident" for term in terms)
    winter = CoincidentPeakCharge(name="system", seasons=(DemandSeason(tiers=SEASON.tiers, months=(1,)),))
    assert charges_over(tariff(coincident=(winter,)), DAY).demand == ()


def test_minimum_and_fixed_charges_are_constants_of_the_covered_days() -> None:
    fixed = (
        FixedCharge(name="a", amount=31),
        FixedCharge(name="b", amount=2, per="day"),
        FixedCharge(name="c", amount=3720, per="year"),
    )
    least = (MinimumCharge(amount=310), MinimumCharge(amount=1, per="day"), MinimumCharge(amount=9, per="year"))
    tax = (Rider(name="t", fraction=0.25, tax=True),)
    charges = charges_over(tariff(fixed=fixed, minimum=least, riders=tax), DAY)
    assert charges.fixed == pytest.approx(13 * 1.25)
    (term,) = charges.minimum
    assert (term.amount, term.fixed_amount, term.multiplier) == (10, 13, 1.25)
    assert term.before_tax == {**dict.fromkeys(COUNTED_BY_MINIMUMS, 0.8), "export": 1.0}
    assert "annual minimum" in charges.warnings[0]


def test_what_is_not_priced_is_a_warning_of_every_plan() -> None:
    noted = tariff(not_priced=(NotPriced(field="reactive", reason="no kVAR"),))
    assert charges_over(noted, DAY).warnings == ("not priced: reactive: no kVAR",)
