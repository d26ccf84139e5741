"""The simulated policy: by hand in small cases, the same compiled and over arrays, and never beyond the store."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ridethrough.operation.ceilings import simulate
from ridethrough.operation.ceilings.futures import Futures
from ridethrough.operation.ceilings.period import PeakCharge, RestOfPeriod
from ridethrough.operation.ceilings.simulate import Candidates, Simulation
from ridethrough.operation.ceilings.store import MeterStore
from ridethrough.operation.ceilings.trading import TradingHours
from ridethrough.tariffs.horizon.charges import DemandStep

RATE = 10.0


def store(**fields: float) -> MeterStore:
    given_ = {
        "capacity_kwh": 1000.0,
        "stored_kwh": 1000.0,
        "charge_kw": 500.0,
        "discharge_kw": 500.0,
        "stored_per_drawn": 0.9,
        "stored_per_relieved": 1.0,
        "wear_per_relieved": 0.0,
        "import_limit_kw": 1e6,
    }
    return MeterStore(**{**given_, **fields})


def simulation(
    mean_kw: list[list[float]],
    *,
    highest_kw: list[list[float]] | None = None,
    price: list[float] | None = None,
    gives: list[bool] | None = None,
    takes: list[bool] | None = None,
    later_kwh: list[float] | None = None,
    behind: MeterStore | None = None,
    daily: bool = False,
    so_far_kw: float = 0.0,
) -> Simulation:
    mean = np.array(mean_kw)
    hours = mean.shape[1]
    charge = PeakCharge(
        name="facility",
        metered=np.ones(hours, dtype=bool),
        daily=daily,
        steps=(DemandStep(up_to_kw=float("inf"), rate_per_kw=RATE),),
        floor_kw=0.0,
        own_fraction=1.0,
    )
    midnights = np.arange(hours) % 24 == 0
    return Simulation(
        futures=Futures(mean_kw=mean, highest_kw=mean if highest_kw is None else np.array(highest_kw)),
        rest=RestOfPeriod(
            start=datetime(2026, 6, 1, tzinfo=UTC),
            price_per_kwh=np.array(price or [0.0] * hours),
            day_begins=midnights,
            charges=(charge,),
        ),
        trading=TradingHours(
            gives=np.array(gives or [False] * hours),
            takes=np.array(takes or [True] * hours),
            later_kwh=np.array(later_kwh or [0.0] * hours),
        ),
        store=behind or store(),
        peak_so_far_kw=np.array([so_far_kw]),
    )


def outcome(
    asked: Simulation, ceiling_kw: float, kept_kwh: float = 1000.0, *, raises: bool = True
) -> tuple[float, float]:
    candidate = Candidates(
        ceiling_kw=np.array([[ceiling_kw]]), kept_kwh=np.array([kept_kwh]), raises=np.array([raises])
    )
    found = asked.outcomes(candidate)
    return float(found.cost[0, 0]), float(found.peak_kw[0, 0, 0])


def test_the_meter_is_held_at_its_ceiling_as_far_as_energy_goes() -> None:
    held = outcome(simulation([[3000.0, 3400.0, 3400.0, 3000.0, 3000.0]]), 3200.0)
    assert held == pytest.approx((3200 * RATE, 3200.0))

    # 1000 kWh hold 2 of 3 hours, and 200 kWh of the third's 400
    emptied = outcome(simulation([[3400.0, 3400.0, 3400.0]]), 3000.0)
    assert emptied[1] == pytest.approx(3200.0)


def test_a_passed_peak_is_the_new_floor() -> None:
    weak = simulation([[3800.0, 3400.0]], behind=store(discharge_kw=300.0))

    assert outcome(weak, 3000.0)[1] == 3500.0
    # the second hour is held at no less than 3,500 kW, so that nothing is given
    assert outcome(weak, 3000.0)[0] == pytest.approx(3500 * RATE)


def test_what_was_billed_already_costs_nothing_more() -> None:
    assert outcome(simulation([[3400.0, 3300.0]], so_far_kw=3400.0), 3000.0)[0] == 0.0


def test_energy_above_what_is_kept_is_given_and_bought_back() -> None:
    asked = simulation(
        [[3000.0, 3000.0, 2000.0]],
        price=[0.1, 0.4, 0.1],
        gives=[False, True, False],
        takes=[True, False, True],
        so_far_kw=3000.0,
    )
    floating = outcome(asked, 3000.0, kept_kwh=1000.0)[0]
    trading = outcome(asked, 3000.0, kept_kwh=600.0)[0]

    assert floating - trading == pytest.approx(400 * 0.4 - 400 / 0.9 * 0.1)


def test_energy_that_can_be_given_later_for_the_same_price_holds_the_peak_before() -> None:
    hours = {
        "mean_kw": [[3500.0, 3000.0, 3000.0, 2000.0, 2000.0]],
        "price": [0.4, 0.4, 0.4, 0.1, 0.1],
        "gives": [True, True, True, False, False],
        "takes": [False, False, False, True, True],
    }
    late = simulation(**hours, later_kwh=[1000.0, 500.0, 0.0])  # type: ignore[arg-type]
    at_once = simulation(**hours)  # type: ignore[arg-type]

    # 300 kWh hold the peak of the first hour; the other 700 are given in the two after it
    cost, peak_kw = outcome(late, 3200.0, kept_kwh=0.0)
    assert peak_kw == pytest.approx(3200.0)
    bought = 1000 / 0.9 * 0.1
    assert cost == pytest.approx(3200 * RATE + 0.4 * (9500 - 1000) + 0.1 * 4000 + bought)
    # at once, 500 kWh are given in each of the first two hours: the same energy at the same price
    assert outcome(at_once, 3200.0, kept_kwh=0.0) == pytest.approx((cost, 3200.0))


def test_a_daily_charge_bills_every_day_its_own_peak() -> None:
    days = [[3000.0] * 24 + [3500.0] * 24]

    assert outcome(simulation(days, daily=True), 4000.0)[0] == pytest.approx((3000 + 3500) * RATE)
    assert outcome(simulation(days), 4000.0)[0] == pytest.approx(3500 * RATE)


def test_an_hours_energy_above_its_ceiling_is_that_of_loads_spread_evenly() -> None:
    # 12 intervals from 2,600 to 3,400 kW about a mean of 3,000 kW
    levels_kw = np.linspace(2600, 3400, 12001)
    above_kwh = float(np.maximum(levels_kw - 3100, 0).mean())
    asked = simulation([[3000.0, 3000.0]], highest_kw=[[3400.0, 3000.0]], behind=store(stored_kwh=above_kwh + 0.1))

    assert outcome(asked, 3100.0)[1] == pytest.approx(3100.0)
    short = simulation([[3000.0, 3000.0]], highest_kw=[[3400.0, 3000.0]], behind=store(stored_kwh=above_kwh / 2))
    assert outcome(short, 3100.0)[1] > 3200.0


FIGURES = st.floats(0.0, 5000.0, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def simulations(draw: st.DrawFn) -> Simulation:
    hours, futures = draw(st.integers(1, 30)), draw(st.integers(1, 3))
    rows = st.lists(st.lists(FIGURES, min_size=hours, max_size=hours), min_size=futures, max_size=futures)
    mean_kw = draw(rows)
    above = draw(rows)
    highest = [[kw + more / 10 for kw, more in zip(a, b, strict=True)] for a, b in zip(mean_kw, above, strict=True)]
    flags = st.lists(st.booleans(), min_size=hours, max_size=hours)
    prices = st.lists(st.floats(0.0, 1.0), min_size=hours, max_size=hours)
    gives = draw(flags)
    takes = [take and not give for take, give in zip(draw(flags), gives, strict=True)]
    return simulation(
        mean_kw,
        highest_kw=highest,
        price=draw(prices),
        gives=gives,
        takes=takes,
        later_kwh=draw(st.lists(st.floats(0.0, 1500.0), min_size=hours, max_size=hours)),
        daily=draw(st.booleans()),
        so_far_kw=draw(FIGURES),
        behind=store(stored_kwh=draw(st.floats(0.0, 1000.0)), wear_per_relieved=draw(st.floats(0.0, 0.1))),
    )


def candidates_that(raises: st.SearchStrategy[bool]) -> st.SearchStrategy[Candidates]:
    each = st.tuples(FIGURES, st.floats(0.0, 1000.0), raises)
    return st.lists(each, min_size=1, max_size=4).map(
        lambda drawn: Candidates(
            ceiling_kw=np.array([[kw] for kw, _, _ in drawn]),
            kept_kwh=np.array([kept for _, kept, _ in drawn]),
            raises=np.array([raise_ for _, _, raise_ in drawn]),
        )
    )


CANDIDATES = candidates_that(st.booleans())


@settings(max_examples=60, deadline=None)
@given(simulations(), CANDIDATES)
def test_compiled_and_over_arrays_give_the_same_digits(asked: Simulation, candidates: Candidates) -> None:
    pytest.importorskip("numba")
    compiled = asked.outcomes(candidates)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate.compiling, "numba", None)
        plain = asked.outcomes(candidates)

    assert compiled.cost.tolist() == plain.cost.tolist()
    assert compiled.peak_kw.tolist() == plain.peak_kw.tolist()


@settings(max_examples=60, deadline=None)
@given(simulations(), CANDIDATES)
def test_a_peak_is_never_above_the_load_and_the_ceiling_nor_below_what_power_can_reach(
    asked: Simulation, candidates: Candidates
) -> None:
    ceilings = candidates.ceiling_kw
    peaks = asked.outcomes(candidates).peak_kw[:, :, 0]
    highest = asked.futures.highest_kw
    so_far = float(asked.peak_so_far_kw[0])
    last_day = highest[:, (highest.shape[1] - 1) // 24 * 24 :] if asked.rest.charges[0].daily else highest

    assert (peaks <= np.maximum(np.maximum(ceilings, highest.max(axis=1)), so_far) + 1e-9).all()
    assert (peaks >= last_day.max(axis=1) - asked.store.discharge_kw - 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(simulations(), candidates_that(st.just(value=False)))
def test_filling_raises_no_peak(asked: Simulation, candidates: Candidates) -> None:
    """Of a billing period: the peak is never above the highest load and the peak so far. Every day has its own."""
    peaks = asked.outcomes(candidates).peak_kw[:, :, 0]
    so_far = float(asked.peak_so_far_kw[0])
    if not asked.rest.charges[0].daily:
        assert (peaks <= np.maximum(asked.futures.highest_kw.max(axis=1), so_far) + 1e-9).all()


def test_filling_raises_a_peak_as_far_as_the_ceiling_only_where_it_may() -> None:
    empty = simulation([[3000.0, 2800.0, 3000.0]], behind=store(stored_kwh=0.0))

    assert outcome(empty, 3300.0, raises=True)[1] == pytest.approx(3300.0)
    # 200 kWh are drawn in the second hour, under the peak of the first
    cost, peak_kw = outcome(empty, 3300.0, raises=False)
    assert (cost, peak_kw) == pytest.approx((3000 * RATE, 3000.0))
    # under the peaks of the days, which are billed every day, each is filled up to its ceiling
    assert outcome(simulation([[3000.0]], daily=True, behind=store(stored_kwh=0.0)), 3300.0, raises=False)[1] == 3300.0
