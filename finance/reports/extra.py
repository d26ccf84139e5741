"""The optional library that only workbooks need."""

from types import ModuleType

REMEDY = "pip install 'ridethrough[reports]'"


class UnableToWriteReport(RuntimeError):
    """A library that reports need is not installed; the message says how to install it."""

    def __init__(self, library: str) -> None:
        super().__init__(f"{library} is not installed, and reports need it: {REMEDY}")


def xlsx_library() -> ModuleType:
    """XlsxWriter; raises `UnableToWriteReport` where it is not installed."""
    try:
        import xlsxwriter  # noqa: PLC0415 - an optional library
    except ModuleNotFoundError as error:
        raise UnableToWriteReport("XlsxWriter") from error
    return xlsxwriter  # type: ignore[no-any-return, unused-ignore]
