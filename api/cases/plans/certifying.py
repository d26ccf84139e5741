"""From a site's inputs, any plan and a state to a certificate."""

from datetime import datetime

from ridethrough.api.cases.plans.day_problem import check_state
from ridethrough.api.cases.plans.evidence import evidence_of
from ridethrough.api.cases.plans.planning import ends_before
from ridethrough.api.cases.plans.planning_ahead import plan_from_past
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import SiteState, UnableToAccept
from ridethrough.domain.certificate import Certificate
from ridethrough.optimizer import certify
from ridethrough.optimizer.certificate.evidence import Evidence
from ridethrough.optimizer.certificate.stated import StatedPlan

_TIME_LIMIT_S = 30.0


def certificate_of(
    inputs: SiteInputs,
    plan: StatedPlan,
    *,
    now: datetime,
    known_at: datetime | None = None,
    state: SiteState | None = None,
    state_source: str = "state",
) -> Certificate:
    """Certify any plan by what is known of its site.

    Where the site's loads end before the plan, they are forecast as for a plan; with `known_at` they are forecast from
    what was known then, whatever the series say of later.

    Raises `UnableToAccept` if the state does not fit the site.
    """
    if state is not None:
        check_state(inputs, plan.horizon, state, state_source)
    evidence = None
    if known_at is not None or ends_before(inputs, plan.horizon):
        evidence = _forecast_evidence(inputs, plan, known_at or plan.horizon.start, state, state_source)
    return certify(evidence or evidence_of(inputs, state), plan, issued_at=now)


def _forecast_evidence(
    inputs: SiteInputs, plan: StatedPlan, known_at: datetime, state: SiteState | None, state_source: str
) -> Evidence | None:
    """The loads that a plan of this time would be made for; None where too little is known to forecast them."""
    try:
        made = plan_from_past(
            inputs, plan.horizon, now=known_at, state=state, state_source=state_source, time_limit_s=_TIME_LIMIT_S
        )
    except UnableToAccept:
        return None
    return made.evidence
