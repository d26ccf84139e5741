"""Plans know the past and nothing else: a poisoned future changes no plan."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import DAY, case, tariff

from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, run
from ridethrough.operation.planner import Known, Planned, Planner
from ridethrough.operation.yardsticks import HORIZON, PersistencePlanner, known_prices, same_time_before


class Listening(PersistencePlanner):
    """Keeps what it was told, and what it answered."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Known] = []
        self.answered: list[Planned] = []

    def plan(self, known: Known) -> Planned:
        self.told.append(known)
        self.answered.append(super().plan(known))
        return self.answered[-1]


def listened(asked: StudyCase) -> Listening:
    planner = Listening()
    run(asked, planner, Loop.at_start(asked))
    return planner


def poisoned(asked: StudyCase, from_: int) -> StudyCase:
    """The same case, with every load and price from an interval of the record on turned into another."""
    record = asked.record
    rng = np.random.default_rng(9)
    load_kw, others_kw = record.load_kw.copy(), record.unprotected_load_kw.copy()
    load_kw[:, from_:] = rng.uniform(0, 4800, load_kw[:, from_:].shape)
    others_kw[from_:] = rng.uniform(-1000, 1500, len(others_kw) - from_)
    prices = None if record.price_per_kwh is None else record.price_per_kwh.copy()
    if prices is not None:
        prices[from_ + 2 * DAY :] = 99.0
    other = dataclasses.replace(record, load_kw=load_kw, unprotected_load_kw=others_kw, price_per_kwh=prices)
    return dataclasses.replace(asked, record=other)


@pytest.mark.parametrize("every_h", [24.0, 6.0])
def test_a_poisoned_future_changes_no_plan_made_before_it(every_h: float) -> None:
    prices = np.random.default_rng(3).uniform(0.02, 0.2, 14 * DAY)
    premises = site(ups_system(protected_load_kw=4100))
    asked = case(6, before=5, after=3, premises=premises, priced=tariff(energy=None), prices=prices, every_h=every_h)
    poison_at = 5 * DAY + 3 * DAY  # the fourth studied day, at midnight
    clean, other = listened(asked), listened(poisoned(asked, poison_at))
    same = int(3 * DAY / every_h) + 1
    for told, answered, then in zip(clean.told[:same], clean.answered, other.answered, strict=False):
        assert told.issued_at <= asked.record.horizon.start_of(poison_at)
        for name in ("charge_kw", "discharge_kw", "grid_target_kw"):
            assert getattr(answered.orders, name).tolist() == getattr(then.orders, name).tolist()
    after = [each.orders.discharge_kw.tolist() for each in clean.answered[same:]]
    assert after != [each.orders.discharge_kw.tolist() for each in other.answered[same:]]


def test_what_is_known_ends_where_the_block_begins() -> None:
    asked = case(3, before=2, after=4, every_h=6.0, priced=tariff(energy=None), prices=np.full(9 * DAY, 0.1))
    for index, known in enumerate(listened(asked).told):
        now = 2 * DAY + 6 * index
        assert known.load_kw.shape == (1, now)
        assert known.unprotected_load_kw.shape == (now,)
        assert known.past is not None
        assert known.past.intervals == now
        assert known.past.end == known.issued_at == known.block.start
        assert known.block.intervals == 6
        assert known.study_end == asked.horizon.end
        assert known.latest == asked.record.horizon.end
        days = 2 if known.issued_at.hour >= 14 else 1
        assert len(known.price_per_kwh) == (now // DAY + days) * DAY  # type: ignore[arg-type]


def test_a_billing_period_ends_where_the_tariff_says() -> None:
    told = listened(case(35)).told
    assert told[0].period_end == datetime(2026, 7, 1, tzinfo=UTC)
    assert told[30].period_end == datetime(2026, 7, 6, tzinfo=UTC), "the study ends before the period does"


def test_each_load_is_that_of_the_day_before_and_around_weekends_of_the_week_before() -> None:
    asked = case(6, before=14)
    taken = [same_time_before(known, known.horizon(HORIZON)).tolist() for known in listened(asked).told]
    monday, tuesday, wednesday = (14 * DAY + day * DAY for day in range(3))
    assert taken[0][:DAY] == list(range(monday - 7 * DAY, monday - 6 * DAY)), "Monday as a week before"
    assert taken[0][DAY:] == list(range(tuesday - 2 * DAY, tuesday - DAY)), "Tuesday: the latest that is known"
    assert taken[1][:DAY] == list(range(tuesday - DAY, tuesday))
    assert taken[2][:DAY] == list(range(wednesday - DAY, wednesday))
    young = listened(case(7)).told[5]
    saturday = 5 * DAY
    assert same_time_before(young, young.horizon(HORIZON)).tolist()[:DAY] == list(range(saturday - DAY, saturday))


def test_prices_that_are_not_published_are_those_of_the_day_before() -> None:
    prices = np.arange(6 * DAY, dtype=float) / 1000
    asked = case(3, before=1, after=2, priced=tariff(energy=None), prices=prices)
    known = listened(asked).told[0]
    taken = known_prices(known, known.horizon(HORIZON))
    assert taken is not None
    assert taken.tolist() == pytest.approx([*prices[DAY : 2 * DAY], *prices[DAY : 2 * DAY]])


def test_both_planners_are_planners() -> None:
    planner: Planner = PersistencePlanner()
    assert planner.assumptions
