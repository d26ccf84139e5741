"""What a forger has in hand: a certified plan, what it is judged by, and a place in it.

No certificate comes along with a plan, so that no hash gives a forgery away.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ridethrough.domain import ReserveCondition, SiteState, UpsSystem
from ridethrough.domain.conditions import ConditionKind
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.certificate.evidence import Evidence
from ridethrough.optimizer.certificate.stated import StatedPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """A plan to refuse, what it is judged by, and words that one of the reasons must hold."""

    plan: StatedPlan
    evidence: Evidence
    reason: str

    def refused_for(self) -> tuple[str, ...]:
        """The reasons the certificate gives; none where it certifies the forgery."""
        found = certify(self.evidence, self.plan)
        lost = (f"{found.failures} outages lose the load",) if found.failures else ()
        return () if found.certified else (*lost, *found.violations, *found.not_checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a forger sets to work: one system and one interval of a certified plan."""

    plan: StatedPlan
    evidence: Evidence
    system: int = 0
    interval: int = 0
    size: float = 0.1

    @property
    def trajectory(self) -> UpsTrajectory:
        return self.plan.ups[self.system]

    @property
    def ups(self) -> UpsSystem:
        return self.evidence.site.ups_system(self.trajectory.ups_id)

    def changed(self, reason: str, **fields: tuple[float, ...]) -> Forgery:
        """The plan with other values of one system."""
        trajectory = replace(self.trajectory, **fields)
        ups = tuple(trajectory if each is self.trajectory else each for each in self.plan.ups)
        return Forgery(plan=replace(self.plan, ups=ups), evidence=self.evidence, reason=reason)

    def with_one(self, reason: str, name: str, value: float, *, at: int | None = None) -> Forgery:
        """The plan with one other value of one system."""
        values = list(getattr(self.trajectory, name))
        values[self.interval if at is None else at] = value
        return self.changed(reason, **{name: tuple(values)})

    def following(self, reason: str, **powers: float) -> Forgery:
        """The plan with other powers in one interval, and stored energy and meter that follow from them."""
        fields = {name: list(getattr(self.trajectory, name)) for name in ("charge_kw", "discharge_kw")}
        for name, value in powers.items():
            fields[name][self.interval] = value
        battery, h = self.ups.battery, self.plan.horizon.interval_h
        stored = [self.trajectory.stored_kwh[0]]
        for charge, discharge in zip(fields["charge_kw"], fields["discharge_kw"], strict=True):
            gained = charge * battery.charge_efficiency - discharge / battery.discharge_efficiency
            stored.append(stored[-1] * (1 - battery.standby_loss_per_h) ** h + gained * h)
        forged = self.changed(reason, stored_kwh=tuple(stored), **{name: tuple(each) for name, each in fields.items()})
        change = sum(
            (1 if name == "charge_kw" else -1) * (value - getattr(self.trajectory, name)[self.interval])
            for name, value in powers.items()
        )
        grid = list(self.plan.grid_kw)
        grid[self.interval] += change / self.ups.rectifier_efficiency
        return replace(forged, plan=replace(forged.plan, grid_kw=tuple(grid)))

    def judged_by(self, reason: str, evidence: Evidence) -> Forgery:
        """The plan as it is, where the site or its state is another one."""
        return Forgery(plan=self.plan, evidence=evidence, reason=reason)

    def on_another_system(self, reason: str, **changes: object) -> Forgery:
        """The plan as it is, where one system of the site is another one."""
        systems = tuple(replace(ups, **changes) if ups.id == self.ups.id else ups for ups in self.evidence.site.ups)
        site = replace(self.evidence.site, ups=systems)
        return self.judged_by(reason, replace(self.evidence, site=site))

    def during(self, reason: str, interval: int, kind: ConditionKind, ride_through_s: float | None = None) -> Forgery:
        """The plan as it is, where the state brings a condition over one interval of it."""
        start = self.plan.horizon.start_of(interval)
        condition = ReserveCondition(
            start=start, end=start + self.plan.horizon.step, kind=kind, ride_through_s=ride_through_s
        )
        state = replace(self.evidence.state or SiteState(), conditions=(condition,))
        return self.judged_by(reason, replace(self.evidence, state=state))


Kind = Callable[[Place], Forgery | None]
"""Makes a forgery at a place; None where the plan has no room for it."""
