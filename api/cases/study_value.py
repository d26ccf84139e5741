"""The value of a study's saving, and the sources of its inputs."""

from collections.abc import Iterator
from dataclasses import replace

from ridethrough.api.cases.plausibility import doubts_on, price_doubts
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.finance.study.study import Study
from ridethrough.finance.study.valuation import Venture, with_range, with_value
from ridethrough.tariffs.tariff import Tariff

_MOST_DOUBTS = 10


def valued(study: Study, inputs: SiteInputs, venture: Venture | None, project_source: str) -> Study:
    """The study with its sources, its range, and the cash flow of a project if one is given.

    Raises `UnableToAccept` for a project that cannot be worked out.
    """
    doubtful = (
        *(each.said(inputs.site.timezone) for each in price_doubts(inputs) if each.touches(study.horizon)),
        *doubts_on(inputs, study.horizon),
    )
    listed = doubtful[:_MOST_DOUBTS]
    if len(doubtful) > _MOST_DOUBTS:
        listed = (*listed, f"{len(doubtful) - _MOST_DOUBTS} more doubtful readings: `ridethrough check` lists them")
    studied = replace(study, sources=dict(_sources(inputs, project_source)), warnings=(*study.warnings, *listed))
    return with_range(studied) if venture is None else with_value(studied, venture)


def _sources(inputs: SiteInputs, project_source: str) -> Iterator[tuple[str, str]]:
    """The sources of the study, by name."""
    if inputs.tariff is not None:
        yield "tariff", _tariff_source(inputs.tariff)
    site_file, *series = inputs.provenance.given
    yield "site", f"{site_file} (inputs' SHA-256 {inputs.provenance.sha256})"
    if series:
        yield "loads and prices", ", ".join(series)
    if project_source:
        yield "project", project_source


def _tariff_source(tariff: Tariff) -> str:
    """The tariff's name, dates and source."""
    since, until = tariff.effective_from, tariff.effective_until
    dates = f"in effect from {since}" if since else "no date given"
    return ", ".join(
        part for part in (tariff.name, dates + (f" until {until}" if until else ""), tariff.source) if part
    )
