"""Values that are kept while they are in use."""

from collections.abc import Iterator
from itertools import count

from ridethrough.api.cases.sites.recent import Recent


def made(numbers: Iterator[int], kept: Recent[int], *asked: tuple[str, str | None]) -> list[int]:
    return [kept.get(key, lambda: next(numbers), of=of) for key, of in asked]


def test_a_value_is_made_once_while_it_is_among_the_last() -> None:
    kept, numbers = Recent[int](2), count()
    assert made(numbers, kept, ("a", None), ("b", None), ("a", None), ("c", None), ("a", None), ("b", None)) == [
        0, 1, 0, 2, 0, 3,
    ]  # fmt: skip


def test_of_each_subject_the_last_value_is_kept_alone() -> None:
    kept, numbers = Recent[int](2), count()
    asked = [("plan-1", "pod"), ("plan-1", "pod"), ("plan-2", "pod"), ("plan-9", "hall"), ("plan-2", "pod")]
    assert made(numbers, kept, *asked, ("plan-1", "pod")) == [0, 0, 1, 2, 1, 3]
