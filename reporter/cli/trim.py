"""`reporter trim`: a smaller installation, where the size matters."""

import click

from reporter.cli import context


@click.command()
@click.option("--dry-run", is_flag=True, help="Count what would go, and remove nothing.")
@context.language
def trim(dry_run: bool, lang: str | None) -> None:
    """Take out of this installation's libraries what is never loaded: some 90 MB of tests, headers and network clients.

    The demo is run to prove that nothing is missing; if it fails, everything is put back. Only an environment made for
    this program alone is touched (pipx, uv tool, a container). An update of a library brings its parts back.
    """
    from reporter.pipeline.upkeep.libraries import trim_libraries
    from reporter.text import formats
    from reporter.text.catalogue import words

    language = lang or "en"
    w = words("setup", language)
    freed = trim_libraries(is_dry=dry_run)
    for name, size in freed.items():
        click.echo(w["trim_part"].format(name=name, size=formats.number(round(size / 1e6), language)))
    total = formats.number(round(sum(freed.values()) / 1e6), language)
    click.echo(w["trim_nothing" if not freed else "trim_counted" if dry_run else "trim_done"].format(size=total))
