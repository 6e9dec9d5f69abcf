"""The strong script: the job as a good engineer would do it in a day, with polars, the Rust writer and jinja2.

Every reader gets a workbook of three sheets and a mail with text, HTML and that workbook. It knows one deadline, one
way in and one language, keeps no record, explains nothing and looks through no finished mail.
"""

import argparse
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl
from jinja2 import Environment
from rustpy_xlsxwriter import FastExcel

SERVICES = ["ircc_secure_account", "gckey"]
READER, DAY = "HR contact e-mail", 86_400.0
TEXT = """{{ unit }}: {{ rows|length }} people, as of {{ as_of }}
{% for one in rows if one.level != "none" %}
{{ one.level }}  {{ one["Employee No."] }}  {{ one.says }}
{% endfor %}"""
PAGE = """<html><body><h1>{{ unit|e }}</h1><p>{{ rows|length }} people, as of {{ as_of }}</p><table>
{% for one in rows if one.level != "none" %}<tr><td>{{ one.level }}</td><td>{{ one["Employee No."]|e }}</td>
<td>{{ one.says|e }}</td><td>{{ one.next_step|e }}</td></tr>{% endfor %}</table></body></html>"""


class Down:
    """The stretches in which the way in was down, joined, for the hours lost in any window by two look-ups."""

    def __init__(self, path: Path, as_of: float) -> None:
        record = pl.read_csv(path, try_parse_dates=True).filter(
            pl.col("services").is_in(SERVICES) & (pl.col("kind") != "degraded")
        )
        began = record["began_at"].dt.epoch("s").to_numpy().astype(float)
        ended = record["ended_at"].dt.epoch("s").fill_null(int(as_of)).to_numpy().astype(float)
        order = np.argsort(began)
        began, reach = began[order], np.maximum.accumulate(ended[order])
        is_new = np.concatenate([[True], began[1:] > reach[:-1]])
        self.began, self.ended = began[is_new], reach[np.concatenate([is_new[1:], [True]])]
        self.before = np.concatenate([[0.0], np.cumsum(self.ended - self.began)])

    def until(self, at: np.ndarray) -> np.ndarray:
        """The seconds down before each instant."""
        n = np.searchsorted(self.began, at, side="right")
        return self.before[n] - np.where(n, np.maximum(self.ended[np.maximum(n, 1) - 1] - at, 0.0), 0.0)

    def hours(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """The hours down in each window."""
        return (self.until(end) - self.until(start)) / 3600

    def holds(self, at: float) -> bool:
        """Whether it is down at an instant."""
        return bool(((self.began <= at) & (at < self.ended)).any())


def judge(staff: pl.DataFrame, down: Down, as_of: float) -> pl.DataFrame:
    """The roster with its facts, a level, a sentence and a next step, the worst first."""
    closes = staff["Permit expiry"].cast(pl.Date).cast(pl.Datetime("us")).dt.epoch("s").to_numpy().astype(float) + DAY
    now = np.full_like(closes, as_of)
    lost, last = down.hours(closes - 120 * DAY, closes), down.hours(closes - 3 * DAY, closes)
    left = np.maximum(closes - now, 0.0) / 3600
    facts = staff.with_columns(
        pl.Series("closes_at", (closes * 1e6).astype("int64")).cast(pl.Datetime("us")),
        pl.Series("left_hours", left),
        pl.Series("usable_hours", left - np.where(closes > now, down.hours(now, np.maximum(closes, now)), 0.0)),
        pl.Series("lost_hours", lost),
        pl.Series("lost_72h", last),
    )
    days = pl.col("left_hours") / 24
    is_filed = pl.col("Renewal filed on").fill_null("") != ""
    level = (
        pl.when(is_filed).then(pl.lit("none"))
        .when((days <= 0) | ((days <= 7) & pl.lit(down.holds(as_of)))).then(pl.lit("critical"))
        .when((days <= 7) | (pl.col("lost_72h") > 12)).then(pl.lit("high"))
        .when(days <= 30).then(pl.lit("medium"))
        .otherwise(pl.lit("none"))
    )  # fmt: skip
    says = pl.format("{} days left, {} hours lost in the last three", days.round(1), pl.col("lost_72h").round(1))
    told = facts.with_columns(level.alias("level"), says.alias("says"))
    step = (
        pl.when(pl.col("level") == "none").then(pl.lit("Nothing now.")).otherwise(pl.lit("File, and keep the proof."))
    )
    order = pl.col("level").replace_strict({"critical": 0, "high": 1, "medium": 2, "none": 3}, return_dtype=pl.Int8)
    return told.with_columns(step.alias("next_step")).sort(order, "closes_at", "Employee No.")


def book(rows: pl.DataFrame, record: pl.DataFrame) -> bytes:
    """A workbook of three sheets: at risk, everyone, the outages."""
    buffer = BytesIO()
    made = FastExcel(buffer)
    for name, table in (("At risk", rows.filter(pl.col("level") != "none")), ("Everyone", rows), ("Outages", record)):
        made.sheet(name, table.to_arrow())
    made.save()
    return buffer.getvalue()


def mail(unit: str, address: str, text: str, page: str, workbook: bytes) -> bytes:
    """The mail as it would be sent."""
    whole = EmailMessage(policy=SMTP)
    whole["From"], whole["To"], whole["Subject"] = "reports@example.org", address, f"Permits: {unit}"
    whole.set_content(text)
    whole.add_alternative(page, subtype="html")
    whole.add_attachment(workbook, maintype="application", subtype="vnd.ms-excel", filename="permits.xlsx")
    return whole.as_bytes()


def main() -> None:
    """Read, judge, write the office's book and each reader's mail."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roster", type=Path)
    parser.add_argument("outages", type=Path)
    parser.add_argument("as_of", type=datetime.fromisoformat)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    as_of = asked.as_of.astimezone(UTC).timestamp()
    record = pl.read_csv(asked.outages).tail(200)
    rows = judge(fastexcel.read_excel(asked.roster).load_sheet(0).to_polars(), Down(asked.outages, as_of), as_of)
    (asked.out / "office.xlsx").write_bytes(book(rows, record))
    known = Environment(autoescape=False)
    text, page = known.from_string(TEXT), known.from_string(PAGE)
    for (address,), part in rows.partition_by(READER, as_dict=True).items():
        told = {"unit": part["Department"][0], "rows": part.to_dicts(), "as_of": asked.as_of.isoformat()}
        content = mail(told["unit"], address, text.render(told), page.render(told), book(part, record))
        (asked.out / f"{address.partition('@')[0]}.eml").write_bytes(content)


if __name__ == "__main__":
    main()
