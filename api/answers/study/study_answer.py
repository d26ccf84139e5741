"""A savings study as an answer."""

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.study.study_json import study_document
from ridethrough.api.answers.study.study_view import study_view
from ridethrough.finance.reports.study_rows import COLUMNS, study_rows
from ridethrough.finance.study.study import Study


def study_answer(study: Study) -> Answer:
    """A study: its rows are the bills by billing period and kind of charge, and the wear."""
    return Answer(
        document=lambda: study_document(study),
        rows=lambda: list(study_rows(study)),
        view=lambda: study_view(study),
        columns=COLUMNS,
        times=("start", "end"),
    )
