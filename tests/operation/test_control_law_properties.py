"""The control law over generated sites, loads and malicious orders."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_sites import random_problem

from ridethrough.domain.plan import UpsTrajectory
from ridethrough.operation.control.control_law import ControlOutcome, apply_control_law
from ridethrough.operation.control.measured_loads import MeasuredLoads, measured_loads
from ridethrough.operation.control.orders import Orders, Response
from ridethrough.operation.control.sharing import share
from ridethrough.optimizer import DispatchProblem, certify
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.dispatch import evidence_in
from ridethrough.optimizer.problem.plan_basis import basis_of


@given(
    st.floats(0, 1000),
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 500)), min_size=1, max_size=5),
)
def test_what_is_shared_is_all_there_is_and_no_more_than_each_can_take(
    total: float, systems: list[tuple[float, float]]
) -> None:
    weights, most = [each for each, _ in systems], [each for _, each in systems]
    parts = share(total, weights, most)
    able = sum(each for weight, each in systems if weight > 0 or len(systems) == 1)
    assert all(0 <= part <= limit * (1 + 1e-9) for part, limit in zip(parts, most, strict=True))
    assert sum(parts) == pytest.approx(min(total, able), abs=1e-6)


def protected(asked: DispatchProblem) -> DispatchProblem:
    """The same problem on a site whose contracts cover its loads."""
    systems = tuple(
        dataclasses.replace(ups, protected_load_kw=max(ups.protected_load_kw, *asked.load_kw[ups.id]))
        for ups in asked.site.ups
    )
    return dataclasses.replace(asked, site=dataclasses.replace(asked.site, ups=systems))


def loads_of(asked: DispatchProblem) -> MeasuredLoads:
    carried = np.array([asked.load_kw[ups.id] for ups in asked.site.ups])
    return measured_loads(asked.site, asked.horizon, carried, np.array(asked.unprotected_load_kw))


@dataclasses.dataclass(frozen=True)
class TimesWhatIsStored:
    """A response that asks for a multiple of the energy that it is told, or for no number at all."""

    times: float
    above_kwh: float = 0.0

    def at(self, above_reserve_kwh: float) -> "TimesWhatIsStored":
        return dataclasses.replace(self, above_kwh=above_reserve_kwh)

    def wanted_kw(self, net_load_kw: float) -> float:
        return net_load_kw - self.times * self.above_kwh


def malicious(rng: np.random.Generator, asked: DispatchProblem) -> Orders:
    """Orders that no planner would give: too much, backwards, and no numbers at all."""
    systems, n = len(asked.site.ups), asked.horizon.intervals
    wild = np.array([np.nan, np.inf, -np.inf, -1e6, 1e9, 0.0])

    def some(*shape: int) -> np.ndarray:
        usual = rng.uniform(0, 3 * max(ups.protected_load_kw for ups in asked.site.ups), shape)
        return np.where(rng.random(shape) < 0.3, rng.choice(wild, shape), usual)

    responses: tuple[Response | TimesWhatIsStored | None, ...] = ()
    if rng.random() < 0.5:
        knots = np.sort(rng.uniform(0, 2e4, 3))
        given = Response(net_load_kw=tuple(knots), grid_kw=tuple(rng.uniform(-1e4, 3e4, 3)))
        by_energy = TimesWhatIsStored(times=float(rng.choice([*wild, 1.0, 50.0])))
        answers = (given, by_energy, None)
        responses = tuple(answers[index] for index in rng.choice(3, n, p=(0.4, 0.3, 0.3)))
    return Orders(
        charge_kw=some(systems, n),
        discharge_kw=some(systems, n),
        grid_target_kw=some(n),
        spare_below_kw=some(n) if rng.random() < 0.5 else None,
        floor_kwh=some(systems, n + 1) if rng.random() < 0.3 else None,
        responses=responses,
    )


def trajectories(asked: DispatchProblem, here: MeasuredLoads, done: ControlOutcome) -> tuple[UpsTrajectory, ...]:
    return tuple(
        UpsTrajectory(
            ups_id=ups.id,
            load_kw=asked.load_kw[ups.id],
            charge_kw=tuple(done.charge_kw[row].tolist()),
            discharge_kw=tuple(done.discharge_kw[row].tolist()),
            stored_kwh=tuple(done.stored_kwh[row].tolist()),
            reserve_kwh=(*here.floor_kwh[row].tolist(), float(here.floor_kwh[row, -1])),
        )
        for row, ups in enumerate(asked.site.ups)
    )


@given(st.integers(0, 2**32))
def test_the_reserve_is_never_touched_whatever_plan_load_or_state_comes_in(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = random_problem(rng)
    here = loads_of(asked)
    stored = [ups.max_stored_kwh * rng.uniform(0, 1) for ups in asked.site.ups]
    done = apply_control_law(asked.site, asked.horizon.interval_h, here, malicious(rng, asked), stored)
    capacity = np.array([[ups.capacity_kwh] for ups in asked.site.ups])
    traded = done.discharge_kw > here.discharge_floor_kw + 1e-9
    slack = 1e-9 * capacity
    assert np.all(done.stored_kwh[:, 1:][traded] >= (here.floor_kwh - slack)[traded])
    assert np.all(done.stored_kwh[:, :-1][traded] >= (here.floor_kwh * (1 - 1e-9) - slack)[traded])
    assert np.all(done.stored_kwh[:, 1:] <= np.maximum(done.stored_kwh[:, :-1], capacity) + slack)
    assert np.all((done.charge_kw >= 0) & (done.charge_kw <= here.charge_ceiling_kw))
    assert np.all(done.discharge_kw >= here.discharge_floor_kw)
    assert np.all(done.discharge_kw <= np.maximum(here.discharge_ceiling_kw, here.discharge_floor_kw))
    assert not np.any((done.charge_kw > 0) & (done.discharge_kw > 0))
    charging = done.charge_kw.sum(axis=0) > 1e-6
    assert np.all(done.grid_kw[charging] <= asked.site.interconnection.import_limit_kw + 2e-6)


@given(st.integers(0, 2**32))
def test_what_the_law_does_passes_the_certificate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = protected(random_problem(rng))
    here = loads_of(asked)
    floor_kwh = here.floor_kwh[:, 0]
    full_kwh = np.array([ups.max_stored_kwh for ups in asked.site.ups])
    assume(all(each.feasible for each in basis_of(asked).reserves.requirement.values()))
    assume(not here.discharge_floor_kw.any())
    standby_kw = sum(ups.standby_charge_kw / ups.rectifier_efficiency for ups in asked.site.ups)
    limits = asked.site.interconnection
    assume(here.net_load_kw.max() + standby_kw <= limits.import_limit_kw)
    ceilings = here.charge_ceiling_kw.min(axis=1)
    assume(all(most >= ups.standby_charge_kw for most, ups in zip(ceilings, asked.site.ups, strict=True)))
    stored = (floor_kwh + rng.uniform(0, 1) * (full_kwh - floor_kwh)).tolist()
    done = apply_control_law(asked.site, asked.horizon.interval_h, here, malicious(rng, asked), stored)
    handed_in = StatedPlan(
        horizon=asked.horizon, ups=trajectories(asked, here, done), grid_kw=tuple(done.grid_kw.tolist())
    )
    certificate = certify(dataclasses.replace(evidence_in(asked), state=None), handed_in)
    assert certificate.certified, (certificate.failures, certificate.violations)


@given(st.integers(0, 2**32))
def test_the_law_remembers_nothing_between_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = random_problem(rng)
    here, wild = loads_of(asked), malicious(rng, asked)
    stored = [ups.max_stored_kwh for ups in asked.site.ups]
    whole = apply_control_law(asked.site, asked.horizon.interval_h, here, wild, stored)
    for t in range(asked.horizon.intervals):
        one = Orders(
            charge_kw=wild.charge_kw[:, t : t + 1],
            discharge_kw=wild.discharge_kw[:, t : t + 1],
            grid_target_kw=wild.grid_target_kw[t : t + 1],
            spare_below_kw=None if wild.spare_below_kw is None else wild.spare_below_kw[t : t + 1],
            floor_kwh=None if wild.floor_kwh is None else wild.floor_kwh[:, t : t + 2],
            responses=wild.responses[t : t + 1],
        )
        done = apply_control_law(asked.site, asked.horizon.interval_h, here.part(t, t + 1), one, stored)
        stored = done.stored_kwh[:, 1].tolist()
        assert stored == whole.stored_kwh[:, t + 1].tolist()
        assert done.grid_kw.item() == whole.grid_kw[t]
