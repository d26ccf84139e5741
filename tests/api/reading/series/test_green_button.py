"""Green Button files: what they say in mean kW, and what is refused in them."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from documents import run
from green_button_feed import READING_TYPE, entry, feed, flow, reading, readings, simple_feed

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series_file
from ridethrough.api.reading.tables.csv_format import Gaps
from ridethrough.domain import UnableToAccept

START = "2022-07-01T00:00-04:00"
START_S = int(datetime.fromisoformat(START).timestamp())


def written(folder: Path, text: str) -> Path:
    path = folder / "meter.xml"
    path.write_text(text, encoding="utf-8")
    return path


def kw(folder: Path, text: str) -> tuple[float, ...]:
    return read_series_file(written(folder, text), SeriesQuery(source="meter.xml")).values


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(UnableToAccept) as refused:
        read_series_file(written(folder, text), SeriesQuery(source="meter.xml"))
    lines = [str(fault) for fault in refused.value.faults]
    assert all(line.startswith("meter.xml") for line in lines)
    return [line.removeprefix("meter.xml: ") for line in lines]


def test_watt_hours_are_spread_over_the_interval(tmp_path: Path) -> None:
    assert kw(tmp_path, simple_feed([250, 500])) == (1.0, 2.0)


def test_the_power_of_ten_scales_and_may_be_left_out(tmp_path: Path) -> None:
    assert kw(tmp_path, simple_feed([250, 500], powerOfTenMultiplier=3)) == (1000.0, 2000.0)
    assert kw(tmp_path, simple_feed([250_000], powerOfTenMultiplier=-3)) == pytest.approx((1.0,))
    without = {name: value for name, value in READING_TYPE.items() if name != "powerOfTenMultiplier"}
    assert kw(tmp_path, simple_feed([250], without)) == (1.0,)


def test_watts_are_mean_power_already(tmp_path: Path) -> None:
    assert kw(tmp_path, simple_feed([250, 500], uom=38)) == (0.25, 0.5)


def test_received_energy_is_taken_from_delivered_energy(tmp_path: Path) -> None:
    delivered = flow(1, [readings(START, [250, 0, 100])], READING_TYPE)
    received = flow(2, [readings(START, [0, 250, 300])], {**READING_TYPE, "flowDirection": 19})
    assert kw(tmp_path, feed(delivered, received)) == pytest.approx((1.0, -1.0, -0.8))


def test_blocks_may_stand_in_any_order_and_without_links(tmp_path: Path) -> None:
    first, second = readings(START, [1000, 2000]), readings("2022-07-01T00:30-04:00", [3000])
    assert kw(tmp_path, feed(flow(1, [second, first], READING_TYPE))) == (4.0, 8.0, 12.0)
    kind = "".join(f"<e:{name}>{value}</e:{name}>" for name, value in READING_TYPE.items())
    bare = [
        entry(f"<e:IntervalBlock>{''.join(first)}</e:IntervalBlock>"),
        entry(f"<e:ReadingType>{kind}</e:ReadingType>"),
    ]
    assert kw(tmp_path, feed(*bare)) == (4.0, 8.0)


def test_a_year_bills_as_the_same_series_in_csv(tmp_path: Path) -> None:
    start = datetime(2022, 1, 1, 5, tzinfo=UTC)
    kwh = [900 + (index * 37) % 301 for index in range(35_040)]
    days = [readings((start + timedelta(days=day)).isoformat(), kwh[96 * day : 96 * day + 96]) for day in range(365)]
    written(tmp_path, feed(flow(1, days, {**READING_TYPE, "powerOfTenMultiplier": 3})))
    with (tmp_path / "meter.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["start", "load_kw"])
        rows.writerows(
            [(start + index * timedelta(minutes=15)).isoformat(), 4 * each] for index, each in enumerate(kwh)
        )
    bills = [
        run("bill", "dominion-gs-4", "--meter", tmp_path / name, "--timezone", "America/New_York", "--format", "json")
        for name in ("meter.xml", "meter.csv")
    ]
    assert bills[0].out == bills[1].out
    document = bills[0].document
    assert len(document["periods"]) == 12
    assert sum(period["energy_kwh"] for period in document["periods"]) == pytest.approx(sum(kwh))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"uom": 169}, "uom is '169', must be 72 (Wh) or 38 (W)"),
        ({"flowDirection": 2}, "flowDirection is '2', must be 1 (delivered), 19 (received) or 4 (net)"),
        ({"accumulationBehaviour": 3}, "accumulationBehaviour is '3', must be that of interval data"),
        ({"powerOfTenMultiplier": "x"}, "powerOfTenMultiplier is 'x', must be a whole number from -12 to 12"),
        ({"powerOfTenMultiplier": 99}, "powerOfTenMultiplier is '99', must be a whole number from -12 to 12"),
    ],
)
def test_a_reading_type_that_is_not_interval_energy_is_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    (line,) = faults(tmp_path, simple_feed([1, 2], **changes))
    assert message in line


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            [*readings(START, [1, 2]), *readings("2022-07-01T01:00-04:00", [3])],
            "IntervalReading 3, start is '2022-07-01T05:00:00+00:00 (after a gap)', must be 2022-07-01T04:30:00+00:00",
        ),
        (
            [*readings(START, [1, 2]), *readings("2022-07-01T00:15-04:00", [3])],
            "IntervalReading 3, start is '2022-07-01T04:15:00+00:00 (a duplicate)', must be 2022-07-01T04:30:00+00:00",
        ),
        (
            [reading(START_S, 900, 1), reading(START_S + 900, 1800, 1)],
            "IntervalReading 2, duration is 1800, must be 900 s, as the first",
        ),
        ([reading(START_S, 0, 1)], "IntervalReading 1, duration is 0, must be whole minutes, in seconds"),
        ([reading(START_S, 45, 1)], "IntervalReading 1, duration is 45, must be whole minutes, in seconds"),
        ([reading(-5, 900, 1)], "IntervalReading 1, start is -5, must be seconds since 1970"),
        ([reading(10**15, 900, 1)], "must be seconds since 1970"),
        ([reading(START_S, 900, "1.5")], "IntervalReading 1, value is '1.5', must be a whole number"),
        (["<e:IntervalReading/>"], "IntervalReading 1, start is None, must be a whole number"),
    ],
)
def test_a_faulty_reading_is_named_by_its_number(tmp_path: Path, block: list[str], message: str) -> None:
    lines = faults(tmp_path, feed(flow(1, [block], READING_TYPE)))
    assert any(message in line for line in lines), lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no element found"),
        ("<feed", "unclosed token"),
        ("<feed><entry></feed>", "mismatched tag"),
        ("<feed/>", "is 'no IntervalReading', must be a Green Button feed of interval readings"),
        (
            '<!DOCTYPE feed [<!ENTITY a "aaaa">]>\n<feed>&a;</feed>',
            "is 'a DOCTYPE', must be left out: files of readings and prices need none",
        ),
        ('<!DOCTYPE feed SYSTEM "file:///etc/passwd"><feed/>', "is 'a DOCTYPE'"),
        (
            feed(flow(1, [readings(START, [1])], READING_TYPE), flow(2, [readings(START, [1])], READING_TYPE)),
            "flowDirection is '1 twice', must be one meter's series in each file",
        ),
        (
            feed(
                flow(1, [readings(START, [1])], READING_TYPE),
                flow(2, [readings(START, [1, 2])], {**READING_TYPE, "flowDirection": 19}),
            ),
            "must be the same intervals for every flow",
        ),
        (
            feed(entry(f"<e:IntervalBlock>{readings(START, [1])[0]}</e:IntervalBlock>")),
            "ReadingType is None, must be given, and linked to by the MeterReading of its blocks",
        ),
        (
            feed(
                entry("<e:MeterReading/>", related=["/block", "/nowhere"]),
                entry(f"<e:IntervalBlock>{readings(START, [1])[0]}</e:IntervalBlock>", up=["/block"]),
            ),
            "ReadingType is None",
        ),
    ],
)
def test_a_file_that_is_no_feed_is_refused(tmp_path: Path, text: str, message: str) -> None:
    lines = faults(tmp_path, text)
    assert any(message in line for line in lines), lines


def test_the_first_of_many_faults_are_listed_with_their_number(tmp_path: Path) -> None:
    lines = faults(tmp_path, simple_feed(["x"] * 50))
    assert len(lines) == 21
    assert lines[-1].startswith("readings is '50 faults'")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnableToAccept, match="must be a readable file"):
        read_series_file(tmp_path / "absent.xml", SeriesQuery(source="absent.xml"))


def point(number: int, *flows: str, service: int = 0, linked: bool = True) -> str:
    """A usage point with its series; the series' own addresses are those of usage point 1 unless replaced."""
    home = f"/espi/1_1/resource/Subscription/1/UsagePoint/{number}"
    category = f"<e:UsagePoint><e:ServiceCategory><e:kind>{service}</e:kind></e:ServiceCategory></e:UsagePoint>"
    series = "".join(flows).replace("/UsagePoint/1/", f"/UsagePoint/{number}/")
    related = [f"{home}/MeterReading"] if linked else []
    return entry(category, self=[home], related=related) + series.replace("/ReadingType/", f"/ReadingType/of-{number}-")


def test_the_meters_of_two_usage_points_are_never_netted(tmp_path: Path) -> None:
    house = flow(1, [readings(START, [5000, 6000])], READING_TYPE)
    plant = flow(1, [readings(START, [3000, 3000])], {**READING_TYPE, "flowDirection": 19})
    both = feed(point(4, house), point(5, plant))
    (line,) = faults(tmp_path, both)
    assert line == (
        "UsagePoint is '2 of them', must be one meter; write `column` (--column) with the usage point to read, "
        "one of 4, 5"
    )
    path = written(tmp_path, both)
    assert read_series_file(path, SeriesQuery(source="meter.xml", column="4")).values == (20.0, 24.0)
    assert read_series_file(path, SeriesQuery(source="meter.xml", column="5")).values == (-12.0, -12.0)
    with pytest.raises(UnableToAccept, match="one of 4, 5"):
        read_series_file(path, SeriesQuery(source="meter.xml", column="6"))


def test_usage_points_are_told_apart_by_address_where_no_entry_links_to_them(tmp_path: Path) -> None:
    first = flow(1, [readings(START, [1000])], READING_TYPE)
    second = flow(1, [readings(START, [1000])], READING_TYPE).replace("/UsagePoint/1/", "/UsagePoint/2/")
    (line,) = faults(tmp_path, feed(first, second.replace("/ReadingType/1", "/ReadingType/2")))
    assert line.startswith("UsagePoint is '2 of them'")


def test_gas_beside_electricity_is_left_out_and_said(tmp_path: Path) -> None:
    power = point(1, flow(1, [readings(START, [1000, 2000])], READING_TYPE))
    gas = point(2, flow(1, [readings(START, [7, 7], 60)], {**READING_TYPE, "uom": 169, "commodity": 7}), service=1)
    series = read_series_file(written(tmp_path, feed(gas, power)), SeriesQuery(source="meter.xml"))
    assert series.values == (4.0, 8.0)
    assert series.notes == ("1 series of another service (gas or water) are left out",)


def with_quality(text: str, quality: int) -> str:
    mark = f"<e:ReadingQuality><e:quality>{quality}</e:quality></e:ReadingQuality><e:value>"
    return text.replace("<e:value>", mark)


def test_readings_that_were_not_measured_are_counted(tmp_path: Path) -> None:
    block = readings(START, [100, 200, 300, 400, 500, 600])
    block[1], block[3], block[4] = with_quality(block[1], 9), with_quality(block[3], 10), with_quality(block[4], 17)
    series = read_series_file(written(tmp_path, feed(flow(1, [block], READING_TYPE))), SeriesQuery(source="meter.xml"))
    assert series.values == pytest.approx((0.4, 0.8, 1.2, 1.6, 2.0, 2.4))
    assert series.notes == (
        "2 of 6 readings are estimated (1) or questionable (1), the first at 2022-07-01T04:15:00+00:00",
    )


def test_the_quality_of_a_type_holds_for_readings_without_one(tmp_path: Path) -> None:
    block = readings(START, [100, 200, 300])
    block[0] = with_quality(block[0], 0)
    text = feed(flow(1, [block], {**READING_TYPE, "defaultQuality": 12}))
    series = read_series_file(written(tmp_path, text), SeriesQuery(source="meter.xml"))
    assert series.notes == ("2 of 3 readings are projected (2), the first at 2022-07-01T04:15:00+00:00",)


def test_doubtful_readings_are_said_on_the_bill(tmp_path: Path) -> None:
    block = [with_quality(each, 8) for each in readings(START, [250_000] * 96)]
    written(tmp_path, feed(flow(1, [block], READING_TYPE)))
    ran = run(
        *("bill", "dominion-gs-4", "--meter", tmp_path / "meter.xml", "--timezone", "America/New_York"),
        *("--format", "json"),
    )
    assert ran.document["warnings"][0] == (
        "meter.xml: 96 of 96 readings are estimated (96), the first at 2022-07-01T04:00:00+00:00"
    )


def test_received_energy_that_is_listed_only_where_there_is_some_counts_as_none_elsewhere(tmp_path: Path) -> None:
    delivered = flow(1, [readings(START, [250, 250, 0, 250])], READING_TYPE)
    received = flow(2, [readings("2022-07-01T00:30-04:00", [500])], {**READING_TYPE, "flowDirection": 19})
    series = read_series_file(written(tmp_path, feed(delivered, received)), SeriesQuery(source="meter.xml"))
    assert series.values == (1.0, 1.0, -2.0, 1.0)
    assert series.notes == ("flowDirection 19 lists 1 of 4 intervals: the others count as 0",)


def test_delivered_energy_may_be_missing_only_where_energy_was_received(tmp_path: Path) -> None:
    first, last = readings(START, [250]), readings("2022-07-01T00:30-04:00", [250])
    delivered = flow(1, [[*first, *last]], READING_TYPE)
    for kwh, told in (([0, 400, 0], True), ([0, 0, 0], False)):
        received = flow(2, [readings(START, kwh)], {**READING_TYPE, "flowDirection": 19})
        text = feed(delivered, received)
        if told:
            assert kw(tmp_path, text) == pytest.approx((1.0, -1.6, 1.0))
        else:
            assert "IntervalReading 2, start is '2022-07-01T04:30:00+00:00 (after a gap)'" in faults(tmp_path, text)[0]


def test_a_gap_is_filled_by_the_rule_that_is_given(tmp_path: Path) -> None:
    block = [*readings(START, [250, 500]), *readings("2022-07-01T00:45-04:00", [1000])]
    path = written(tmp_path, feed(flow(1, [block], READING_TYPE)))
    query = SeriesQuery(source="meter.xml", gaps=Gaps(fill="interpolate", at_most_minutes=15))
    series = read_series_file(path, query)
    assert series.values == pytest.approx((1.0, 2.0, 3.0, 4.0))
    assert series.notes == ("1 of 4 values filled (gaps: interpolate); the longest gap is 15 minutes",)


@pytest.mark.parametrize("encoding", ["utf-7", "shift_jis", "no-such-encoding"])
def test_an_encoding_that_the_parser_does_not_know_is_one_fault(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "meter.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + b"<feed>+ADw-</feed>")
    ran = run("bill", "dominion-gs-3", "--meter", path, "--timezone", "UTC")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert "must be" in ran.err


@pytest.mark.parametrize("digits", [19, 400, 5000])
def test_numbers_without_end_are_one_fault(tmp_path: Path, digits: int) -> None:
    path = written(tmp_path, simple_feed(["9" * digits] * 30))
    ran = run("bill", "dominion-gs-3", "--meter", path, "--timezone", "UTC")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert "must be a whole number of at most 18 digits" in ran.err
    assert len(ran.err) < 250
