"""The sentences of a study, the same in every report."""

import math
from collections.abc import Mapping
from datetime import timedelta

from ridethrough.finance.reports.money import number, whole_money
from ridethrough.finance.study.study import Study
from ridethrough.finance.study.year import whole_periods
from ridethrough.operation.planner import Information
from ridethrough.tariffs.calendar.written import MONTHS
from ridethrough.tariffs.not_priced import NotPriced

INFORMATION: Mapping[Information, str] = {
    Information.PERFECT: "Perfect foresight: plans knew the loads that came. Nobody has that: the saving is a ceiling.",
    Information.DAY_AHEAD: "Plans knew prices as published the day before, and loads only from the site's own past.",
    Information.PERSISTENCE: "Plans knew prices as published the day before, and took loads of a day or a week before.",
}

NO_CASH_FLOW = "There is no cash flow, because the study was given no project."
NO_TORNADO = "No input was varied: there is no cash flow, or no variation was asked for."
NO_RANGE = "There is no range: the study is too short to draw years from, or no range was asked for."
_HOURS_A_DAY = 24
_ROUNDING_S = 1e-3
"""The tolerance of a replay in small steps."""
_SMALL_FRACTION = 0.01
_MOST_NAMED = 5


def headline(study: Study) -> str:
    """The answer in one sentence."""
    total = study.savings.total
    amount = whole_money(abs(total), study.currency)
    over = f"over {days(study)}"
    if study.verdict.worthwhile:
        saved = f"Trading with the UPS batteries would have saved {amount} after wear {over}"
        return f"{saved}, {share_of_bill(study)} of the bill." if study.baseline.total > 0 else f"{saved}."
    if total < 0:
        return f"Do nothing: trading with the UPS batteries would have lost {amount} after wear {over}."
    if total == 0:
        return f"Do nothing: trading with the UPS batteries would have saved nothing {over}."
    return f"Do nothing: the {amount} that trading would have saved {over} is not worth it."


def reason(study: Study) -> str:
    """The reason of the verdict, as a full sentence."""
    told = study.verdict.reason
    return f"{told[:1].upper()}{told[1:]}{'' if told.endswith('.') else '.'}"


def days(study: Study) -> str:
    """The length of the studied time.

    A part day of less than an hour, which a half-hour clock change leaves, is not mentioned.
    """
    hours = study.horizon.intervals * study.horizon.interval_h
    whole = round(hours / _HOURS_A_DAY)
    return f"{whole} day{'s' if whole != 1 else ''}" if whole else f"{hours:g} hours"


def first_and_last_day(study: Study) -> tuple[str, str]:
    """The first and the last day of the studied time, on the local clock."""
    last = study.horizon.start_of(study.horizon.intervals) - timedelta(seconds=1)
    return study.horizon.start_of(0).date().isoformat(), last.date().isoformat()


def share_of_bill(study: Study) -> str:
    """The saving as a share of the bill without trading."""
    return percent(study.savings.total / float(study.baseline.total))


def percent(fraction: float) -> str:
    """Format a fraction in percent, with more decimals if it is small.

    >>> percent(0.123), percent(0.00772)
    ('12.3 %', '0.77 %')
    """
    return f"{number(fraction * 100, 1 if abs(fraction) >= _SMALL_FRACTION or fraction == 0 else 2)} %"


def replanned(study: Study) -> str:
    """How often plans were made."""
    hours = study.replanned_every_h
    return "every hour" if hours == 1 else f"every {hours:g} hours"


def method(study: Study) -> tuple[str, str, str]:
    """How the figures came about, in three sentences."""
    return (
        (
            f"Past days were run again interval by interval: plans were made {replanned(study)}, "
            "and a control law met the load that came."
        ),
        (
            "Both bills are exact bills of the tariff, one of the meter without trading and one with it; the saving is "
            "their difference, with stored energy paid for, less wear (avoided cost, as IPMVP means it)."
        ),
        (
            "No plan was followed that outages replayed against it did not certify, and outages were replayed again "
            "against what the batteries really did."
        ),
    )


def left_out(study: Study) -> str:
    """What the tariff charges and neither bill includes, in one sentence."""
    entries = not_priced(study)
    if not entries:
        return "Every charge of the tariff is in both bills."
    named = ", ".join(entry.field for entry in entries[:_MOST_NAMED])
    more = f" and {len(entries) - _MOST_NAMED} more" if len(entries) > _MOST_NAMED else ""
    return f"Neither bill includes: {named}{more}."


def annual_note(study: Study) -> str:
    """The basis of the yearly figure."""
    if study.annual.value is None:
        return study.annual.reason
    months = {period.month for period in whole_periods(study.periods)}
    if len(months) == len(MONTHS):
        return "every month of a year was studied"
    return (
        f"{len(months)} of 12 months studied; each other month is taken to save what the nearest studied month does, "
        "so its own loads and prices are not included"
    )


def safety(study: Study) -> str:
    """Whether the reserve was kept, in two sentences."""
    record = study.safety
    plans = (
        f"All {record.plans:,} plans were certified."
        if record.certified == record.plans
        else f"{record.certified:,} of {record.plans:,} plans were certified; the others were not followed."
    )
    lost = (
        f"None of {record.outages_replayed:,} outages replayed against what the batteries really did lost its load"
        if record.outages_lost == 0
        else f"{record.outages_lost:,} of {record.outages_replayed:,} outages replayed against what the batteries "
        "really did LOST THEIR LOAD"
    )
    worst = math.floor((record.worst_ride_through_s + _ROUNDING_S) * 10) / 10  # never overstated
    seconds = f"the worst was ridden through for {worst:,.1f} s of {record.required_s:,.1f} s"
    return f"{plans} {lost}; {seconds} required."


def is_safe(study: Study) -> bool:
    """Whether no replayed outage lost its load, every ride-through was long enough, and no limit was broken."""
    record = study.safety
    held = record.worst_ride_through_s >= record.required_s - _ROUNDING_S
    return held and record.outages_lost == 0 and not record.violations


def capture(study: Study) -> str:
    """The share of perfect foresight that was saved, or the reason why it is unknown."""
    if study.capture.value is None:
        return f"Not known: {study.capture.reason}."
    return f"{percent(study.capture.value)} of what perfect foresight over whole billing periods would have saved."


def not_priced(study: Study) -> tuple[NotPriced, ...]:
    """The charges of the tariff that neither bill includes."""
    return tuple(dict.fromkeys((*study.baseline.not_priced, *study.bill.not_priced)))


def warnings(study: Study) -> tuple[str, ...]:
    """The warnings of the study and of both bills, each once."""
    return tuple(dict.fromkeys((*study.warnings, *study.baseline.warnings, *study.bill.warnings)))
