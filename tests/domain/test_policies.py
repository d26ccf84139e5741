"""What a reserve policy asks of the batteries; W7 and W8 are hand calculations of `docs/reserve.md`."""

import copy
import math
import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import ups_system

from ridethrough.domain import (
    BackupDuty,
    Binding,
    CleanShutdown,
    Combination,
    DutyStep,
    GeneratorSequence,
    GeneratorStarts,
    ReservePolicy,
    StartAttempt,
    UnableToAccept,
    reserve_requirement,
)
from ridethrough.domain.ride_through.generator import losses_per_year

W7_ATTEMPTS = tuple(
    StartAttempt(ready_s=ready, success_probability=success) for ready, success in ((23, 0.985), (53, 0.9), (83, 0.8))
)
SECONDS = st.floats(0.5, 600)
PROBABILITY = st.floats(0, 1)
SHUTDOWNS = st.builds(CleanShutdown, notice_s=SECONDS, checkpoint_s=SECONDS, power_off_s=SECONDS)


def sequence(**changes: Any) -> GeneratorSequence:  # noqa: ANN401
    terms = {
        "detection_s": 3, "run_up_s": 8, "synchronization_s": 4, "transfer_s": 1, "walk_in_s": 10, "margin_s": 20,
    }  # fmt: skip
    return GeneratorSequence(**(terms | changes))


def starts(**changes: Any) -> GeneratorStarts:  # noqa: ANN401
    given = {"attempts": W7_ATTEMPTS, "common_cause_probability": 0.0013, "target_probability": 0.003}
    return GeneratorStarts(**(given | changes))


def shutdown(**changes: Any) -> CleanShutdown:  # noqa: ANN401
    return CleanShutdown(**({"notice_s": 30, "checkpoint_s": 60, "power_off_s": 120} | changes))


def faults(build: Any, **arguments: object) -> list[tuple[str, str]]:  # noqa: ANN401
    with pytest.raises(UnableToAccept) as refused:
        build(**arguments)
    return [(fault.field, fault.allowed) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("seconds", "probability"), [(30, 0.0162805), (60, 0.00279805), (120, 0.00159961), (300, 0.00159961)]
)
def test_w7_one_generator(seconds: float, probability: float) -> None:
    assert starts().not_carried(seconds) == pytest.approx(probability, rel=1e-12)


@pytest.mark.parametrize(("seconds", "probability"), [(30, 2.5653e-3), (60, 7.785e-5), (120, 2.551e-5)])
def test_w7_four_of_five_independent_generators(seconds: float, probability: float) -> None:
    redundant = starts(generators=5, generators_needed=4, common_cause_probability=0.0, never_starts_probability=0.0013)
    assert redundant.not_carried(seconds) == pytest.approx(probability, rel=2e-4)


def test_a_common_cause_is_not_helped_by_more_generators() -> None:
    assert starts(generators=5, generators_needed=4).not_carried(math.inf) > 0.0013


def test_w8_losses_per_year() -> None:
    assert losses_per_year(3, 1.3e-3) == pytest.approx(0.0039)
    policy = ReservePolicy(generator_starts=starts(outages_per_year=3))
    assert policy.losses_per_year == pytest.approx(3 * 0.00279805)


@pytest.mark.parametrize(
    ("target", "ready_s"), [(0.02, 23), (0.0162805, 23), (0.0162, 53), (0.00279805, 53), (0.0027, 83), (0.00159961, 83)]
)
def test_the_ride_through_is_the_earliest_attempt_that_meets_the_target(target: float, ready_s: float) -> None:
    assert starts(target_probability=target).ready_s == ready_s
    assert ReservePolicy(generator_starts=starts(target_probability=target, margin_s=7)).ride_through_s == ready_s + 7


def test_a_target_that_no_battery_can_reach_is_refused_with_the_reason() -> None:
    ((field, allowed),) = faults(starts, target_probability=0.0015)
    assert field == "target_probability"
    assert "at least 0.00159961" in allowed
    assert "common cause 0.0013" in allowed


def test_a_sequence_is_built_up_to_the_last_crank() -> None:
    built = sequence()
    assert built.build_up_s["cranks (3 x 15 s)"] == 45
    assert built.build_up_s["rests (2 x 15 s)"] == 30
    assert built.duty.duration_s == built.duty.full_load_s == 121
    policy = ReservePolicy(generator_sequence=built)
    assert (policy.ride_through_s, policy.name) == (121, "generator_sequence")
    assert sum(policy.build_up_s(policy.duty).values()) == 121


def test_a_clean_shutdown_falls_and_its_staircase_is_never_below_the_line() -> None:
    duty = shutdown().duty
    assert duty.duration_s == 210
    assert duty.full_load_s == pytest.approx(90 + 120 * (0.5 + 1 / 120))
    assert [duty.load_fraction_at(at) for at in (-1, 0, 89.9, 90, 92, 209.9, 210)] == pytest.approx(
        [0, 1, 1, 1, 118 / 120, 2 / 120, 0]
    )
    assert all(duty.load_fraction_at(90 + at) >= 1 - at / 120 - 1e-12 for at in range(120))


def test_a_shutdown_may_fall_by_given_steps() -> None:
    steps = (DutyStep(seconds=40, load_fraction=0.5), DutyStep(seconds=20, load_fraction=0.1))
    given = shutdown(power_off_s=0, power_off_steps=steps, checkpoint_load_fraction=0.8, margin_s=10)
    assert given.duty.full_load_s == pytest.approx(40 + 48 + 20 + 2)
    assert given.build_up_s == {"margin": 10, "notice": 30, "checkpoint": 60, "power-off": 60}
    assert shutdown(notice_s=0, power_off_s=0).duty.full_load_s == 60
    assert shutdown(checkpoint_s=0, power_off_s=0).duty.full_load_s == 30


def test_the_larger_and_the_smaller_of_two_are_named_and_counted_by_energy() -> None:
    two: dict[str, Any] = {"ride_through_s": 200, "clean_shutdown": shutdown()}
    larger = ReservePolicy(combine=Combination.LARGER, **two)
    smaller = ReservePolicy(combine=Combination.SMALLER, **two)
    assert (larger.ride_through_s, larger.name) == (200, "ride_through: the larger of ride_through, clean_shutdown")
    assert (smaller.ride_through_s, smaller.name) == (
        210,
        "clean_shutdown: the smaller of ride_through, clean_shutdown",
    )
    assert [len(policy.duties) for policy in (larger, smaller)] == [2, 1]
    assert larger.loss_probability is None


def test_a_copy_of_a_policy_is_built_from_the_same_sources() -> None:
    policy = ReservePolicy(ride_through_s=100, clean_shutdown=shutdown(), combine=Combination.LARGER)
    for same in (replace(policy, soc_error_fraction=0.0), copy.deepcopy(policy), pickle.loads(pickle.dumps(policy))):  # noqa: S301
        assert same == policy
        assert replace(same, combine=Combination.SMALLER).ride_through_s == 100
    derived = ReservePolicy(generator_sequence=sequence())
    assert replace(derived, generator_sequence=sequence(margin_s=0)).ride_through_s == 101


def test_generators_say_how_likely_the_load_is_lost_only_where_they_are_waited_for() -> None:
    both = ReservePolicy(ride_through_s=300, generator_starts=starts(), combine=Combination.LARGER)
    assert both.loss_probability == pytest.approx(0.00159961)
    assert both.losses_per_year is None
    off = ReservePolicy(clean_shutdown=shutdown(), generator_starts=starts(), combine=Combination.LARGER)
    assert (off.loss_probability, off.losses_per_year) == (None, None)
    assert ReservePolicy(ride_through_s=300).losses_per_year is None


def test_a_second_outage_before_the_recharge_doubles_the_energy() -> None:
    once = reserve_requirement(ups_system(reserve=ReservePolicy(ride_through_s=120)))
    twice = reserve_requirement(ups_system(reserve=ReservePolicy(ride_through_s=120, outages_before_recharge=2)))
    assert twice.need_kwh == pytest.approx(2 * once.need_kwh)
    assert twice.reserve_fraction - 0.05 == pytest.approx(2 * (once.reserve_fraction - 0.05))
    assert twice.recharge_h == pytest.approx(2 * once.recharge_h)
    assert (twice.required_s, twice.policy) == (240, "ride_through, 2 times before a recharge")
    assert twice.build_up_s == {"ride-through": 120}
    assert twice.ride_through_s == pytest.approx(once.ride_through_s)


def test_a_recharge_that_takes_too_long_binds() -> None:
    within = reserve_requirement(ups_system(reserve=ReservePolicy(ride_through_s=120, recharge_limit_h=0.2)))
    beyond = reserve_requirement(ups_system(reserve=ReservePolicy(ride_through_s=120, recharge_limit_h=0.1)))
    assert (within.feasible, within.binding) == (True, Binding.RIDE_THROUGH)
    assert (beyond.feasible, beyond.binding, beyond.tradable_kwh) == (False, Binding.RECHARGE, 0)
    assert beyond.reserve_kwh == within.reserve_kwh


def test_a_battery_that_is_too_small_lasts_into_the_falling_part_of_a_shutdown() -> None:
    policy = ReservePolicy(clean_shutdown=shutdown(notice_s=300, power_off_s=300))
    required = reserve_requirement(ups_system(reserve=policy))
    assert required.binding is Binding.CAPACITY
    assert 360 < required.ride_through_s < required.required_s == 660
    plain = reserve_requirement(ups_system(ride_through_s=120))
    duty = BackupDuty.at_full_load(120)
    assert reserve_requirement(ups_system(), duties=(duty,)).reserve_kwh == plain.reserve_kwh


TABLE = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.8}


def test_a_short_duty_at_full_load_may_need_more_than_a_longer_one_that_falls() -> None:
    off = shutdown(
        notice_s=1, checkpoint_s=0, power_off_steps=(DutyStep(seconds=800, load_fraction=0.2),), power_off_s=0
    )
    policy = ReservePolicy(ride_through_s=158, clean_shutdown=off, combine=Combination.LARGER)
    required = reserve_requirement(ups_system(reserve=policy, usable_fraction_by_c_rate=TABLE))
    assert policy.outage.name == "clean_shutdown"
    assert (required.duty.name, required.required_s) == ("ride_through", 158)
    assert required.build_up_s == {"ride-through": 158}


def test_power_and_efficiency_are_those_of_the_surviving_units_with_an_empty_battery() -> None:
    weak = reserve_requirement(ups_system(power_by_fraction={0.05: 0.97, 0.3: 1.0}))
    assert (weak.feasible, weak.binding) == (False, Binding.BATTERY_POWER)
    curve = {0.5: 0.9, 0.8: 0.93, 1.0: 0.96}
    curved = reserve_requirement(ups_system(inverter_efficiency_by_load_fraction=curve))
    assert curved.need_kwh == pytest.approx(400 / 0.96)
    assert curved.reserve_fraction == pytest.approx(
        reserve_requirement(ups_system(inverter_efficiency=0.96)).reserve_fraction
    )


@pytest.mark.parametrize(
    ("build", "arguments", "fields"),
    [
        (ReservePolicy, {}, [""]),
        (ReservePolicy, {"ride_through_s": 300, "generator_sequence": sequence()}, [""]),
        (ReservePolicy, {"ride_through_s": 300, "combine": Combination.LARGER}, ["combine"]),
        (ReservePolicy, {"ride_through_s": math.inf}, ["ride_through_s"]),
        (ReservePolicy, {"ride_through_s": 300, "outages_before_recharge": 0}, ["outages_before_recharge"]),
        (ReservePolicy, {"ride_through_s": 300, "recharge_limit_h": 0}, ["recharge_limit_h"]),
        (sequence, {"attempts": 0, "crank_s": 0, "walk_in_s": -1}, ["attempts", "crank_s", "walk_in_s"]),
        (starts, {"attempts": ()}, ["attempts"]),
        (starts, {"attempts": W7_ATTEMPTS[::-1]}, ["attempts"]),
        (starts, {"generators": 0}, ["generators"]),
        (starts, {"generators_needed": 2}, ["generators_needed"]),
        (starts, {"common_cause_probability": 2, "target_probability": 0},
         ["common_cause_probability", "target_probability"]),
        (starts, {"outages_per_year": -1, "margin_s": math.nan}, ["margin_s", "outages_per_year"]),
        (StartAttempt, {"ready_s": 0, "success_probability": 1.1}, ["ready_s", "success_probability"]),
        (shutdown, {"notice_s": 0, "checkpoint_s": 0}, ["notice_s"]),
        (shutdown, {"checkpoint_load_fraction": 0, "power_off_s": -1}, ["power_off_s", "checkpoint_load_fraction"]),
        (shutdown, {"power_off_steps": (DutyStep(seconds=1, load_fraction=1),)}, ["power_off_s"]),
        (shutdown, {"power_off_steps": (DutyStep(seconds=1, load_fraction=0.9),), "power_off_s": 0,
                    "checkpoint_load_fraction": 0.5}, ["power_off_steps"]),
        (DutyStep, {"seconds": 0, "load_fraction": 2}, ["seconds", "load_fraction"]),
        (BackupDuty, {"name": "none", "steps": ()}, ["steps"]),
        (BackupDuty, {"name": "off", "steps": (DutyStep(seconds=1, load_fraction=0),)}, ["steps"]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(build: Any, arguments: dict[str, object], fields: list[str]) -> None:  # noqa: ANN401
    assert [field for field, _ in faults(build, **arguments)] == fields


@given(
    chances=st.lists(PROBABILITY, min_size=2, max_size=5),
    at=st.floats(0, 200),
    causes=st.tuples(PROBABILITY, PROBABILITY),
    generators=st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))),
)
def test_more_attempts_generators_or_time_never_lower_coverage(
    chances: list[float], at: float, causes: tuple[float, float], generators: tuple[int, int]
) -> None:
    (common, never), (installed, needed) = causes, generators
    attempts = [StartAttempt(ready_s=30 * (n + 1), success_probability=p) for n, p in enumerate(chances)]
    fewer = len(attempts) - 1

    def lost(count: int, seconds: float, generators: int) -> float:
        given = starts(
            attempts=tuple(attempts[:count]),
            target_probability=1 - 1e-16,
            common_cause_probability=0.0,
            generators=generators,
            generators_needed=needed,
            never_starts_probability=never,
        )
        object.__setattr__(given, "common_cause_probability", common)  # also where no target could be met
        return given.not_carried(seconds)

    try:
        now = lost(fewer, at, installed)
    except UnableToAccept:
        return
    assert -1e-12 <= now <= 1 + 1e-12
    assert lost(len(attempts), at, installed) <= now + 1e-12
    assert lost(fewer, at + 40, installed) <= now + 1e-12
    assert lost(fewer, at, installed + 1) <= now + 1e-12


@given(plain_s=SECONDS, off=SHUTDOWNS, outages=st.integers(1, 3), has_table=st.booleans())
def test_the_larger_of_two_is_at_least_both_and_the_smaller_at_most(
    plain_s: float, off: CleanShutdown, outages: int, *, has_table: bool
) -> None:
    def need(**policy: Any) -> float:  # noqa: ANN401
        reserve = ReservePolicy(outages_before_recharge=outages, **policy)
        ups = ups_system(reserve=reserve, usable_fraction_by_c_rate=TABLE if has_table else {})
        return reserve_requirement(ups).reserve_fraction

    one, other = need(ride_through_s=plain_s), need(clean_shutdown=off)
    both: dict[str, Any] = {"ride_through_s": plain_s, "clean_shutdown": off}
    assert need(combine=Combination.LARGER, **both) == pytest.approx(max(one, other))
    assert min(one, other) - 1e-12 <= need(combine=Combination.SMALLER, **both) <= max(one, other) + 1e-12


@given(st.lists(st.tuples(SECONDS, st.floats(0.01, 1)), min_size=2, max_size=6), st.integers(1, 4))
def test_the_energy_of_a_duty_adds_up(steps: list[tuple[float, float]], times: int) -> None:
    duty_steps = tuple(DutyStep(seconds=seconds, load_fraction=load) for seconds, load in steps)
    whole = BackupDuty(name="all", steps=duty_steps)
    parts = [BackupDuty(name="part", steps=(each,)) for each in duty_steps]
    assert whole.full_load_s == pytest.approx(sum(part.full_load_s for part in parts))
    assert whole.full_load_s <= whole.duration_s * (1 + 1e-12)
    assert whole.repeated(times).full_load_s == pytest.approx(times * whole.full_load_s)


@given(
    term=st.sampled_from(
        ("detection_s", "run_up_s", "synchronization_s", "transfer_s", "walk_in_s", "margin_s", "crank_s", "rest_s")
    ),
    more_s=st.floats(0, 60),
)
def test_a_longer_term_never_shortens_the_ride_through(term: str, more_s: float) -> None:
    base = sequence()
    longer = replace(base, **{term: getattr(base, term) + more_s})
    assert longer.duty.duration_s >= base.duty.duration_s
    assert replace(base, attempts=4).duty.duration_s == base.duty.duration_s + 30


@given(term=st.sampled_from(("notice_s", "checkpoint_s", "power_off_s", "margin_s")), more_s=st.floats(0, 300))
def test_a_longer_shutdown_never_takes_less(term: str, more_s: float) -> None:
    base = shutdown()
    longer = replace(base, **{term: getattr(base, term) + more_s})
    assert longer.duty.full_load_s >= base.duty.full_load_s * (1 - 1e-12)
    assert longer.duty.duration_s >= base.duty.duration_s - 1e-9
