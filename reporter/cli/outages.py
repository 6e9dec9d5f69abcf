"""`reporter outages`: the office's own record of what was down, and of what was known when."""

import click

from reporter.cli.outages_enter import fetch, import_, notice
from reporter.cli.outages_hand import add, amend, merge, withdraw
from reporter.cli.outages_lint import lint
from reporter.cli.outages_looked import looked
from reporter.cli.outages_show import history, list_, show, sources, verify


@click.group()
def outages() -> None:
    """Keep the record of outages: it only grows, so it can say what was known on any day."""


ENTERING = (add, amend, withdraw, merge, import_, notice, fetch, looked)
READING = (list_, show, history, lint, sources, verify)
for command in (*READING, *ENTERING):
    outages.add_command(command)
