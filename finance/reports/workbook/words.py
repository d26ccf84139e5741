"""The sheets of text: the summary in front, and the assumptions at the end."""

from ridethrough.finance.reports import words
from ridethrough.finance.reports.issue import Issue
from ridethrough.finance.reports.workbook.sheet import Book, Sheet
from ridethrough.finance.study.study import Study

_KEY_HEAD = 6
_COLUMNS = 3


def write_summary(book: Book, study: Study, issue: Issue) -> None:
    """Write the verdict, the key figures of the other sheets, safety, and the main assumptions.

    Write this sheet after the others, because it shows cells that they name.
    """
    first, last = words.first_and_last_day(study)
    title = f"Savings study: {study.site_name or study.site_id}"
    note = f"{study.tariff}; {first} to {last}, {words.days(study)}; amounts in {study.currency}; {issue.text}"
    sheet = book.sheet("Summary", title, widths=(44, 20, 78), note=note)
    sheet.raw.set_row(3, 20)
    sheet.text(3, 0, words.headline(study), "verdict")
    sheet.wrapped(4, 0, words.reason(study), columns=_COLUMNS)
    sheet.head(_KEY_HEAD, ("key figures", study.currency, "where from"), words=(0, 2))
    row = _value_figures(sheet, _bill_figures(sheet, _KEY_HEAD + 1, study), study)
    sheet.text(row + 1, 0, "Is the backup safe?", "section")
    sheet.wrapped(row + 2, 0, words.safety(study), columns=_COLUMNS)
    if not words.is_safe(study):
        sheet.text(row + 2, 0, words.safety(study), "bad")
    sheet.text(row + 4, 0, "In brief", "section")
    brief = (
        words.INFORMATION[study.information],
        *words.method(study),
        words.left_out(study),
        *study.assumptions,
        *(f"Warning: {text}" for text in words.warnings(study)),
    )
    sheet.lines(row + 5, brief, columns=_COLUMNS)
    sheet.raw.activate()


def _bill_figures(sheet: Sheet, row: int, study: Study) -> int:
    """Write the bills, the saving and its share; return the next row."""
    figures = (
        ("bill without trading", "bill_without_trading", "sheet Bills"),
        ("bill with trading", "bill_with_trading", "sheet Bills"),
        ("saved on the bill", "saving_on_the_bill", "the difference of the two bills"),
        ("stored energy, bought back", "stored_energy", "sheet Savings"),
        ("less wear of the batteries", "wear_cost", "sheet Wear"),
        ("saved after wear", "saving_after_wear", "sheet Savings"),
    )
    for offset, (label, name, source) in enumerate(figures):
        bold = name == "saving_after_wear"
        sheet.text(row + offset, 0, label, "bold" if bold else "text")
        sheet.named(row + offset, 1, name, "money_bold" if bold else "money")
        sheet.text(row + offset, 2, source, "note")
    row += len(figures)
    without = sheet.book.named["bill_without_trading"]
    if without > 0:
        saved = sheet.book.named["saving_after_wear"] / without
        sheet.text(row, 0, "saved after wear, of the bill")
        sheet.formula(row, 1, "=saving_after_wear/bill_without_trading", saved, "rate")
        row += 1
    return _annual(sheet, row, study)


def _annual(sheet: Sheet, row: int, study: Study) -> int:
    sheet.text(row, 0, "saving of a year")
    if study.annual.value is None:
        sheet.text(row, 1, "not known", "unknown")
    else:
        sheet.named(row, 1, "saving_of_a_year")
    sheet.text(row, 2, words.annual_note(study), "note")
    return row + 1


def _value_figures(sheet: Sheet, row: int, study: Study) -> int:
    """Write perfect foresight and the project's returns, or why they are unknown; return the next row."""
    named = sheet.book.named
    sheet.text(row, 0, "saved with perfect foresight, the ceiling")
    if study.ceiling is not None:
        sheet.named(row, 1, "saving_with_perfect_foresight")
    else:
        sheet.text(row, 1, "not known", "unknown")
    sheet.text(row + 1, 0, "share captured")
    sheet.figure(row + 1, 1, study.capture, "percent", why=2)
    row += 2
    for label, name, look in (
        ("net present value", "net_present_value", "money"),
        ("internal rate of return", "internal_rate_of_return", "rate"),
    ):
        if name in named:
            sheet.text(row, 0, label)
            sheet.named(row, 1, name, look)
            sheet.text(row, 2, "sheet Cash flow", "note")
            row += 1
    return row


def write_assumptions(book: Book, study: Study) -> None:
    """Write the basis of the figures: assumptions, sources, warnings, and charges that no bill includes."""
    sheet = book.sheet("Assumptions", "What the figures rest on", widths=(44, 40, 60))
    first, last = words.first_and_last_day(study)
    facts = (
        ("site", f"{study.site_name} ({study.site_id})"),
        ("tariff", study.tariff),
        ("studied", f"{first} to {last}, local days of {study.horizon.timezone}"),
        ("metering interval", f"{study.horizon.interval_minutes} minutes"),
        ("what plans knew", words.INFORMATION[study.information]),
        ("plans made", words.replanned(study)),
    )
    row = _pairs(sheet, 2, "The study", facts)
    for title, texts in (("Assumptions", study.assumptions), ("Warnings", words.warnings(study))):
        sheet.text(row, 0, title, "section")
        row = 1 + sheet.lines(row + 1, texts, columns=_COLUMNS)
    row = _pairs(sheet, row, "Sources", tuple(study.sources.items()))
    entries = tuple((entry.field, entry.reason) for entry in words.not_priced(study))
    _pairs(sheet, row, "In the tariff, and not in any bill here", entries)


def _pairs(sheet: Sheet, row: int, title: str, pairs: tuple[tuple[str, str], ...]) -> int:
    sheet.text(row, 0, title, "section")
    for offset, (name, text) in enumerate(pairs or (("none", ""),), start=1):
        sheet.text(row + offset, 0, name, "wrapped")
        sheet.wrapped(row + offset, 1, text, columns=_COLUMNS - 1)
    return row + max(1, len(pairs)) + 2
