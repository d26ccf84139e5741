"""What plans are expected to change: by hand for a future that is sure, and in sum over a month."""

from dataclasses import replace

import numpy as np
import pytest
from study_cases import DAY, case, tariff

from ridethrough.finance.study.closed_loop import Loop, floating, run
from ridethrough.operation.ahead import BillingSpan, plan_ahead
from ridethrough.operation.ceilings.planner import CeilingPlanner
from ridethrough.operation.planner import Known, Planned
from ridethrough.tariffs.billing.exact_bill import bill


def sure_kw(days: int) -> np.ndarray:  # type: ignore[type-arg]
    """Every day the same: 3,900 kW, and 4,100 kW in one hour of the afternoon."""
    hours = np.arange(days * DAY)
    return np.where(hours % DAY == 15, 4100.0, 3900.0)


class Telling(CeilingPlanner):
    """Plans the day ahead at every midnight, beside the study."""

    def __init__(self, billing: BillingSpan) -> None:
        super().__init__()
        self.billing = billing
        self.told: list[float] = []
        self.highest_kw = 0.0

    def plan(self, known: Known) -> Planned:
        if known.block.start_of(0).hour == 0:
            begun = (self.billing.start - known.past.start) // known.past.step  # type: ignore[union-attr]
            net_kw = known.load_kw[0, begun:] / 0.95 / 0.97 + known.unprotected_load_kw[begun:]
            peaks = {"facility": float(net_kw.max(initial=0.0))}
            day = replace(known, block=replace(known.block, intervals=DAY))
            ahead = plan_ahead(day, self.billing, peaks)
            assert ahead is not None
            self.told.append(ahead.change.mean)
        return super().plan(known)


def test_the_plans_of_a_month_add_up_to_its_study() -> None:
    asked = case(30, before=31, after=2, load_kw=sure_kw(63), priced=tariff(dear=0.05), every_h=1.0)
    ups = asked.site.ups[0]
    assert (ups.inverter_efficiency, ups.rectifier_efficiency) == (0.95, 0.97)
    asked = replace(asked, record=replace(asked.record, load_kw=asked.record.load_kw))
    planner = Telling(BillingSpan(start=asked.horizon.start, end=asked.horizon.end, next_end=asked.horizon.end))

    loop = run(asked, planner, Loop.at_start(asked))

    costs = [float(bill(asked.tariff, asked.horizon, each.grid_kw).exact_total) for each in (floating(asked), loop)]
    saved = costs[0] - costs[1]
    assert saved > 0
    assert -sum(planner.told) == pytest.approx(saved, rel=0.1)
    assert max(-each for each in planner.told) < saved / 8  # a peak's whole price is never one day's saving
