"""A bill as an answer."""

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.bill_view import COLUMNS, bill_rows, bill_view
from ridethrough.domain import Horizon
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.tariff import Tariff


def bill_answer(bill: Bill, tariff: Tariff, horizon: Horizon, source: str) -> Answer:
    """A bill of the meter series `source`, with one row for each line."""
    return Answer(
        document=bill.as_document,
        rows=lambda: bill_rows(bill),
        view=lambda: bill_view(bill, tariff, horizon, source),
        columns=COLUMNS,
        times=("period_start", "period_end"),
    )
