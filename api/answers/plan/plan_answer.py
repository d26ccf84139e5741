"""Plans, reserves and certificates as answers."""

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.plan.certificate_view import certificate_view
from ridethrough.api.answers.plan.plan_json import (
    certificate_document,
    certificate_row,
    plan_document,
    plan_rows,
    reserve_document,
)
from ridethrough.api.answers.plan.plan_page import plan_page
from ridethrough.api.answers.plan.plan_view import plan_view
from ridethrough.api.answers.plan.reserve_view import reserve_view
from ridethrough.api.cases.plans.planning import PlannedDay
from ridethrough.domain import ReserveRequirement
from ridethrough.domain.certificate import Certificate


def plan_answer(planned: PlannedDay) -> Answer:
    """A plan: its picture is a page with the day's powers and stored energy."""
    return Answer(
        document=lambda: plan_document(planned),
        rows=lambda: plan_rows(planned.plan),
        view=lambda: plan_view(planned),
        picture=lambda: plan_page(planned),
        times=("start",),
    )


def reserve_answer(requirements: tuple[ReserveRequirement, ...]) -> Answer:
    """The reserve of each UPS system."""
    return Answer(
        document=lambda: reserve_document(requirements),
        rows=lambda: reserve_document(requirements)["ups"],
        view=lambda: reserve_view(requirements),
    )


def certificate_answer(certificate: Certificate) -> Answer:
    """The result of the replay of outages."""
    return Answer(
        document=lambda: certificate_document(certificate),
        rows=lambda: [certificate_row(certificate)],
        view=lambda: certificate_view(certificate),
    )
