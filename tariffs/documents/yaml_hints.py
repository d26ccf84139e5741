"""The line of a YAML document that a person must correct, and what to write there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ridethrough.domain.validation import Fault
from ridethrough.tariffs.documents.printable import printable

_LONGEST_SHOWN = 60
_KEY = r"""(?:[\w.-]+|"[^"]*"|'[^']*')"""
_NO_SPACE = re.compile(rf"(?P<start>\s*(?:- +)?)(?P<key>{_KEY}):(?P<rest>[^\s:/].*)")
_NO_SPACE_AFTER_DASH = re.compile(rf"(?P<start>\s*)-(?P<rest>{_KEY}: .*)")
_COLON_IN_TEXT = re.compile(rf"(?P<start>\s*(?:- +)?{_KEY}: +)(?P<text>[^\s\"'{{\[|>&*!#].*:(?: .*)?)")
_RESERVED_START = re.compile(rf"(?P<start>\s*(?:- +)?{_KEY}: +|\s*- +)(?P<text>[@`%].*)")
_KEY_ONLY = re.compile(rf"\s*(?:- +)?{_KEY}:\s*(?:#.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A reader's problem in its own words: where it is, and where what it was reading began (lines from 0)."""

    says: str
    context: str
    line: int | None
    began: int | None


def yaml_fault(text: str, problem: Problem, source: str) -> Fault:
    """The fault of text that is not YAML: its line, and where the mistake is a usual one, the line as it should be."""
    if problem.line is None:
        return Fault(field="", source=source, value=problem.says, allowed="a YAML document")
    lines = text.splitlines()
    began = problem.line if problem.began is None else problem.began
    near = [
        number
        for number in dict.fromkeys((problem.line, began, _line_before(lines, problem.line)))
        if 0 <= number < len(lines)
    ]
    for hint_in in (_hint, _indent_hint):
        for number in near:
            hint = hint_in(lines, number)
            if hint is not None:
                return _fault(lines, number, source, hint)
    left_open = _left_open(problem)
    if left_open is not None:
        return _fault(lines, began, source, left_open)
    return Fault(field=f"line {problem.line + 1}", source=source, value=problem.says, allowed="a YAML document")


def _fault(lines: Sequence[str], number: int, source: str, hint: str) -> Fault:
    return Fault(field=f"line {number + 1}", source=source, value=_shown(lines[number]), allowed=f"YAML: {hint}")


def _hint(lines: Sequence[str], number: int) -> str | None:
    """What to write in a line that has a usual mistake; None where it has none of them."""
    line = lines[number]
    if "\t" in line:
        return "spaces in place of the tabulator"
    if found := _NO_SPACE_AFTER_DASH.fullmatch(line):
        return f"a space after the dash: `- {_shown(found['rest'])}`"
    if found := _COLON_IN_TEXT.fullmatch(line):
        return f'text with a colon in quotation marks: `{found["start"].strip()} "{_shown(found["text"])}"`'
    if found := _NO_SPACE.fullmatch(line):
        return f"a space after the colon: `{found['key']}: {_shown(found['rest'])}`"
    if found := _RESERVED_START.fullmatch(line):
        return f'text that starts with {found["text"][0]} in quotation marks: "{_shown(found["text"])}"'
    return None


def _indent_hint(lines: Sequence[str], number: int) -> str | None:
    """What to write in a line that is indented below a value; None where it is not."""
    before = _line_before(lines, number)
    if before < 0 or _KEY_ONLY.fullmatch(lines[before]) or _indent(lines[number]) <= _indent(lines[before]):
        return None
    return f"as many spaces before it as before line {before + 1}"


def _left_open(problem: Problem) -> str | None:
    """What is not closed in the line where it began."""
    if "quoted scalar" in problem.context:
        return "a quotation mark at the end of the text too"
    if "flow" in problem.context:
        return "a closing } or ], and a comma between two entries" if "but got" in problem.says else "a closing } or ]"
    return None


def _line_before(lines: Sequence[str], number: int) -> int:
    """The index of the last line before one that holds anything but a remark; -1 where there is none."""
    for index in range(min(number, len(lines)) - 1, -1, -1):
        if lines[index].strip() and not lines[index].lstrip().startswith("#"):
            return index
    return -1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _shown(text: str) -> str:
    text = printable(text.strip())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
