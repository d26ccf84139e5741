"""The names of cells in formulas; rows and columns count from 0."""

_LETTERS = 26


def at(row: int, column: int) -> str:
    """The cell as its own sheet names it.

    >>> at(0, 0), at(9, 27)
    ('A1', 'AB10')
    """
    return f"{_letters(column)}{row + 1}"


def span(first: tuple[int, int], last: tuple[int, int]) -> str:
    """The cells from one corner to the other, which stay the same where a formula is copied.

    >>> span((4, 1), (9, 1))
    '$B$5:$B$10'
    """
    return ":".join(f"${_letters(column)}${row + 1}" for row, column in (first, last))


def where(sheet: str, row: int, column: int) -> str:
    """The cell as any sheet names it.

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
