"""What the rest of a billing period does to the price of a peak."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import ups_system

from ridethrough.operation.scenarios.rest_of_period import MeterBattery, achievable_peak_kw, with_rest_of_period
from ridethrough.optimizer.pricing.price import stepped_cost
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, RatchetLink

WHOLE = (DemandStep(up_to_kw=float("inf"), rate_per_kw=20.0),)


def term(**changes: object) -> DemandTerm:
    return DemandTerm(
        **{
            "charge": "demand",
            "billing_period": "2026-07",
            "intervals": np.arange(24),
            "steps": WHOLE,
            "peak_so_far_kw": 900.0,
            **changes,
        }
    )  # type: ignore[arg-type]


def battery(energy_kwh: float = 100.0, power_kw: float = 100.0) -> MeterBattery:
    return MeterBattery(energy_kwh=energy_kwh, discharge_kw=power_kw, charge_kw=power_kw, round_trip=1.0)


def test_a_peak_that_the_days_to_come_will_pass_anyway_costs_next_to_nothing() -> None:
    days = np.linspace(1300.0, 1500.0, 20)

    priced = with_rest_of_period(term(), days, 20)

    assert stepped_cost(priced.steps, 1200.0) - stepped_cost(priced.steps, 900.0) < 0.01 * 20.0 * 300
    assert stepped_cost(priced.steps, 1700.0) - stepped_cost(priced.steps, 1600.0) > 0.95 * 20.0 * 100


def test_with_no_day_left_a_peak_costs_what_it_is_billed() -> None:
    priced = with_rest_of_period(term(), np.linspace(1300.0, 1500.0, 20), 0)

    for peak_kw in (950.0, 1300.0, 2000.0):
        cost = stepped_cost(priced.steps, peak_kw) - stepped_cost(priced.steps, 900.0)
        assert cost == pytest.approx(20.0 * (peak_kw - 900.0))


@given(
    days=st.lists(st.floats(500, 5000), min_size=0, max_size=60),
    left=st.integers(0, 31),
    so_far_kw=st.floats(0, 4000),
    rates=st.lists(st.floats(0, 30), min_size=1, max_size=3),
)
def test_rates_rise_and_never_exceed_what_is_billed(
    days: list[float], left: int, so_far_kw: float, rates: list[float]
) -> None:
    ends = [1000.0 * (k + 1) for k in range(len(rates) - 1)] + [float("inf")]
    steps = tuple(DemandStep(up_to_kw=end, rate_per_kw=rate) for end, rate in zip(ends, rates, strict=True))

    priced = with_rest_of_period(term(steps=steps, peak_so_far_kw=so_far_kw), np.array(days), left)

    found = [step.rate_per_kw for step in priced.steps]
    assert found == sorted(found)
    assert all(0 <= rate <= max(rates) + 1e-9 for rate in found)
    ends = [step.up_to_kw for step in priced.steps]
    assert ends == sorted(ends)
    assert ends[-1] == float("inf")
    assert len(priced.steps) == len(with_rest_of_period(term(), np.zeros(0), 0).steps)


def test_more_days_to_come_make_a_peak_cheaper() -> None:
    days = np.random.default_rng(0).normal(1200, 100, 40)
    cost = [
        stepped_cost(with_rest_of_period(term(), days, left).steps, 1300.0)
        - stepped_cost(with_rest_of_period(term(), days, left).steps, 900.0)
        for left in (0, 1, 5, 20)
    ]

    assert cost == sorted(cost, reverse=True)
    assert cost[0] > 1.5 * cost[-1]


@pytest.mark.parametrize(
    "changes", [{"own_fraction": 0.6}, {"links": (RatchetLink(index=0, fraction=0.5),)}, {"day": "2026-07-01"}]
)
def test_a_charge_that_is_not_its_own_monthly_peak_keeps_its_whole_price(changes: dict[str, object]) -> None:
    priced = with_rest_of_period(term(**changes), np.linspace(1300.0, 1500.0, 20), 20)

    assert {step.rate_per_kw for step in priced.steps} == {20.0}


def test_the_achievable_peak_spends_the_energy_on_top_of_the_load() -> None:
    load_kw = np.full(24, 1000.0)
    load_kw[12:14] = [1100.0, 1060.0]
    metered = np.ones(24, bool)

    assert achievable_peak_kw(load_kw, metered, battery(), 1.0) == pytest.approx(1030.0, abs=0.1)
    assert achievable_peak_kw(load_kw, metered, battery(power_kw=20.0), 1.0) == pytest.approx(1080.0, abs=0.1)
    assert achievable_peak_kw(load_kw, np.zeros(24, bool), battery(), 1.0) == 0.0


def test_batteries_recharge_between_two_peaks() -> None:
    load_kw = np.full(24, 1000.0)
    load_kw[[4, 20]] = 1100.0
    metered = np.ones(24, bool)

    assert achievable_peak_kw(load_kw, metered, battery(energy_kwh=60.0), 1.0) == pytest.approx(1040.0, abs=0.1)


def test_the_batteries_of_a_site_add_up_at_its_meter() -> None:
    ups = ups_system(charge_efficiency=0.9, discharge_efficiency=0.8, rectifier_efficiency=0.95)

    both = MeterBattery.of([(ups, 100.0), (ups, 50.0)])

    assert both.energy_kwh == pytest.approx(150 * 0.8 / 0.95)
    assert both.charge_kw == pytest.approx(2 * 5 * 240 / 0.95)
    assert both.discharge_kw == pytest.approx(2 * 5 * 1300 / 0.95)
    assert both.round_trip == pytest.approx(0.72)
