"""The names of cells in formulas; rows and columns count from 0."""

_LETTERS = 26


def at(row: int, column: int) -> str:
    """The name of a cell on its own sheet.

    >>> at(0, 0), at(9, 27)
    ('A1', 'AB10')
    """
    return f"{_letters(column)}{row + 1}"


def span(first: tuple[int, int], last: tuple[int, int]) -> str:
    """The absolute range from one corner to the other; it does not shift when a formula is copied.

    >>> span((4, 1), (9, 1))
    '$B$5:$B$10'
    """
    return ":".join(f"${_letters(column)}${row + 1}" for row, column in (first, last))


def where(sheet: str, row: int, column: int) -> str:
    """The name of a cell on any sheet.

    >>> where("Cash flow", 3, 2)
    "'Cash flow'!$C$4"
    """
    return f"'{sheet}'!${_letters(column)}${row + 1}"


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters
