"""A small spreadsheet: works the formulas of a workbook out anew, from its cells alone."""

import io
import math
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

Value = float | str | None


class Spreadsheet:
    """The cells of an XLSX file: `formulas()` with the values that stand in it, `value()` as worked out here."""

    def __init__(self, content: bytes) -> None:
        self.book = load_workbook(io.BytesIO(content))
        self.cached = load_workbook(io.BytesIO(content), data_only=True)
        self._known: dict[tuple[str, str], Value] = {}

    def formulas(self) -> Iterator[tuple[str, str, float]]:
        """Sheet, cell and cached value of every formula."""
        for sheet in self.book:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        yield sheet.title, cell.coordinate, self.cached[sheet.title][cell.coordinate].value

    def texts(self, sheet: str) -> list[str]:
        """Every text of a sheet, row by row."""
        cells = (cell for row in self.book[sheet].iter_rows() for cell in row)
        return [cell.value for cell in cells if cell.data_type == "s"]

    def named(self, name: str) -> Value:
        """The cell of that name."""
        ((sheet, cell),) = self.book.defined_names[name].destinations
        return self.value(sheet, cell.replace("$", ""))

    def value(self, sheet: str, cell: str) -> Value:
        """What a cell holds or comes to."""
        key = sheet, cell
        if key not in self._known:
            held = self.book[sheet][cell]
            self._known[key] = self._worked_out(sheet, held.value) if held.data_type == "f" else held.value
        return self._known[key]

    def _worked_out(self, sheet: str, formula: str) -> float:
        text = "".join(self._python(sheet, token) for token in Tokenizer(formula).items)
        return float(eval(text, {"__builtins__": {}}, {**FUNCTIONS, "at": self._operand}))  # noqa: S307 - our own file

    def _python(self, sheet: str, token: Token) -> str:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            return f"at({sheet!r}, {token.value!r})"
        if token.type == Token.OP_IN and token.value == "^":
            return "**"
        return "" if token.type == Token.WSPACE else str(token.value)

    def _operand(self, sheet: str, operand: str) -> Any:  # noqa: ANN401 - a value, or several
        if operand in self.book.defined_names:
            return self.named(operand)
        sheet, _, cells = operand.rpartition("!") if "!" in operand else (sheet, "", operand)
        sheet, cells = sheet.strip("'"), cells.replace("$", "")
        if ":" not in cells:
            return self.value(sheet, cells) or 0.0
        return [self.value(sheet, cell.coordinate) for row in self.book[sheet][cells] for cell in row]


def _numbers(*arguments: Any) -> list[float]:  # noqa: ANN401
    flat = [each for argument in arguments for each in (argument if isinstance(argument, list) else [argument])]
    return [each for each in flat if isinstance(each, int | float)]


def _sumifs(amounts: list[Value], *conditions: Any) -> float:  # noqa: ANN401
    pairs = list(zip(conditions[::2], conditions[1::2], strict=True))
    kept = (index for index in range(len(amounts)) if all(cells[index] == wanted for cells, wanted in pairs))
    return math.fsum(_numbers(*(amounts[index] for index in kept)))


def _sumif(values: list[Value], condition: str) -> float:
    keep: Callable[[float], bool] = (lambda value: value > 0) if condition == ">0" else (lambda value: value < 0)
    return math.fsum(value for value in _numbers(values) if keep(value))


def _sumproduct(one: list[Value], other: list[Value]) -> float:
    return math.fsum(a * b for a, b in zip(_numbers(one), _numbers(other), strict=True))


def _round(value: float, decimals: int) -> float:
    return float(Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def _npv(rate: float, amounts: list[Value]) -> float:
    return math.fsum(amount / (1 + rate) ** row for row, amount in enumerate(_numbers(amounts), start=1))


def _irr(amounts: list[Value], rate: float) -> float:
    for _ in range(50):
        slope = (_npv(rate + 1e-6, amounts) - _npv(rate - 1e-6, amounts)) / 2e-6
        rate -= _npv(rate, amounts) / slope
    return rate


FUNCTIONS: dict[str, Callable[..., float]] = {
    "SUM": lambda *arguments: math.fsum(_numbers(*arguments)),
    "MAX": lambda *arguments: max(_numbers(*arguments)),
    "MIN": lambda *arguments: min(_numbers(*arguments)),
    "IF": lambda holds, then, otherwise: then if holds else otherwise,
    "ABS": abs,
    "ROUND": _round,
    "SUMIFS": _sumifs,
    "SUMIF": _sumif,
    "SUMPRODUCT": _sumproduct,
    "NPV": _npv,
    "IRR": _irr,
}
