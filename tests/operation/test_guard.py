"""The guard: a planner that would have lost money on the last months does not trade in the next."""

from dataclasses import dataclass

import numpy as np
import pytest
from study_cases import DAY, case

from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, floating, run
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.guard import GuardedPlanner, Replayed, reason_against
from ridethrough.operation.planner import Information, Known, Planned
from ridethrough.tariffs.billing.exact_bill import bill

FEW = CeilingSettings(futures=8, searched_every_h=24)


@dataclass
class Foolish:
    """Gives energy in the cheap morning, and takes it back in the dear afternoon."""

    information = Information.DAY_AHEAD
    fingerprint = "foolish"
    assumptions = ()

    def begin_period(self) -> None:
        """Nothing is carried."""

    def plan(self, known: Known) -> Planned:
        hour = known.block.start_of(0).hour
        shape = (len(known.site.ups), known.block.intervals)
        return Planned(
            orders=Orders(
                charge_kw=np.full(shape, 200.0 if 16 <= hour < 20 else 0.0),
                discharge_kw=np.full(shape, 200.0 if 2 <= hour < 4 else 0.0),
                grid_target_kw=np.full(shape[1], np.inf),
            )
        )


def june(before: int) -> StudyCase:
    """Four days of June, every hour planned, with so many days of a daily course on record before."""
    hours = np.arange((before + 4) * DAY)
    noise = np.random.default_rng(7).normal(0, 60, len(hours))
    load_kw = 3800 + 300 * np.sin((hours % DAY - 9) / DAY * 2 * np.pi) + noise
    return case(4, before=before, load_kw=np.clip(load_kw, 0, 4700), every_h=1.0)


def test_a_planner_that_lost_money_is_held_and_the_figures_are_told() -> None:
    asked = june(70)
    planner = GuardedPlanner(planner=Foolish(), rehearsed=Foolish)
    loop = run(asked, planner, Loop.at_start(asked))

    assert loop.by_status["hold"] == 4 * DAY
    assert loop.grid_kw.tolist() == floating(asked).grid_kw.tolist()
    (told,) = loop.warnings
    assert told.startswith("nothing is traded: the planner would have lost ")
    assert "2026-04: -" in told
    assert "2026-05: -" in told


def test_what_was_lost_is_the_difference_of_exact_bills_and_wear() -> None:
    # May, studied and billed apart with the same planner
    asked = june(70)
    known: list[Known] = []

    class Listening(Foolish):
        def plan(self, known_: Known) -> Planned:  # type: ignore[override]
            known.append(known_)
            return super().plan(known_)

    run(asked, Listening(), Loop.at_start(asked))
    april, may = GuardedPlanner(planner=Foolish(), rehearsed=Foolish).last_periods(known[0])
    assert (april.billing_period, may.billing_period) == ("2026-04", "2026-05")

    studied = case(
        31,
        before=39,
        after=4,
        load_kw=asked.record.load_kw[0],
        every_h=1.0,
        start=asked.horizon.start - 31 * DAY * asked.horizon.step,
    )
    loop = run(studied, Foolish(), Loop.at_start(studied))
    costs = [
        bill(studied.tariff, studied.horizon, each.grid_kw, state=studied.before).exact_total
        for each in (floating(studied), loop)
    ]
    wear = float(loop.discharge_kw.sum()) * studied.site.ups[0].battery.wear_cost_per_kwh
    assert may.saved == pytest.approx(float(costs[0] - costs[1]) - wear, abs=0.01)


def test_a_planner_that_gained_trades_on() -> None:
    asked = june(70)
    planner = GuardedPlanner(planner=CeilingPlanner(settings=FEW), rehearsed=lambda: CeilingPlanner(settings=FEW))
    guarded = run(asked, planner, Loop.at_start(asked))
    alone = run(asked, CeilingPlanner(settings=FEW), Loop.at_start(asked))

    assert guarded.grid_kw.tolist() == alone.grid_kw.tolist()
    assert not guarded.warnings


def test_without_a_whole_period_on_record_there_is_no_guard() -> None:
    asked = june(20)
    loop = run(asked, GuardedPlanner(planner=Foolish(), rehearsed=Foolish), Loop.at_start(asked))

    assert not loop.by_status["hold"]


def test_one_lost_period_that_the_other_makes_up_for_is_no_reason() -> None:
    gained, lost = Replayed(billing_period="2026-04", saved=50.0), Replayed(billing_period="2026-05", saved=-40.0)

    assert not reason_against((gained, lost), "USD")
    assert "lost 30 USD" in reason_against((Replayed(billing_period="2026-03", saved=10.0), lost), "USD")
