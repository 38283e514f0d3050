"""Writes an edition of the bulletin: a page, a table, and the query and definition of each figure."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined

from stopline.bulletin.desk import BulletinDesk
from stopline.bulletin.edition import Edition
from stopline.bulletin.indicator import Counts, Figure
from stopline.kernel.actors import machine
from stopline.kernel.errors import BadFile
from stopline.stores.figures import draw
from stopline.stores.store import Store


def edition_between(store: Store, first: date, last: date, zone: ZoneInfo) -> Edition:
    """Draw the edition of whole days, the last included, in the operator's time zone; nothing is saved."""
    from_at = datetime.combine(first, time.min, zone).astimezone(UTC)
    to_at = datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC)
    with store.read(machine("bulletin")) as ledger:
        return BulletinDesk(draw).drawn(ledger, from_at=from_at, to_at=to_at)


def write_edition(edition: Edition, folder: Path) -> list[Path]:
    """Write index.html, figures.csv and figures.sql into a folder, all or none; returns their paths, raises BadFile."""
    contents = {
        "index.html": _PAGE.render(edition=edition, shown=shown),
        "figures.csv": _table(edition),
        "figures.sql": _queries(edition),
    }
    try:
        _put(contents, folder)
    except OSError as error:
        why, remedy = str(error.strerror).lower(), "nothing was written; free space or choose another --out folder"
        raise BadFile(path=folder, why=why, remedy=remedy) from error
    return [folder / name for name in contents]


def _put(contents: Mapping[str, str], folder: Path) -> None:
    """Put files under their names once all of them are on the disk; an error leaves the folder as it was.

    A new folder appears with everything in it; over an earlier edition each file is replaced whole, and each names
    the edition that it is of.
    """
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    apart = folder.with_name(f".{folder.name}.{os.getpid()}.part") if made else folder / f".{os.getpid()}.part"
    try:
        apart.mkdir(parents=bool(made))
        for name, content in contents.items():
            _write_through(apart / name, content)
        if made:
            apart.rename(folder)
            return
        for name in contents:
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{name} in it {os.strerror(errno.EISDIR).lower()}")
        for name in contents:
            (apart / name).replace(folder / name)
    finally:
        shutil.rmtree(apart, ignore_errors=True)
        for one in made:
            with suppress(OSError):  # whoever holds files stays
                one.rmdir()


def _write_through(path: Path, content: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def shown(figure: Figure) -> str:
    """Return a value as it is printed: whole numbers in groups of three, what is kept back as such."""
    if figure.suppressed:
        return "<5"
    if figure.value is None:
        return "–"
    if figure.counts in (Counts.DURATION, Counts.RATIO):
        return f"{figure.value:,.1f}"
    return f"{figure.value:,.0f}"


def _table(edition: Edition) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    head = "id district name_zh name_en value suppressed unit_zh unit_en counts definition_zh definition_en"
    writer.writerow([*head.split(), "from_at", "to_at", "revision", "query_sha256"])
    for one in edition.figures:
        writer.writerow(
            [
                one.id,
                one.district,
                one.name["zh"],
                one.name["en"],
                "" if one.value is None else f"{one.value:.6f}".rstrip("0").rstrip("."),
                "yes" if one.suppressed else "no",
                one.unit["zh"],
                one.unit["en"],
                one.counts.value,
                one.definition["zh"],
                one.definition["en"],
                edition.from_at.isoformat(),
                edition.to_at.isoformat(),
                edition.revision,
                one.query_digest,
            ]
        )
    return written.getvalue()


def _queries(edition: Edition) -> str:
    """Return every query once, with its definition above it."""
    parts = [
        f"-- period {edition.period}; queries {edition.queries_digest}",
        f"-- audit row {edition.audit_seq}, {edition.audit_hash}",
    ]
    once = {figure.id: figure for figure in edition.figures}.values()
    parts.extend(f"\n-- {one.id}: {one.definition['en']}\n-- {one.definition['zh']}\n{one.query};" for one in once)
    return "\n".join(parts) + "\n"


_PAGE = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>反诈通报 Bulletin {{ edition.period }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #111; }
table { border-collapse: collapse; width: 100%; }
th, td { border-top: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top; }
td.value { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
small { color: #555; }
</style>
</head>
<body>
<h1>反诈通报 <span lang="en">Bulletin</span></h1>
<p>{{ edition.period }} · 第 {{ edition.revision }} 版 <span lang="en">revision {{ edition.revision }}</span>
{% if edition.reason %}· {{ edition.reason }}{% endif %}</p>
<p><small>查询校验 <span lang="en">queries</span> {{ edition.queries_digest }} ·
审计链 <span lang="en">audit row</span> {{ edition.audit_seq }} {{ edition.audit_hash }}</small></p>
<table>
<thead><tr><th>指标 <span lang="en">Indicator</span></th><th>数值 <span lang="en">Value</span></th>
<th>单位 <span lang="en">Unit</span></th><th>口径 <span lang="en">Definition</span></th></tr></thead>
<tbody>
{% for one in edition.figures %}
<tr>
<td>{{ one.name["zh"] }}{% if one.district %} {{ one.district }}{% endif %}<br>
<span lang="en">{{ one.name["en"] }}</span></td>
<td class="value">{{ shown(one) }}</td>
<td>{{ one.unit["zh"] }}<br><span lang="en">{{ one.unit["en"] }}</span></td>
<td>{{ one.definition["zh"] }}<br><span lang="en">{{ one.definition["en"] }}</span>
<br><small>{{ one.counts.value }} · {{ one.query_digest[:16] }}</small></td>
</tr>
{% endfor %}
</tbody>
</table>
</body>
</html>
""")
