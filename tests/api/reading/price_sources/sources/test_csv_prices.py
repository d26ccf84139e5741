from datetime import timedelta

from price_servers import Scripted, question, serving

from ridethrough.api.reading.price_sources.sources.csv_prices import CsvPrices

PLAIN = "start,price_per_mwh\n" + "".join(f"2026-07-01T{hour:02}:00Z,{10 * hour}\n" for hour in range(24))


def test_a_file_of_prices_is_read_in_the_unit_of_its_column() -> None:
    with serving(Scripted(content=PLAIN.encode(), kind="text/csv")) as server:
        prices = CsvPrices(url=f"{server.address}/prices.csv").fetch(question("2026-07-01T00:00Z", "2026-07-02T00:00Z"))
    (stretch,) = prices.stretches
    assert (stretch.step, len(stretch.price_per_kwh)) == (timedelta(hours=1), 24)
    assert stretch.price_per_kwh[7] == 0.07
    assert prices.is_complete


def test_the_address_says_what_is_asked_for() -> None:
    with serving(Scripted(content=PLAIN.encode(), kind="text/csv")) as server:
        url = f"{server.address}/{{zone}}.csv?from={{from}}&until={{until}}"
        CsvPrices(url=url).fetch(question("2026-07-01T00:00Z", "2026-07-02T00:00Z", zone="A/B"))
    assert server.asked == ["/A%2FB.csv?from=2026-07-01T00%3A00Z&until=2026-07-02T00%3A00Z"]


def test_a_file_that_is_not_there_yet_has_no_prices_and_is_no_error() -> None:
    with serving(Scripted(status=404)) as server:
        prices = CsvPrices(url=server.address).fetch(question("2026-07-01T00:00Z", "2026-07-02T00:00Z"))
    assert (prices.stretches, prices.is_complete) == ((), False)
