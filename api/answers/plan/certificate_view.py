"""Certificates in words for a terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from ridethrough.api.answers.terminal import ride_through_text
from ridethrough.domain.certificate import Certificate


def certificate_view(certificate: Certificate) -> RenderableType:
    """The result of the replay of outages."""
    assumed = (Text(f"  Assumes  {each}", style="dim") for each in certificate.assumes)
    return Group(Text(), Text.assemble("  Reserve  ", safety_line(certificate)), *assumed, Text())


def safety_line(certificate: Certificate) -> Text:
    """Whether the reserve is kept, and what speaks against it."""
    worst = certificate.worst
    failed = f"{worst.failed_units} unit{'' if worst.failed_units == 1 else 's'} failed"
    detail = (
        f"{ride_through_text(worst.ride_through_s, worst.required_s)} ({worst.ups_id}, {worst.start:%H:%M}, {failed})"
    )
    if certificate.certified:
        return Text.assemble(
            ("kept", "bold green"), f": {certificate.outages_replayed} outages replayed, all ridden through; {detail}"
        )
    reasons = [*certificate.violations, *(f"not checked: {each}" for each in certificate.not_checked)]
    if certificate.failures:
        lost = f"{certificate.failures} of {certificate.outages_replayed} outages lose the load too early; {detail}"
        return Text.assemble(("NOT PROVEN", "bold red"), f": {lost}", *(f"\n{each}" for each in reasons))
    carried = f"no outage of {certificate.outages_replayed} loses the load, but the plan is refused"
    return Text.assemble(("NOT CERTIFIED", "bold red"), f": {carried}:", *(f"\n{each}" for each in reasons))
