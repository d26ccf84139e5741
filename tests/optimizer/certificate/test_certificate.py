"""The certificate against plans that were tampered with, and against what a hand calculation says."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from certificates import judged
from sites import NOW, problem, ups_system

from ridethrough.domain.certificate import Certificate
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.optimizer import DispatchProblem, plan_dispatch


@pytest.fixture(scope="module")
def made() -> DispatchProblem:
    return problem(price=[0.05] * 4 + [0.4] * 4 + [0.05] * 8)


@pytest.fixture(scope="module")
def plan(made: DispatchProblem) -> DispatchPlan:
    return plan_dispatch(made, issued_at=NOW)


def certify_with(made: DispatchProblem, plan: DispatchPlan, **changes: tuple[float, ...]) -> Certificate:
    tampered = replace(plan.ups[0], **changes)
    return judged(made, plan, (tampered,))


def nudged(values: tuple[float, ...], index: int, by: float) -> tuple[float, ...]:
    return (*values[:index], values[index] + by, *values[index + 1 :])


def busiest(ups: UpsTrajectory) -> int:
    """The interval of most discharge."""
    return max(range(len(ups.discharge_kw)), key=ups.discharge_kw.__getitem__)


def test_a_plan_is_certified_with_the_worst_outage_at_its_lowest_energy(
    made: DispatchProblem, plan: DispatchPlan
) -> None:
    certificate = certify_with(made, plan)

    assert certificate.certified
    assert certificate.outages_replayed == 17 * 2
    assert certificate.worst.failed_units == 1
    assert certificate.worst.ride_through_s == pytest.approx(300, abs=1e-6)
    assert certificate.worst.margin_s == pytest.approx(0, abs=1e-6)
    assert min(certificate.ride_through_s["pod-1"]) == certificate.worst.ride_through_s


def test_one_kwh_below_the_reserve_is_caught(made: DispatchProblem, plan: DispatchPlan) -> None:
    stored = plan.ups[0].stored_kwh
    for boundary in range(1, len(stored)):
        lowered = nudged(stored, boundary, plan.ups[0].reserve_kwh[boundary] - 1 - stored[boundary])

        certificate = certify_with(made, plan, stored_kwh=lowered)

        assert not certificate.certified
        assert certificate.failures >= 1


def test_one_kwh_less_than_the_setpoints_bring_is_caught_even_above_the_reserve(
    made: DispatchProblem, plan: DispatchPlan
) -> None:
    certificate = certify_with(made, plan, stored_kwh=nudged(plan.ups[0].stored_kwh, 1, -1.0))

    assert not certificate.certified
    assert "does not follow" in certificate.violations[0]


def test_energy_that_is_claimed_but_never_charged_does_not_count(made: DispatchProblem, plan: DispatchPlan) -> None:
    """A plan whose stored energy is overstated is replayed with what its setpoints leave."""
    trajectory = plan.ups[0]
    drained = tuple(1200.0 for _ in trajectory.discharge_kw)

    certificate = certify_with(made, plan, discharge_kw=drained)

    assert certificate.failures > 0
    assert certificate.worst.ride_through_s == 0


@pytest.mark.parametrize(
    ("what", "tamper"),
    [
        ("charge is outside", lambda ups: {"charge_kw": nudged(ups.charge_kw, 2, 5000.0)}),
        ("charge is outside", lambda ups: {"charge_kw": nudged(ups.charge_kw, 2, -1.0 - ups.charge_kw[2])}),
        ("discharge is outside", lambda ups: {"discharge_kw": nudged(ups.discharge_kw, 5, 9000.0)}),
        ("charges and discharges at once", lambda ups: {"charge_kw": nudged(ups.charge_kw, busiest(ups), 50.0)}),
        ("back into the grid", lambda ups: {"discharge_kw": nudged(ups.discharge_kw, busiest(ups), 4600.0)}),
        ("stored energy is above", lambda ups: {"stored_kwh": nudged(ups.stored_kwh, 1, 500.0)}),
        ("rectifier input is above", lambda ups: {"charge_kw": nudged(ups.charge_kw, 0, 3000.0)}),
        ("meter: import is above", lambda ups: {"charge_kw": nudged(ups.charge_kw, 0, 1500.0)}),
        ("states a load of 2150.00 kW, the site's own", lambda ups: {"load_kw": nudged(ups.load_kw, 1, -2150.0)}),
        ("stored energy is below nothing", lambda ups: {"stored_kwh": nudged(ups.stored_kwh, 4, -2000.0)}),
        ("states a reserve of 0.00 kWh, the site asks", lambda ups: {"reserve_kwh": (0.0,) * len(ups.reserve_kwh)}),
    ],
)
def test_limits_that_a_plan_breaks_are_named(
    made: DispatchProblem,
    plan: DispatchPlan,
    what: str,
    tamper: Callable[[UpsTrajectory], dict[str, tuple[float, ...]]],
) -> None:
    certificate = certify_with(made, plan, **tamper(plan.ups[0]))

    assert not certificate.certified
    assert any(what in violation for violation in certificate.violations), certificate.violations


def test_a_plan_that_leaves_a_system_out_is_not_certified(plan: DispatchPlan) -> None:
    both = problem(ups_system(), ups_system(id="pod-2"), price=[0.1] * 16, import_limit_kw=13000.0)

    certificate = judged(both, plan)

    assert certificate.violations == ("pod-2: the plan has no setpoints of this system",)


def test_meter_limits_are_checked_on_the_plans_own_word_too(made: DispatchProblem, plan: DispatchPlan) -> None:
    certificate = judged(made, plan, grid_kw=nudged(plan.grid_kw, 3, 5000.0))

    assert certificate.violations[0].startswith("meter: the plan states")
    assert certificate.violations[0].endswith("at 2026-07-01T00:45:00+00:00")
    assert "meter: the plan states -1.00 kW" in judged(made, plan, grid_kw=(-1.0,) * 16).violations[0]


def test_survivors_that_cannot_hold_the_power_carry_nothing() -> None:
    weak = ups_system(unit_output_limit_kw=1000.0, tolerated_failures=0)
    made = problem(weak, price=[0.1] * 4)
    plan = plan_dispatch(made, issued_at=NOW)
    one_may_fail = problem(replace(weak, tolerated_failures=1), price=[0.1] * 4)

    certificate = judged(one_may_fail, plan)

    assert plan.certificate.certified
    assert certificate.worst.ride_through_s == 0
    assert certificate.failures == 5


def test_a_light_load_is_replayed_long_past_the_policy() -> None:
    """920 kWh less the cutoff, through 98 % and 95 %, at 480 kW, four of five units left."""
    light = problem(ups_system(protected_load_kw=480.0), price=[0.1] * 2, load_kw=400.0)
    hours = (920 - 50 * 0.92) * 4 / 5 * 0.98 * 0.95 / 480

    certificate = plan_dispatch(light, issued_at=NOW).certificate

    assert certificate.worst.ride_through_s == pytest.approx(hours * 3600, rel=1e-9)
