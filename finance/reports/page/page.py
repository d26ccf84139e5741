"""A savings study as one self-contained HTML page: it needs no network, runs no script and reads no clock."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from ridethrough.charts import chart_css
from ridethrough.finance.reports import words
from ridethrough.finance.reports.issue import Issue
from ridethrough.finance.reports.money import money
from ridethrough.finance.reports.page import tables
from ridethrough.finance.reports.page.charts import day_by_hour, report_charts
from ridethrough.finance.reports.page.day import day_to_show
from ridethrough.finance.study.study import Study

_TEMPLATES = Path(__file__).parent / "templates"


def study_page(study: Study, issue: Issue) -> str:
    """Write the study as a page: verdict, both bills, sources of the saving, safety, wear, worth, assumptions.

    Printed, on A4 or Letter, its first page stands alone: who, when, the answer, how it came about, what is left out.
    On a screen it is light or dark as the reader's system is; on paper it is light.

    The saving shown is the difference of the two printed bills.
    """
    return _template().render(
        **_head(study),
        issued=issue.text,
        **_tables(study),
        **_day(study),
        charts=report_charts(study),
        style=_style(),
    )


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string((_TEMPLATES / "study.html.jinja").read_text(encoding="utf-8"))


@cache
def _style() -> Markup:
    """Our own style sheets: those of charts, and those of the report."""
    return Markup(chart_css() + (_TEMPLATES / "study.css").read_text(encoding="utf-8"))  # noqa: S704 - our own files


def _head(study: Study) -> dict[str, object]:
    first, last = words.first_and_last_day(study)
    total = study.savings.total
    return {
        "site": study.site_name or study.site_id,
        "site_id": study.site_id,
        "tariff": study.tariff,
        "currency": study.currency,
        "span": f"{first} to {last}, {words.days(study)}",
        "tone": "good" if study.verdict.worthwhile else "bad" if total < 0 else "",
        "headline": words.headline(study),
        "reason": words.reason(study),
        "information": words.INFORMATION[study.information],
        "replanned": words.replanned(study),
        "safe": words.is_safe(study),
        "safety": words.safety(study),
        "statuses": ", ".join(
            f"{count:,} {status.replace('_', ' ')}" for status, count in sorted(study.safety.by_status.items())
        )
        or "none",
        "violations": study.safety.violations,
        "wear_taken_off": money(study.savings.wear, study.currency),
        "capture": words.capture(study),
        "method": words.method(study),
        "left_out": words.left_out(study),
        "assumptions": study.assumptions,
        "warnings": words.warnings(study),
        "no_cash_flow": words.NO_CASH_FLOW,
        "no_range": words.NO_RANGE,
    }


def _tables(study: Study) -> dict[str, object]:
    flow = study.cash_flow
    return {
        "tiles": tables.tiles(study),
        "months": tables.months(study),
        "kinds": tables.kinds(study),
        "wear": tables.wear(study),
        "wear_months": tables.wear_months(study),
        "unknown_wear": tables.unknown_wear(study),
        "marginal": tables.marginal(study),
        "worth": tables.worth(study),
        "pro_forma": None if flow is None else tables.pro_forma(flow),
        "ranges": tables.ranges(study),
        "tornado": tables.tornado(study),
        "sources": tables.sources(study),
        "not_priced": tables.left_out(study),
    }


def _day(study: Study) -> dict[str, object]:
    shown = day_to_show(study)
    if shown is None:
        return {
            "day_title": "One day",
            "day_note": "No battery discharged in the studied time: there is no day to show.",
            "hours": None,
        }
    others = len(study.ups) - 1
    which = f" Of {others + 1} UPS systems, the one that gave most is shown." if others else ""
    return {
        "day_title": f"One day: {shown.day:%A} {shown.day.day} {shown.day:%B %Y}",
        "day_note": f"{shown.reason[0].upper()}{shown.reason[1:]}. Times in {study.horizon.timezone}.{which}",
        "hours": day_by_hour(study, shown),
    }
