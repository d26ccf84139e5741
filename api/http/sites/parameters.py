"""Parameters that routes of stored sites share."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, Field

from ridethrough.api.http.sites.storing import Now, Store
from ridethrough.tariffs.documents.printable import UNPRINTABLE

MOST_LISTED = 1000
_LARGEST_ID = 2**62


def plain_text(text: str) -> str:
    """Refuse text that a database or a screen cannot take."""
    if UNPRINTABLE.search(text):
        raise ValueError("text without control characters")
    return text


SITE_ID = r"^[A-Za-z0-9][A-Za-z0-9._~-]*$"
"""How the id of a new site is written."""
SiteId = Annotated[str, Path(description="The site's id.")]
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(plain_text)]
"""Why something is done, in plain words: it stands in the journal."""
Number = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
"""The number of an alarm or of a webhook."""
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="The most to list.")]
Before = Annotated[int | None, Query(ge=1, le=_LARGEST_ID, description="List what came before this number.")]

__all__ = ["MOST_LISTED", "SITE_ID", "Before", "Limit", "Now", "Number", "Reason", "SiteId", "Store", "plain_text"]
