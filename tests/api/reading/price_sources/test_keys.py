"""Keys of sources go to no host that a document names and the environment does not."""

from dataclasses import replace

import pytest
from price_servers import Scripted, question, serving

from ridethrough.api.reading.price_sources.named import PublishedPrices, SourceName
from ridethrough.api.reading.price_sources.price_source import UnableToFetchPrices

KEY = "5ecret-of-a-test"
ASKED = question("2026-07-01T00:00+02:00", "2026-07-02T00:00+02:00")
VARIABLES = {SourceName.ENTSOE: "ENTSOE_API_TOKEN", SourceName.OPENADR: "OPENADR_TOKEN"}


@pytest.mark.parametrize("source", VARIABLES)
def test_a_document_leads_no_key_to_its_own_host(source: SourceName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLES[source], KEY)
    looked_up: list[str] = []

    def address_of(url: str) -> str:
        looked_up.append(url)
        return "127.0.0.1"

    with serving(Scripted(status=503)) as server:
        url = server.address.replace("127.0.0.1", "mine.example")
        prices = PublishedPrices(source=source, zone="DE_LU", url=url).at_source()
        with pytest.raises(UnableToFetchPrices, match=r"is not sent to mine\.example") as caught:
            prices.fetch(replace(ASKED, address_of=address_of))
        assert (looked_up, server.asked) == ([], [])
        assert KEY not in str(caught.value)
        monkeypatch.setenv("RIDETHROUGH_PRICE_KEY_HOSTS", "other.example, Mine.Example")
        with pytest.raises(UnableToFetchPrices, match="the server answers 503"):
            prices.fetch(replace(ASKED, address_of=address_of))
        assert len(server.asked) == 1


def test_without_a_key_a_document_may_lead_to_any_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENADR_TOKEN", raising=False)
    with serving(Scripted(content=b"[]")) as server:
        url = server.address.replace("127.0.0.1", "mine.example")
        prices = PublishedPrices(source=SourceName.OPENADR, zone="p", url=url).at_source()
        assert not prices.fetch(replace(ASKED, address_of=lambda _: "127.0.0.1")).is_complete
