from datetime import timedelta

import pytest
from stored_sites import DAY, SITE, Client, Clock, day_of, keeping_service, stored_document

from ridethrough.store.database import Database

LOAD = f"{SITE}/series/load"
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def client(sqlite_database: Database, clock: Clock) -> Client:
    service = keeping_service(sqlite_database, clock)
    service.put(SITE, json=stored_document())
    return service


def test_values_come_back_as_they_were_sent_under_either_name(client: Client) -> None:
    sent = client.post(LOAD, json={**day_of(0), "values": [4000 + 0.1 * hour for hour in range(24)]})
    assert sent.status_code == 200
    (taken,) = sent.json()["taken"]
    assert (taken["series"], taken["new"], taken["replaced"], taken["unchanged"]) == ("load", 24, 0, 0)
    for name in ("load", "load.csv"):
        found = client.get(f"{SITE}/series/{name}").json()
        assert found["unit"] == "kW"
        (stretch,) = found["stretches"]
        assert stretch == {
            "start": DAY.isoformat(),
            "interval_minutes": 60,
            "values": [4000 + 0.1 * hour for hour in range(24)],
        }


def test_a_file_is_read_by_the_words_of_the_site_and_in_its_units(client: Client) -> None:
    form = {"delimiter": ";", "decimal": ",", "unit": "MW"}
    client.put(SITE, json=stored_document(**{"ups.0.load": {"csv": "load.csv", "csv_format": form}}))
    text = "Zeit;Wert\n" + "".join(f"2026-07-15 {hour:02}:00;4,{hour}\n" for hour in range(4))
    taken = client.post(LOAD, content=text, headers=CSV)
    assert taken.status_code == 200, taken.json()
    assert taken.json()["taken"][0]["start"] == "2026-07-15T00:00:00-04:00"
    (stretch,) = client.get(LOAD).json()["stretches"]
    assert stretch["values"] == pytest.approx([4000, 4100, 4200, 4300])
    assert stretch["start"] == DAY.isoformat()


def test_prices_are_kept_per_kwh(client: Client) -> None:
    text = "start,price_per_mwh\n2026-07-15T00:00-04:00,80\n2026-07-15T01:00-04:00,-20\n"
    client.post(f"{SITE}/series/prices", content=text, headers=CSV)
    found = client.get(f"{SITE}/series/prices").json()
    assert (found["unit"], found["stretches"][0]["values"]) == ("per kWh", pytest.approx([0.08, -0.02]))


def test_what_is_answered_as_csv_can_be_sent_again(client: Client) -> None:
    client.post(LOAD, json=day_of(4321.5))
    text = client.get(LOAD, headers={"Accept": "text/csv"}).text
    assert text.splitlines()[:2] == ["start,load_kw", f"{DAY.isoformat()},4321.5"]
    (taken,) = client.post(LOAD, content=text, headers=CSV).json()["taken"]
    assert (taken["new"], taken["replaced"], taken["unchanged"]) == (0, 0, 24)


def test_all_faults_of_a_file_are_listed_and_nothing_of_it_is_kept(client: Client) -> None:
    text = (
        "start,load_kw\n2026-07-15T00:00-04:00,4000\n2026-07-15T01:00-04:00,much\nwhen,4000\n"
        "2026-07-15T03:00-04:00,4000\n2026-07-15T04:00-04:00,4000\n"
    )
    refused = client.post(LOAD, content=text, headers=CSV)
    assert refused.status_code == 422
    fields = [each["field"] for each in refused.json()["errors"]]
    assert any("row 3" in field for field in fields)
    assert any("row 4" in field for field in fields)
    assert client.get(LOAD).json()["readings"] == 0


def test_a_load_that_cannot_be_is_refused_with_its_time(client: Client) -> None:
    refused = client.post(LOAD, json={**day_of(4000), "values": [4000, 90_000, 4000]})
    assert refused.status_code == 422
    (fault,) = refused.json()["errors"]
    assert (fault["field"], fault["source"]) == ("ups.pod-1.load", "series load")
    assert fault["value"] == "90000 kW at 2026-07-15T05:00:00+00:00"


def test_overlapping_values_replace_and_older_moments_keep_theirs(client: Client, clock: Clock) -> None:
    first = client.post(LOAD, json=day_of(4000)).json()["recorded_at"]
    clock.pass_by(timedelta(hours=1))
    newer = client.post(LOAD, json=day_of(4100, start=DAY + timedelta(hours=20)))
    (taken,) = newer.json()["taken"]
    assert (taken["new"], taken["replaced"]) == (20, 4)
    late = {"from": (DAY + timedelta(hours=19)).isoformat(), "to": (DAY + timedelta(hours=21)).isoformat()}
    assert client.get(LOAD, params=late).json()["stretches"][0]["values"] == [4000, 4100]
    then = client.get(LOAD, params={**late, "known_at": first}).json()
    assert (then["stretches"][0]["values"], then["known_at"]) == ([4000, 4000], first)


def test_a_gap_cuts_the_answer_in_two(client: Client) -> None:
    client.post(LOAD, json=day_of(4000, hours=2))
    client.post(LOAD, json=day_of(4000, start=DAY + timedelta(hours=5), hours=3))
    stretches = client.get(LOAD).json()["stretches"]
    assert [len(each["values"]) for each in stretches] == [2, 3]


def test_holes_that_the_site_fills_are_kept_as_holes(client: Client) -> None:
    load = {"csv": "load.csv", "gaps": {"fill": "hold", "at_most_minutes": 120}}
    client.put(SITE, json=stored_document(**{"ups.0.load": load}))
    hours = (0, 1, 3, 4)
    text = "start,load_kw\n" + "".join(f"2026-07-15T0{hour}:00-04:00,{4000 + hour}\n" for hour in hours)
    (taken,) = client.post(LOAD, content=text, headers=CSV).json()["taken"]
    assert (taken["values"], taken["new"], taken["missing"]) == (4, 4, 1)
    assert [each["values"] for each in client.get(LOAD).json()["stretches"]] == [[4000, 4001], [4003, 4004]]


def test_another_step_is_refused_until_the_series_begins_anew(client: Client) -> None:
    client.post(LOAD, json=day_of(4000))
    quarter = {**day_of(4000, hours=8), "interval_minutes": 15}
    refused = client.post(LOAD, json=quarter)
    assert refused.status_code == 422
    assert "60 minutes" in refused.json()["errors"][0]["allowed"]
    assert client.delete(LOAD).status_code == 204
    assert client.post(LOAD, json=quarter).status_code == 200


def test_prices_may_change_from_hours_to_quarters(client: Client) -> None:
    prices = f"{SITE}/series/prices"
    client.post(prices, json=day_of(0.1))
    later = {**day_of(0.2, start=DAY + timedelta(hours=23), hours=4), "interval_minutes": 15}
    assert client.post(prices, json=later).status_code == 200
    found = client.get(prices).json()["stretches"]
    assert sum(len(each["values"]) * each["interval_minutes"] for each in found) == 24 * 60


def test_a_file_of_many_columns_is_a_series_for_each_that_the_site_names(client: Client) -> None:
    document = stored_document(
        **{
            "ups.0.load": {"csv": "meters.csv", "column": "hall_kw"},
            "unprotected_load": {"csv": "meters.csv", "column": "chiller_kw"},
        }
    )
    client.put(SITE, json=document)
    text = "start,hall_kw,chiller_kw\n2026-07-15T00:00-04:00,4000,300\n2026-07-15T01:00-04:00,4100,310\n"
    taken = client.post(f"{SITE}/series/meters.csv", content=text, headers=CSV).json()["taken"]
    assert [each["series"] for each in taken] == ["meters#hall_kw", "meters#chiller_kw"]
    found = client.get(f"{SITE}/series/meters", params={"column": "chiller_kw"}).json()
    assert found["stretches"][0]["values"] == [300, 310]
    client.post(f"{SITE}/series/prices", json=day_of(0.1))
    assert client.put(SITE, json=document).json()["ready"] is True


def test_a_gap_is_no_fault_of_the_document_but_the_site_is_not_ready(client: Client) -> None:
    client.post(f"{SITE}/series/prices", json=day_of(0.1))
    client.post(LOAD, json=day_of(4000, hours=2))
    client.post(LOAD, json=day_of(4000, start=DAY + timedelta(hours=5), hours=3))
    written = client.put(SITE, json=stored_document(name="changed"))
    assert (written.status_code, written.json()["ready"], written.json()["missing"]) == (200, False, [])
    (fault,) = written.json()["faults"]
    assert "after a gap" in fault
    assert client.get(f"{SITE}/series").json()["faults"] == [fault]
    filled = client.put(SITE, json=stored_document(gaps={"fill": "hold", "at_most_minutes": 180}))
    assert (filled.json()["ready"], filled.json()["faults"]) == (True, [])


def test_the_list_names_series_that_are_there_and_those_that_are_missing(client: Client) -> None:
    client.post(LOAD, json=day_of(4000))
    answer = client.get(f"{SITE}/series").json()
    assert [(each["series"], each["readings"]) for each in answer["series"]] == [("load", 24)]
    assert [each["series"] for each in answer["missing"]] == ["prices"]


@pytest.mark.parametrize(
    ("query", "field"),
    [({"from": "yesterday"}, "from"), ({"to": "2026-07-15T00:00"}, "to"), ({"known_at": "5"}, "known_at")],
)
def test_a_time_that_is_none_is_refused(client: Client, query: dict[str, str], field: str) -> None:
    refused = client.get(LOAD, params=query)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def test_a_column_that_no_database_can_hold_is_refused_on_both(database: Database) -> None:
    service = keeping_service(database)
    service.put(SITE, json=stored_document())
    assert service.get(LOAD, params={"column": "a\x00"}).status_code == 422
    assert service.post(LOAD, json=day_of(4000), params={"column": "a\x00"}).status_code == 422


def test_series_of_no_site_and_of_another_content_type_are_refused(client: Client) -> None:
    assert client.post("/v1/sites/none/series/load", json=day_of(1)).status_code == 404
    assert client.get("/v1/sites/none/series/load").status_code == 404
    assert client.delete("/v1/sites/none/series/load").status_code == 404
    assert client.post(LOAD, content=b"x", headers={"Content-Type": "image/png"}).status_code == 415


@pytest.mark.parametrize("minutes", [7, 1441, 0])
def test_a_step_that_does_not_divide_the_day_is_refused(client: Client, minutes: int) -> None:
    assert client.post(LOAD, json={**day_of(4000), "interval_minutes": minutes}).status_code == 422
