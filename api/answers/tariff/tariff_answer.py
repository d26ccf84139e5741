"""Tariffs as answers: the catalog, and one tariff."""

from collections.abc import Iterator
from typing import Any

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.tariff.catalog_view import catalog_rows, catalog_view
from ridethrough.api.answers.tariff.tariff_page import tariff_page
from ridethrough.api.answers.tariff.tariff_view import tariff_view
from ridethrough.tariffs.native import tariff_to_document
from ridethrough.tariffs.tariff import Tariff

_COLUMNS = ("field", "value")


def catalog_answer() -> Answer:
    """The tariffs of the catalog, one a row."""
    return Answer(
        document=lambda: {"tariffs": catalog_rows()}, rows=catalog_rows, view=lambda: catalog_view(catalog_rows())
    )


def tariff_answer(tariff: Tariff) -> Answer:
    """A tariff: the native document, one row a field of it, and heat maps of its prices as the picture."""
    return Answer(
        document=lambda: tariff_to_document(tariff),
        rows=lambda: list(_fields(tariff_to_document(tariff))),
        view=lambda: tariff_view(tariff),
        picture=lambda: tariff_page(tariff),
        columns=_COLUMNS,
    )


def _fields(value: object, path: str = "") -> Iterator[dict[str, Any]]:
    """Every figure and word of a document, under its dotted path."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _fields(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            named = part.get("name") if isinstance(part, dict) else None
            yield from _fields(part, f"{path}.{named or number}")
    else:
        yield {"field": path, "value": value}
