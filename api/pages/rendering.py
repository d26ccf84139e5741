"""Templates become pages here. Every value is escaped; one that a template forgets to get is an error."""

from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ridethrough.api.pages.assets import asset_address
from ridethrough.api.pages.frame import SECTIONS, Frame, Theme, site_address
from ridethrough.api.pages.quantities import FILTERS
from ridethrough.api.pages.site.journal_sentences import detail_in_words

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals |= {
    "asset": asset_address,
    "site_address": site_address,
    "sections": SECTIONS,
    "themes": tuple(Theme),
    "version": version("ridethrough"),
}
_ENVIRONMENT.filters |= {**FILTERS, "detail_in_words": detail_in_words}


def page(template: str, frame: Frame, **values: object) -> str:
    """The text of a page: a template of `templates/`, in its frame."""
    return _ENVIRONMENT.get_template(template).render(frame=frame, **values)


def part(template: str, **values: object) -> str:
    """The text of a part of a page, such as what a stream sends."""
    return _ENVIRONMENT.get_template(template).render(**values)
