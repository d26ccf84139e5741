"""What to do in the hour to come, at each load that it may bring: a response whose knots are plans of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, SiteState
from ridethrough.forecasts.history import History
from ridethrough.forecasts.scenarios import ScenarioModel, draw
from ridethrough.operation.rolling import Outlook, decide
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.horizon.charges import HorizonCharges

FloatArray = NDArray[np.float64]

_WORST_HOURS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioSettings:
    """How rolling plans are made; the figures come from `docs/savings.md`, where each is taken away in turn.

    Of `drawn` courses of the load, `scenarios` stand for all. Plans look `horizon_h` hours ahead. `knots` are the
    levels of the load of the hour to come at which it is planned. `risk_weight` is the share of demand costs that
    counts by the worst quarter of scenarios. `days_to_come`: whether a peak is priced by what the rest of the billing
    period may bring. `conditioned`: whether scenarios go on from the load as it is, or are past days as they were.
    """

    drawn: int = 48
    scenarios: int = 8
    horizon_h: int = 24
    knots: tuple[float, ...] = (0.005, 0.15, 0.5, 0.85, 0.995)
    risk_weight: float = 0.4
    days_to_come: bool = True
    conditioned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known before an hour, ready to be planned from at any load of the hour."""

    model: ScenarioModel
    history: History
    horizon: Horizon
    charges: HorizonCharges
    load_kw: Mapping[str, tuple[float, ...]]
    site: Site
    state: SiteState
    coming_kw: FloatArray | None = None

    @property
    def is_metered(self) -> bool:
        """Whether a demand charge meters the hour to come."""
        return any(term.steps[-1].rate_per_kw > 0 and 0 in term.intervals[:1] for term in self.charges.held)

    def courses_kw(self, count: int) -> FloatArray:
        """Courses of the net load over the horizon."""
        if self.coming_kw is not None:
            return self.coming_kw[np.newaxis]
        return self._drawn(self.history, self.horizon, count)

    def courses_from_kw(self, first_kw: float, count: int) -> FloatArray:
        """Courses of the net load, were that of the first hour `first_kw`."""
        if self.coming_kw is not None:
            return self.coming_kw[np.newaxis]
        first = replace(self.horizon, intervals=1)
        now = History(horizon=first, values=np.array([first_kw]), issued_at=first.end, known_until=first.end)
        after = replace(self.horizon, start=first.end, intervals=self.horizon.intervals - 1)
        rest = self._drawn(now, after, count)
        return np.hstack([np.full((count, 1), first_kw), rest])

    def _drawn(self, history: History, horizon: Horizon, count: int) -> FloatArray:
        return np.maximum(0.0, draw(self.model, history, horizon, scenarios=count).values)


class PlannedResponse:
    """The meter to hold at each net load of one hour: plans are made at knots, when they are asked for."""

    def __init__(self, situation: Situation, settings: ScenarioSettings, engine: Engine) -> None:
        self._situation, self._settings, self._engine = situation, settings, engine
        self._grid_kw: dict[float, float] = {}
        first_kw = situation.courses_kw(settings.drawn)[:, 0]
        self._knots_kw = np.unique(np.quantile(first_kw, settings.knots))

    def wanted_kw(self, net_load_kw: float) -> float:
        """The wanted meter: straight between knots, below the first with its battery power.

        Above the last the meter is held where it was, if a demand charge meters the hour: no plan saw such a load, and
        the peak would be the month's. Else the battery goes on as at the last.
        """
        knots = self._knots_kw
        above = int(np.searchsorted(knots, net_load_kw, side="right"))
        if above == 0:
            return net_load_kw + self._at(0) - float(knots[0])
        if above == len(knots):
            beyond_kw = 0.0 if self._situation.is_metered else net_load_kw - float(knots[-1])
            return self._at(above - 1) + beyond_kw
        part = (net_load_kw - float(knots[above - 1])) / float(knots[above] - knots[above - 1])
        low_kw, high_kw = self._at(above - 1), self._at(above)
        return low_kw + part * (high_kw - low_kw)

    def _at(self, knot: int) -> float:
        """The meter at one knot."""
        load_kw = float(self._knots_kw[knot])
        if load_kw not in self._grid_kw:
            self._grid_kw[load_kw] = self._plan(load_kw)
        return self._grid_kw[load_kw]

    def _plan(self, load_kw: float) -> float:
        situation, settings = self._situation, self._settings
        courses_kw = situation.courses_from_kw(load_kw, settings.drawn)
        decision = decide(
            Outlook(
                site=situation.site,
                horizon=situation.horizon,
                charges=situation.charges,
                load_kw=situation.load_kw,
                resting_kw=_representative(courses_kw, situation.charges, settings.scenarios),
                state=situation.state,
                risk_weight=settings.risk_weight,
            ),
            self._engine,
        )
        return decision.grid_kw


def _representative(courses_kw: FloatArray, charges: HorizonCharges, count: int) -> FloatArray:
    """Pick `count` courses, equally spread over how hard they bear on the dearest charge: by their four worst hours."""
    dearest = max(charges.held, key=lambda term: term.steps[-1].rate_per_kw * len(term.intervals), default=None)
    hours = slice(None) if dearest is None or not len(dearest.intervals) else dearest.intervals
    worst_kw = np.sort(courses_kw[:, hours], axis=1)[:, -_WORST_HOURS:].mean(axis=1)
    order = np.argsort(worst_kw, kind="stable")
    count = min(count, len(courses_kw))
    return courses_kw[order[((np.arange(count) + 0.5) * len(order) / count).astype(np.intp)]]
