"""The findings of a check of a site, as an answer."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.cases.checking import Readiness, SiteCheck
from ridethrough.api.cases.site_checks import Finding, Severity

_COLUMNS = ("severity", "field", "says", "do")
_STYLES = {Severity.WRONG: "bold red", Severity.DOUBTFUL: "bold yellow", Severity.ASSUMED: "dim"}
_MARKS = {Severity.WRONG: "✗", Severity.DOUBTFUL: "?"}
_TITLES = {
    Severity.WRONG: "Wrong: mend this before the site is switched on",
    Severity.DOUBTFUL: "Doubtful: look at this, and decide",
    Severity.ASSUMED: "Assumed: compare with nameplates and data sheets",
}
_VERDICTS = {
    Readiness.READY: ("ready to be switched on", "bold green"),
    Readiness.DOUBTFUL: ("doubtful: a person must look at it", "bold yellow"),
    Readiness.WRONG: ("wrong: do not switch it on", "bold red"),
}


def check_answer(check: SiteCheck) -> Answer:
    """The findings of a check, one row for each."""
    return Answer(
        document=lambda: check_document(check),
        rows=lambda: [_row(finding) for finding in check.findings],
        view=lambda: check_view(check),
        columns=_COLUMNS,
    )


def check_document(check: SiteCheck) -> dict[str, Any]:
    """The check's JSON object (`docs/api.md` lists its fields)."""
    return {
        "source": check.source,
        "site": check.name or None,
        "verdict": check.verdict.value,
        "counts": {severity.value: len(check.of(severity)) for severity in Severity},
        "findings": [_row(finding) for finding in check.findings],
    }


def _row(finding: Finding) -> dict[str, Any]:
    return {"severity": finding.severity.value, "field": finding.field, "says": finding.says, "do": finding.do}


def check_view(check: SiteCheck) -> RenderableType:
    """The verdict, then each finding with what to do about it; lines fit 80 columns."""
    verdict, style = _VERDICTS[check.verdict]
    counts = ", ".join(f"{len(check.of(severity))} {severity.value}" for severity in Severity)
    title = Text.assemble((check.name or check.source, "bold"), f"  {check.source}" if check.name else "")
    head = (Text(), title, Text.assemble((verdict, style), f"  ({counts})"), Text())
    return Padding(Group(*head, *_parts(check)), (0, 2, 0, 2))


def _parts(check: SiteCheck) -> Iterator[RenderableType]:
    for severity in Severity:
        findings = check.of(severity)
        if not findings:
            continue
        yield Text(_TITLES[severity], style=_STYLES[severity])
        yield _assumed(findings) if severity is Severity.ASSUMED else _grid(findings)
        yield Text()


def _grid(findings: tuple[Finding, ...]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(ratio=1)
    for finding in findings:
        says = Text(finding.says)
        do = Text.assemble(("-> ", "dim"), finding.do)
        mark = Text(_MARKS[finding.severity], style=_STYLES[finding.severity])
        grid.add_row(mark, Group(Text(finding.field, style="bold"), says, do))
    return grid


def _assumed(findings: tuple[Finding, ...]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(overflow="fold")
    grid.add_column(style="dim", overflow="fold")
    for finding in findings:
        grid.add_row(Text(f"  {finding.field}"), Text(finding.says))
    return grid
