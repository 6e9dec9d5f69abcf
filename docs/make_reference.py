"""Writes the parts of the documentation that the program knows better than its authors.

    python docs/make_reference.py            # write them again
    python docs/make_reference.py --check    # say which are not current, and exit 1

In reference.md, what stands between `<!-- made: NAME -->` and `<!-- end -->` is made here; rules.md, rules.fr.md,
problems.md, headings.md, house.md, templates.md, mail-clients.md and workbook.md are made whole. The README shows what
`reporter demo` prints; it is run only to write.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import click
import msgspec
from house_page import house_page
from mail_clients import mail_clients_page
from template_names import template_names_page
from workbook_sheets import workbook_page

from reporter.cli import cli
from reporter.errors import Exit
from reporter.model import problem
from reporter.model.levels import BY_NAME, LEVELS
from reporter.model.shapes import FINDINGS, OWN, ROSTER
from reporter.outages.door import ADAPTERS
from reporter.outages.records import FIELDS, outage_words
from reporter.outages.source import Adapter
from reporter.readers.sandbox import LIMITS
from reporter.report.tables import COLUMNS
from reporter.rules.load import load_rulebook
from reporter.rules.manual import rules_frame
from reporter.settings import INTERNAL as INTERNAL_KEYS
from reporter.settings import (
    AlertSettings,
    DutiesSettings,
    EncryptSettings,
    EngineSettings,
    InboxSettings,
    MailboxSettings,
    MailSettings,
    OfficeSettings,
    OutageSettings,
    OwnerSettings,
    ProbeSettings,
    RecipientSettings,
    RetentionSettings,
    RosterSettings,
    Settings,
    SourceSettings,
    StandInSettings,
    UnitSettings,
    WeeklySettings,
)

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
DEMO = re.compile(r"(```console\n\$ make demo\n).*?(```\n)", re.DOTALL)
MEANINGS = tomllib.loads((DOCS / "meanings.toml").read_text("utf-8"))
PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
HELP_WIDTH = 100
INTERNAL = (
    *("permit_expires_state", "date_certainty", "reading", "source_row", "done_from_at"),
    *("application_filed_from_at", "second_application_filed_from_at", "letter_answered_from_at"),
)
"""Columns of the roster frame that the program fills itself."""
TABLES = {
    "The file": Settings,
    "`[office]`": OfficeSettings,
    "`[[roster]]`": RosterSettings,
    "`[[outages]]`": OutageSettings,
    "`[[duties]]`": DutiesSettings,
    "`[[sources]]`": SourceSettings,
    "`[inbox]`": InboxSettings,
    "`[probe]`": ProbeSettings,
    "`[mailbox]`": MailboxSettings,
    '`[units."NAME"]`': UnitSettings,
    "`[[recipients]]`": RecipientSettings,
    "`[[stand_ins]]`": StandInSettings,
    "`[mail]`": MailSettings,
    "`encrypt = { … }`": EncryptSettings,
    "`[retention]`": RetentionSettings,
    "`[engine]`": EngineSettings,
    "`[weekly]`": WeeklySettings,
    "`[alerts]`": AlertSettings,
    "`[owner]`": OwnerSettings,
}
WORDS = {
    "en": {
        "title": "The rules", "risk": "Judgements", "deadline": "Duties and their deadlines", "service": "Services",
        "state": "States and notes",
        "do": "Asks for", "cite": "Rests on", "read_on": "last read", "link": "link", "or": "or",
        "note": "a note beside the level",
        "intro": "What `reporter rules` prints, with the step each judgement asks for. Judgements stand worst first;"
                 " a duty has the level of the first that holds. The words in braces are filled in for"
                 " each person. None of this is advice, and a licensed person should review it before use.",
    },
    "fr": {
        "title": "Les règles", "risk": "Jugements", "deadline": "Échéances", "service": "Services",
        "state": "États et remarques",
        "do": "Étape", "cite": "S’appuie sur", "read_on": "lu le",
        "link": "lien", "or": "ou", "note": "une remarque à côté du niveau",
        "intro": "Ce que `reporter rules --lang fr` affiche, avec l’étape que chaque jugement demande. Les jugements"
                 " vont du plus grave au moins grave\u00a0; une échéance a le niveau du premier qui s’applique. Les"
                 " mots entre accolades sont remplis pour chaque personne. Rien de ceci n’est un avis, et une"
                 " personne-ressource autorisée devrait l’examiner avant l’usage.",
    },
}  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or only say which are not current."""
    stale = {path: text for path, text in pages() if not path.exists() or path.read_text("utf-8") != text}
    if "--check" in arguments:
        for path in stale:
            click.echo(f"{path.name} is not current; run python docs/make_reference.py", err=True)
        return 1 if stale else 0
    for path, text in [*stale.items(), (README, readme())]:
        path.write_text(text, "utf-8")
        click.echo(f"wrote {path.name}")
    return 0


def pages() -> Iterator[tuple[Path, str]]:
    """Every page that is made, as it should be."""
    reference = DOCS / "reference.md"
    makers = {name: maker for name, maker in globals().items() if name.startswith("part_")}
    yield reference, PART.sub(lambda m: m[1] + makers[f"part_{m[2]}"]() + m[3], reference.read_text("utf-8"))
    yield DOCS / "problems.md", problems_page()
    yield DOCS / "headings.md", headings_page()
    yield DOCS / "house.md", house_page()
    yield DOCS / "templates.md", template_names_page()
    yield DOCS / "mail-clients.md", mail_clients_page()
    yield DOCS / "workbook.md", workbook_page()
    for language, name in (("en", "rules.md"), ("fr", "rules.fr.md")):
        yield DOCS / name, rules_page(language)


def readme() -> str:
    """The README with what the demo prints now, without the blanks at the ends of lines."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "reporter", "demo"]
        shown = subprocess.run(command, check=True, capture_output=True, cwd=home, encoding="utf-8").stdout
    lines = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    return DEMO.sub(lambda m: m[1] + lines + m[2], README.read_text("utf-8"))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def meanings(place: str, names: Iterable[str]) -> Mapping[str, str]:
    """What meanings.toml says of these names; one missing or too many is a fault of the page."""
    known = MEANINGS
    for part in place.split("."):
        known = known[part]
    if set(known) != set(names):
        raise SystemExit(f"meanings.toml: {place}: {sorted(set(known) ^ set(names))} stands on one side only")
    return dict(known)


def part_commands() -> str:
    """Every command with its help."""
    return "".join(_help(cli, "reporter"))


def _help(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, terminal_width=HELP_WIDTH, help_option_names=["-h", "--help"])
    yield f"### `{name}`\n\n```text\n{context.get_help()}\n```\n\n"
    if isinstance(command, click.Group):
        for word in sorted(command.commands):
            yield from _help(command.commands[word], f"{name} {word}")


def part_settings() -> str:
    """Every key of the settings file: its kind, what holds without it, and what it means."""
    parts = []
    for title, shape in TABLES.items():
        inner = INTERNAL_KEYS if shape is Settings else ()
        fields = [field for field in msgspec.structs.fields(shape) if field.name not in inner]
        told = meanings(f"settings.{shape.__name__}", [field.name for field in fields])
        rows = [(f"`{field.name}`", _default(field), told[field.name]) for field in fields]
        parts.append(f"### {title}\n\n" + table(("key", "without it", "meaning"), rows) + "\n")
    return "".join(parts)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, float):
        return f"`{field.default:g}`"
    if isinstance(field.default, msgspec.Struct) or field.default in (msgspec.NODEFAULT, "", (), None):
        return "–"
    return f"`{field.default}`"


def part_roster() -> str:
    """Every field of a roster, with a heading in each language that the program knows."""
    rows = [
        (f"`{column.name}`", _kind(column.name, column.kind), column.meaning)
        for column in ROSTER.columns
        if column.name not in INTERNAL
    ]
    return table(("field", "kind", "meaning"), rows)


def part_duties() -> str:
    """Every column of a sheet of the institution's own duties."""
    rows = [(f"`{c.name}`", _kind(c.name, c.kind), c.meaning) for c in OWN.columns if c.name not in INTERNAL]
    return table(("field", "kind", "meaning"), rows)


def _kind(name: str, kind: str) -> str:
    return "date and time" if name.endswith("_at") else kind


def part_outages() -> str:
    """Every column of an outage file and the words it may hold."""
    told = meanings("outages", FIELDS)
    lists = {name: outage_words()[name] for name in ("kind", "verification", "status")}
    words = {name: f"; one of {', '.join(f'`{word}`' for word in known)}" for name, known in lists.items()}
    return table(("column", "meaning"), ((f"`{name}`", told[name] + words.get(name, "")) for name in FIELDS))


def part_sources() -> str:
    """Every kind of source, in the words its own module begins with, so that a new one needs no other page."""
    return table(("kind", "what it is"), ((f"`{one.kind}`", _first_words(one)) for one in ADAPTERS))


def _first_words(adapter: Adapter) -> str:
    module = adapter.read.__module__
    told = import_module("reporter.outages.notice.read" if module == "reporter.outages.door" else module).__doc__ or ""
    return " ".join(told.split("\n\n")[0].split()).removesuffix(" Pure.").rstrip(".")


def part_findings() -> str:
    """Every column of findings.csv."""
    told = {column.name: (column.kind, column.meaning) for column in FINDINGS.columns}
    spoken = meanings("findings", [name for name in COLUMNS if name not in told])
    told |= {name: ("text", meaning) for name, meaning in spoken.items()}
    return table(("column", "kind", "meaning"), ((f"`{name}`", *told[name]) for name in COLUMNS))


def part_problems() -> str:
    """Every column of problems.csv."""
    return _named(meanings("problems", problem.COLUMNS), problem.COLUMNS)


def part_manifest() -> str:
    """Every key of manifest.json; a test compares them with a real one."""
    return _named(MEANINGS["manifest"], MEANINGS["manifest"])


def _named(told: Mapping[str, str], names: Iterable[str]) -> str:
    return table(("name", "meaning"), ((f"`{name}`", told[name]) for name in names))


def part_exits() -> str:
    """Every exit code."""
    told = meanings("exits", Exit.__members__)
    return table(("code", "meaning"), ((str(code.value), told[name]) for name, code in Exit.__members__.items()))


def part_levels() -> str:
    """Every level, worst first."""
    return table(("in files", "sign", "English", "French"), ((f"`{x.name}`", x.symbol, x.en, x.fr) for x in LEVELS))


def part_limits() -> str:
    """What one roster file may ask of the machine."""
    megabytes = {"size": "size of the file", "expanded": "size of its parts once unpacked", "text": "text in its cells"}
    rows = [(meaning, f"{getattr(LIMITS, name) // 1_000_000:,} MB") for name, meaning in megabytes.items()]
    rows += [
        ("how many times larger it becomes when unpacked", f"{LIMITS.ratio}"),
        ("parts inside it", f"{LIMITS.members:,}"),
        ("cells", f"{LIMITS.cells:,}"),
        ("cells in error, or formulas never computed", f"{LIMITS.faults:,}"),
        ("time to read it", f"{LIMITS.seconds} s"),
        ("memory to read it (not on Windows)", f"{LIMITS.memory // 1_000_000:,} MB"),
    ]
    return table(("the most allowed", ""), rows)


def headings_page() -> str:
    """The headings of one column that the program knows."""
    source = tomllib.loads((files("reporter.readers") / "aliases.toml").read_text("utf-8"))
    parts = ["# Headings a roster may use\n\nAccents, case, punctuation, line breaks and small words such as `date`,"
             " `of`, `de` and `du` do not matter. What stands under `dropped` is never read.\n"]  # fmt: skip
    parts.append("\n## Permits and documents\n\nA heading names a document and says what of it, in either order:"
                 " `Study permit expiry`, `Date d'expiration du CAQ`. Of a permit its end, issue and number are read,"
                 " its kind where the heading names none; of another document its end alone.\n\n")  # fmt: skip
    said = {field: source["words"][part] for part, field in {**source["parts"], "kind": "permit_kind"}.items()}
    parts.append(table(("field", "what the heading says"), ((f"`{one}`", " · ".join(said[one])) for one in said)))
    ends = {name: f"{name}_expires_on" for name in source["documents"] if f"{name}_expires_on" in ROSTER.names}
    rows = [
        (f"`{ends.get(name, 'permit_expires_on')}`", " · ".join(told)) for name, told in source["documents"].items()
    ]
    parts.append("\n" + table(("its end is", "the document"), rows))
    parts += [f"\n## `{field}`\n\n{' · '.join(names)}\n" for field, names in sorted(source["is"].items())]
    parts.append("\n## What hangs on the other columns\n\nThe report says what was taken, or asks.\n\n")
    rows = [(" · ".join(one["headers"]), ", ".join(f"`{name}`" for name in one["fields"])) for one in source["unclear"]]
    return "".join([*parts, table(("heading", "may be"), rows)])


def problems_page() -> str:
    """Every problem by room, in both languages."""
    folder = files("reporter.text") / "problems"
    parts = ["# Problems\n\nWhat may be said of a file, of a setting, or when something stops, by its code. Those of"
             " files are rows of `problems.csv`. Words in braces are filled in.\n"]  # fmt: skip
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            known = tomllib.loads(path.read_text("utf-8"))
            rows = [(f"`{code}`", entry["severity"], entry["en"], entry["fr"]) for code, entry in known.items()]
            title = path.name.removesuffix(".toml").replace("_", " ").capitalize()
            parts.append(f"\n## {title}\n\n" + table(("code", "severity", "English", "French"), rows))
    return "".join(parts)


def rules_page(language: str) -> str:
    """The rulebook in one language."""
    book, w = load_rulebook(), WORDS[language]
    frame = rules_frame(book, language).fillna("")
    actions = {
        risk.id: risk.do.of(language)
        for risk in (*book.risks, *(book.institution.risks if book.institution else ()))
        if not risk.is_note
    }
    parts = [f"# {w['title']}\n\n{w['intro']}\n\nsha256 `{book.sha256}`\n"]
    for part in ("risk", "deadline", "state", "service"):
        parts.append(f"\n## {w[part]}\n")
        parts += [_rule(rule, actions, language) for rule in frame[frame["part"] == part].to_dict("records")]
    return "".join(parts)


def _rule(rule: Mapping[str, str], actions: Mapping[str, str], language: str) -> str:
    w = WORDS[language]
    colon = "\u00a0: " if language == "fr" else ": "
    lines = [f"\n### `{rule['id']}`\n", f"\n{rule['title']}\n\n"]
    if rule["part"] == "risk":
        level = BY_NAME.get(rule["level"])
        lines[0] = f"\n### `{rule['id']}` – {f'{level.symbol} {level.word(language)}' if level else w['note']}\n"
        lines.append(f"- {rule['says'].replace('|', w['or'])}\n")
        if rule["id"] in actions:
            lines.append(f"- {w['do']}{colon}{actions[rule['id']]}\n")
    else:
        lines.append(f"- {rule['says']}\n")
    link = f" ([{w['link']}]({rule['link']}))" if rule["link"] else ""
    read = f", {w['read_on']} {rule['read_on']}" if rule["read_on"] else ""
    lines.append(f"- {w['cite']}{colon}{rule['cite']}{link}{read}\n")
    return "".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
