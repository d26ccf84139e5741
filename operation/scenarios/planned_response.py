"""The response for the coming hour: for each possible load a meter power; each knot is a plan of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, SiteState
from ridethrough.forecasts.history import History
from ridethrough.forecasts.scenarios import ScenarioModel, draw
from ridethrough.operation.scenarios.rolling import Outlook, decide
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.horizon.charges import HorizonCharges

FloatArray = NDArray[np.float64]

_WORST_HOURS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioSettings:
    """The settings of rolling plans; `docs/savings.md` shows the effect of each of them.

    Of `drawn` scenarios of the load, `scenarios` represent all. Plans look `horizon_h` hours ahead. `knots` are the
    quantile levels of the coming hour's load at which a plan is made. `risk_weight` is the share of demand costs that
    the worst quarter of scenarios determines. `days_to_come` prices a peak for the rest of the billing period.
    `conditioned` makes scenarios continue from the present load; otherwise they are past days.
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
    """What is known before an hour, prepared so that a plan can be made for any load of the hour."""

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
        """Whether a demand charge meters the coming hour."""
        return any(term.steps[-1].rate_per_kw > 0 and 0 in term.intervals[:1] for term in self.charges.held)

    def courses_kw(self, count: int) -> FloatArray:
        """Scenarios of the net load over the horizon."""
        if self.coming_kw is not None:
            return self.coming_kw[np.newaxis]
        return self._drawn(self.history, self.horizon, count)

    def courses_from_kw(self, first_kw: float, count: int) -> FloatArray:
        """Scenarios of the net load, given that the load of the first hour is `first_kw`."""
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
    """The planned meter power at each net load of one hour; the plan of a knot is made when it is needed."""

    def __init__(self, situation: Situation, settings: ScenarioSettings, engine: Engine) -> None:
        self._situation, self._settings, self._engine = situation, settings, engine
        self._grid_kw: dict[float, float] = {}
        first_kw = situation.courses_kw(settings.drawn)[:, 0]
        self._knots_kw = np.unique(np.quantile(first_kw, settings.knots))

    def wanted_kw(self, net_load_kw: float) -> float:
        """The planned meter power: linear between knots; below the first knot with the battery power of that knot.

        Above the last knot, if a demand charge meters the hour, the meter is held at that of the last knot: no plan has
        seen such a load, and it would set the peak of the month. Otherwise the battery power of the last knot applies.
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
        """The planned meter power at one knot."""
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
    """Pick `count` scenarios, spread evenly by their four worst hours under the most expensive charge."""
    dearest = max(charges.held, key=lambda term: term.steps[-1].rate_per_kw * len(term.intervals), default=None)
    hours = slice(None) if dearest is None or not len(dearest.intervals) else dearest.intervals
    worst_kw = np.sort(courses_kw[:, hours], axis=1)[:, -_WORST_HOURS:].mean(axis=1)
    order = np.argsort(worst_kw, kind="stable")
    count = min(count, len(courses_kw))
    return courses_kw[order[((np.arange(count) + 0.5) * len(order) / count).astype(np.intp)]]
