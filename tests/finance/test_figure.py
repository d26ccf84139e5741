import math

import pytest

from ridethrough.domain import UnableToAccept
from ridethrough.finance import Figure


def test_a_figure_is_a_number_or_a_reason() -> None:
    assert Figure.known(0.0).value == 0.0
    assert Figure.unknown("no table").reason == "no table"


@pytest.mark.parametrize(("value", "reason"), [(None, ""), (1.0, "and a reason"), (math.nan, ""), (math.inf, "")])
def test_a_figure_is_not_both_nor_neither_nor_infinite(value: float | None, reason: str) -> None:
    with pytest.raises(UnableToAccept):
        Figure(value=value, reason=reason)
