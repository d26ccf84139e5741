"""An expected change of the bill in words."""

from rich.text import Text

from ridethrough.operation.ceilings.expected import ExpectedChange


def expected_change(change: ExpectedChange, currency: str) -> Text:
    """A change of the bill in words: what is saved is a change below zero."""
    saved = change.mean <= 0
    words = f"{abs(change.mean):,.0f} {currency} {'less' if saved else 'more'} on the billing period's bill"
    return Text.assemble((words, "bold green" if change.mean < 0 else "dim"), f" ({spread(change)})")


def spread(change: ExpectedChange) -> str:
    """The range of 8 of 10 futures: amounts of the mean's own sense, or each with its own where the senses differ."""
    sense = -1 if change.mean <= 0 else 1
    amounts = sorted(round(sense * each) for each in (change.p10, change.p90))
    words = [f"{each:,}" for each in amounts]
    if amounts[0] < 0:
        words = [f"{abs(each):,} {'less' if each * sense <= 0 else 'more'}" for each in amounts]
    return f"in 8 of 10 futures {' to '.join(dict.fromkeys(words))}"
