"""`reporter demo`: the main job on the samples, in a folder of its own, with nothing to set up."""

import shutil
from pathlib import Path

import click

from reporter.cli import options

AS_OF = "2026-09-09T09:00:00-04:00"
A_WEEK_EARLIER = "2026-09-02T09:00:00-04:00"


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-out"), show_default=True)
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True)
def demo(out: Path, lang: str) -> None:
    """Run on the sample rosters (invented people) and real outage history; everything stays in one folder.

    It runs twice, a week apart, so that the report can say what changed. No network and no server is needed.
    """
    from reporter.cli.show import show
    from reporter.pipeline.run import run as pipeline
    from reporter.resources import samples

    home = out.absolute()
    shutil.rmtree(home / "last-week", ignore_errors=True)
    (home / "reporter.db").unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    known = options.settings(samples() / "reporter.toml", language=lang, store=f"sqlite:///{home / 'reporter.db'}")
    for as_of, folder in ((A_WEEK_EARLIER, home / "last-week"), (AS_OF, home)):
        outcome = pipeline.run(known, options.instant(as_of, known.office.time_zone), out=folder)
    show(outcome, lang, as_json=False)
    click.get_current_context().exit(outcome.exit_code)
