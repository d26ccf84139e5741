"""The plans of a controller that stands alone: made from the site's files in a process of its own, and kept on disk."""

import json
import os
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ridethrough.api.operating.measured_series import MeasuredSeries
from ridethrough.api.operating.plan_question import PlanAnswer, PlanQuestion, answer_to
from ridethrough.api.reading.plan_orders import read_orders
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import ReserveCondition
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.live.departing import reasons_to_plan
from ridethrough.operation.live.plan_in_force import PlanInForce
from ridethrough.operation.live.situation import Situation

_EVERY = timedelta(hours=1)
_AGAIN = timedelta(seconds=60)
"""A plan that could not be made is tried again after this time; so is one that what is read asks for."""
_VERSION = 1


@dataclass(slots=True, kw_only=True)
class ControlPlans:
    """Makes a plan each hour, and where what is read leaves the plan; the certified one in force is on disk.

    Loads are forecast from those of the files and those that were `measured` since.
    """

    inputs: SiteInputs
    folder: Path
    executor: Executor
    tell: Callable[[str, datetime, str], None]
    measured: MeasuredSeries
    _in_force: PlanInForce | None = None
    _why_none: str = "no plan has been made"
    _made: Future[PlanAnswer] | None = None
    _asked_at: datetime | None = None
    _kept: dict[str, Any] = field(default_factory=dict)
    _conditions: tuple[ReserveCondition, ...] = ()
    """Those that the last plan was asked with."""

    def __post_init__(self) -> None:
        self._conditions = self.inputs.site.conditions
        self._load()

    def in_force(self, now: datetime) -> PlanInForce | str:
        """The certified plan in force, or why there is none; a plan that has just been made is taken first."""
        self._take(now)
        return self._why_none if self._in_force is None else self._in_force

    def see(self, situation: Situation) -> None:
        """Ask for a plan where one is due; this never waits for it."""
        now = situation.now
        if self._made is not None or (self._asked_at is not None and abs(now - self._asked_at) < _AGAIN):
            return
        reasons = list(reasons_to_plan(situation))
        if self._in_force is None or abs(now - self._in_force.made_at) >= _EVERY:  # a clock may be set back
            reasons.append("an hour has passed, or there is no plan")
        if situation.site.conditions != self._conditions:
            reasons.append("the conditions of the site are others")
        if not reasons:
            return
        self._asked_at = now
        self._conditions = situation.site.conditions
        inputs, loads = self.measured.inputs(self.inputs, now)
        question = PlanQuestion(
            inputs=replace(inputs, site=situation.site),
            telemetry=situation.telemetry,
            before=situation.before,
            now=now,
            metered=situation.metered,
        )
        self._made = self.executor.submit(answer_to, question)
        self.tell("plan_asked", now, "; ".join([*reasons, loads]))

    def _take(self, now: datetime) -> None:
        """Take a plan that is ready, if it is certified; else the one before it stays until it expires."""
        if self._made is None or not self._made.done() or self._asked_at is None:
            return
        made, self._made = self._made, None
        try:
            answer = made.result()
        except Exception as error:  # noqa: BLE001 - whatever a planner dies of, the plan before it stays
            self.tell("plan_failed", now, str(error) or type(error).__name__)
            if self._in_force is None:
                self._why_none = f"no plan could be made: {error}"
            return
        if not answer.certified:
            self.tell("plan_refused", now, f"it is not certified: {answer.status_because}")
            return
        self._kept = _document(answer, self._asked_at, self.inputs.provenance.sha256)
        self._in_force = _plan(self._kept)
        with suppress(OSError):  # a full disk costs a start its plan, and no cycle
            self._save()
        until = f"{self._in_force.plan_id} until {self._in_force.expires_at.isoformat()}"
        self.tell("plan_made", now, "; ".join([until, *answer.document["certificate"]["assumes"]]))

    def _save(self) -> None:
        beside = self.folder / f"plan.json.{os.getpid()}"
        with beside.open("w", encoding="utf-8") as file:
            json.dump(self._kept, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.folder / "plan.json")

    def _load(self) -> None:
        """Go on with the plan on disk, if it was made from the same files; it says itself when it ends."""
        try:
            kept = json.loads((self.folder / "plan.json").read_text(encoding="utf-8"))
            if kept["sha256"] == self.inputs.provenance.sha256:
                self._in_force = _plan(kept)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._why_none = f"the plan on disk cannot be read ({error})"


def _document(answer: PlanAnswer, made_at: datetime, sha256: str) -> dict[str, Any]:
    return {
        "plan_id": f"plan-{answer.sha256[:12]}",
        "sha256": sha256,
        "made_at": made_at.isoformat(),
        "status": answer.status,
        "because": answer.status_because,
        "expires_at": answer.expires_at.isoformat(),
        "orders": answer.orders,
    }


def _plan(kept: dict[str, Any]) -> PlanInForce:
    return PlanInForce(
        plan_id=kept["plan_id"],
        site_version=_VERSION,
        made_at=datetime.fromisoformat(kept["made_at"]),
        status=PlanStatus(kept["status"]),
        warnings=(kept["because"],),
        expires_at=datetime.fromisoformat(kept["expires_at"]),
        orders=read_orders(kept["orders"]),
    )
