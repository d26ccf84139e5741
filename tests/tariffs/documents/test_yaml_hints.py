"""Text that is not YAML is refused with the line to correct, and what to write there."""

import pytest

from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.documents.written_text import yaml_document

SITE = """\
id: pod
# the meter
interconnection:
  import_limit_kw: 6500
ups:
  - id: pod-1
    units: 5
    load: {constant_kw: 4300}
"""
CASES = [
    ("    units: 5", "\tunits: 5", 7, "spaces in place of the tabulator"),
    ("id: pod\n", "id:\tpod\n", 1, "spaces in place of the tabulator"),
    ("units: 5", "units:5", 7, "a space after the colon: `units: 5`"),
    ("id: pod\n", "id:pod\n", 1, "a space after the colon: `id: pod`"),
    ("- id: pod-1", "-id: pod-1", 6, "a space after the dash: `- id: pod-1`"),
    ("id: pod\n", "name: Hall: one\n", 1, 'text with a colon in quotation marks: `name: "Hall: one"`'),
    ("id: pod-1", "id: pod: 1", 6, 'text with a colon in quotation marks: `- id: "pod: 1"`'),
    ("id: pod\n", "id: @pod\n", 1, 'text that starts with @ in quotation marks: "@pod"'),
    ("id: pod\n", "id: %pod\n", 1, 'text that starts with % in quotation marks: "%pod"'),
    (
        "  import_limit_kw: 6500",
        "  import_limit_kw: 6500\n   export_limit_kw: 0",
        5,
        "spaces before it as before line 4",
    ),
    ("id: pod\n", 'id: "pod\n', 1, "a quotation mark at the end of the text too"),
    ("4300}", "4300", 8, "a closing } or ]"),
]


def refused(text: str) -> tuple[str, str]:
    with pytest.raises(UnableToAccept) as error:
        yaml_document(text, source="site.yaml")
    (fault,) = error.value.faults
    return f"{fault.field} is {fault.value!r}", fault.allowed


def test_the_site_is_yaml() -> None:
    assert yaml_document(SITE, source="site.yaml")["ups"][0]["units"] == 5


@pytest.mark.parametrize(("right", "wrong", "line", "hint"), CASES, ids=[case[3][:30] for case in CASES])
def test_a_usual_mistake_is_named_with_its_line_and_what_to_write(right: str, wrong: str, line: int, hint: str) -> None:
    text = SITE.replace(right, wrong, 1)
    for ending in ("\n", "\r\n"):
        place, allowed = refused(text.replace("\n", ending))
        assert place == f"line {line} is {text.splitlines()[line - 1].strip()!r}"
        assert allowed.startswith("YAML: ")
        assert hint in allowed


def test_another_mistake_has_its_line_and_the_readers_words() -> None:
    assert refused("a: 1\na: 2\n") == ("line 2 is \"the key 'a' is given twice\"", "a YAML document")
    assert refused("a: *b\n") == ("line 1 is \"found undefined alias 'b'\"", "a YAML document")


def test_what_a_line_quotes_is_printable_and_short() -> None:
    place, allowed = refused("name: a\u202e: " + "x" * 500 + "\n")
    assert "\u202e" not in place + allowed
    assert len(place + allowed) < 300
