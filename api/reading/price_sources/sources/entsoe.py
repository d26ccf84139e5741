"""Day-ahead prices of the ENTSO-E transparency platform. The key comes from the environment, and is in no message."""

from dataclasses import dataclass, field

from ridethrough.api.reading.price_sources.assembling import assembled
from ridethrough.api.reading.price_sources.fetching import Limits, Request, fetch
from ridethrough.api.reading.price_sources.keys import key_for
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion, UnableToFetchPrices
from ridethrough.api.reading.price_sources.sources.entsoe_document import Asked, price_document
from ridethrough.api.reading.price_sources.zones import zone_named

ADDRESS = "https://web-api.tp.entsoe.eu/api"
TOKEN_NAME = "ENTSOE_API_TOKEN"  # noqa: S105 - the name of a variable
COUPLED_AUCTION = "1"
"""The sequence of the coupled European day-ahead auction, where a zone has several auctions."""
_DAY_AHEAD = "A44"
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Entsoe:
    """The platform at `address`; `sequence` is the auction that counts."""

    address: str = ADDRESS
    sequence: str = COUPLED_AUCTION
    limits: Limits = field(default_factory=Limits)
    name: str = "entso-e"

    def fetch(self, question: PriceQuestion) -> FetchedPrices:
        """Ask for the day-ahead prices of a zone, see `PriceSource`."""
        token = key_for(self.name, TOKEN_NAME, self.address, question)
        if not token:
            remedy = f"set the environment variable {TOKEN_NAME} (a key is given to registered users)"
            raise UnableToFetchPrices(self.name, "there is no key", remedy=remedy)
        eic = zone_named(question.zone).eic
        query = {
            "documentType": _DAY_AHEAD,
            "in_Domain": eic,
            "out_Domain": eic,
            "periodStart": f"{question.start:%Y%m%d%H%M}",
            "periodEnd": f"{question.end:%Y%m%d%H%M}",
            "securityToken": token,
        }
        request = Request(
            source=self.name,
            url=self.address,
            query=query,
            now=question.now,
            secrets=(token,),
            limits=self.limits,
            address_of=question.address_of,
        )
        answer = fetch(request, also=(_BAD_REQUEST,))
        asked = Asked(source=self.name, question=question, eic=eic, sequence=self.sequence)
        document = price_document(answer.content.replace(token.encode(), b"***"), asked)
        return assembled(self.name, document.quotes, question, notes=document.notes)
