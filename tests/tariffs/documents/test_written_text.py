"""YAML and JSON as a person means them: figures are figures, repetition has a measure, and nesting an end."""

import json
import resource
import subprocess
import sys
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.documents.written_text import (
    MOST_REPEATED_NODES,
    json_document,
    parse_json,
    yaml_document,
    yaml_text,
)
from ridethrough.tariffs.native import tariff_from_yaml

LOOKS_LIKE_A_NUMBER = st.from_regex(r"[-+]?[0-9._:eExXabfo]{1,7}", fullmatch=True)
WORDS = st.sampled_from(["no", "yes", "on", "off", "null", "~", "", "true", "1e5", "0o17", "2026-01-01", ".inf", "<<"])
PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**9), 10**9),
        st.floats(allow_nan=False, allow_infinity=False),
        LOOKS_LIKE_A_NUMBER,
        WORDS,
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=8),
    ),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(WORDS | st.text("abc", min_size=1), children),
    max_leaves=6,
)


def refusal(text: str) -> str:
    with pytest.raises(UnableToAccept) as refused:
        yaml_document(text, "a.yaml")
    (fault,) = refused.value.faults
    assert fault.source == "a.yaml"
    return str(fault)


def layers(depth: int, width: int, *, merged: bool) -> str:
    """A document in which each line repeats the one above it `width` times."""
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, depth):
        above = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} " + (f"{{<<: [{above}], k{level}: 1}}" if merged else f"[{above}]"))
    return "\n".join(lines)


@given(PLAIN)
def test_what_is_written_is_read_back_as_it_was(value: object) -> None:
    assert yaml_document(yaml_text({"value": value}), "") == {"value": value}


@given(LOOKS_LIKE_A_NUMBER | WORDS)
def test_text_is_text_to_readers_of_older_yaml_too(text: str) -> None:
    assert yaml.safe_load(yaml_text({"value": text})) == {"value": text}


@pytest.mark.parametrize("written", ["010", "0x1F", "0b11", "0o17", "1_000", "12:30", "1:30:00", "+.5e", "no", "off"])
def test_what_only_older_yaml_takes_for_a_figure_is_text(written: str) -> None:
    assert yaml_document(f"a: {written}", "") == {"a": written}


@pytest.mark.parametrize(
    ("written", "value"), [("10", 10), ("-0.5", -0.5), ("1e3", 1000.0), ("1.5e-3", 0.0015), (".5", 0.5), ("0", 0)]
)
def test_figures_are_what_a_person_takes_them_for(written: str, value: float) -> None:
    assert yaml_document(f"a: {written}", "") == {"a": value}


@pytest.mark.parametrize("written", ["010", "0x1F", "1_000", "12:30", '"10"', "true", ".nan", ".inf"])
def test_an_amount_of_a_tariff_that_is_no_plain_figure_is_refused(written: str) -> None:
    with pytest.raises(UnableToAccept) as refused:
        tariff_from_yaml(f"name: t\nfixed: [{{name: service, amount: {written}}}]", "t.yaml")
    (fault,) = refused.value.faults
    assert (fault.source, fault.field) == ("t.yaml", "fixed.service.amount")
    assert fault.allowed in {"a number", "a finite number"}


@pytest.mark.parametrize("merged", [False, True])
def test_aliases_that_repeat_without_measure_are_refused_at_once(*, merged: bool) -> None:
    began_s = time.process_time()

    said = refusal(layers(12, 9, merged=merged))

    assert f"aliases repeat more than {MOST_REPEATED_NODES:,} values" in said
    assert time.process_time() - began_s < 1


def test_long_text_that_aliases_repeat_counts_by_its_length() -> None:
    """A hundred thousand characters, a thousand times: a hundred megabytes once it is written out."""
    said = refusal(f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]")
    assert f"aliases repeat more than {MOST_REPEATED_NODES:,} values" in said


@pytest.mark.parametrize("merged", [False, True])
def test_the_most_that_aliases_may_repeat_is_small_once_it_is_written_out(*, merged: bool) -> None:
    read = "from ridethrough.tariffs.documents.written_text import yaml_document"
    script = f"import json; {read}; json.dumps(yaml_document({layers(5, 9, merged=merged)!r}, ''))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        timeout=30,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000)),
    )
    assert done.returncode == 0, done.stderr[-300:]


def test_a_few_aliases_and_merges_are_what_yaml_has_them_for() -> None:
    text = "unit: &unit {kw: 10, kwh: 5}\npods: [*unit, {<<: *unit, kw: 20}]"
    assert yaml_document(text, "")["pods"] == [{"kw": 10, "kwh": 5}, {"kw": 20, "kwh": 5}]


@pytest.mark.parametrize("text", ["a: &a [*a]", "&a {b: *a}", "a: &a {b: &b [*a], c: *b}"])
def test_a_document_that_holds_itself_is_refused(text: str) -> None:
    assert "an alias refers to a value that contains it" in refusal(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 20_000, "a: " + "[" * 3000 + "]" * 3000])
def test_yaml_that_is_nested_without_end_is_refused(text: str) -> None:
    assert refusal(text)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 5000 + "]" * 5000])
def test_json_that_is_nested_without_end_is_refused(text: str) -> None:
    with pytest.raises(UnableToAccept):
        json_document(text, "a.json")
    with pytest.raises(json.JSONDecodeError):
        parse_json(text)
