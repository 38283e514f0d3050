"""Reports, cases and series: nothing is discarded, nothing is joined without a human decision."""

from __future__ import annotations

from stopline.cases.case_file import CaseFile
from stopline.cases.report import Report
from stopline.cases.series import IdentifierUse, Series, SeriesJoin, SeriesMember

RECORDS: tuple[type, ...] = (Report, CaseFile, IdentifierUse, Series, SeriesJoin, SeriesMember)
