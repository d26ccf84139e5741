"""From a site's inputs, any plan and a state to a certificate."""

from datetime import datetime

from ridethrough.api.cases.evidence import evidence_of
from ridethrough.api.cases.planning import check_state
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import SiteState
from ridethrough.domain.certificate import Certificate
from ridethrough.optimizer import certify
from ridethrough.optimizer.certificate.stated import StatedPlan


def certificate_of(
    inputs: SiteInputs, plan: StatedPlan, *, now: datetime, state: SiteState | None = None, state_source: str = "state"
) -> Certificate:
    """Certify any plan by what is known of its site.

    Raises `UnableToAccept` if the state does not fit the site.
    """
    if state is not None:
        check_state(inputs, plan.horizon, state, state_source)
    return certify(evidence_of(inputs, state), plan, issued_at=now)
