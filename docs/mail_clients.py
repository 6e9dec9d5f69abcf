"""The page of what our mails ask of mail clients, made from templates/mjml/clients.toml."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from reporter import resources

FAMILIES = {
    "word": "Outlook (Word)",
    "outlook": "Outlook",
    "gmail": "Gmail",
    "apple": "Apple Mail",
    "phones": "phones",
}
PARTS = {"property": "Properties", "rule": "Rules", "element": "Elements", "attribute": "Attributes"}


def mail_clients_page() -> str:
    """The whole page."""
    known = tomllib.loads((resources.templates() / "mjml" / "clients.toml").read_text("utf-8"))
    parts = [
        "# What mail clients make of the mails\n\nEverything that a mail is made of, with who shows it as it is meant"
        " and what a reader sees who does not. A test takes each mail apart and fails when something in it is not on"
        f" the list. Read on {known['read_on']} from [caniemail.com]({known['source']}), with the day of each test;"
        " what has no such page is marked as not verified. “Outlook (Word)” is Outlook for Windows whose mails Word"
        " lays out; “Outlook” the new one, outlook.com and that for Mac; “phones” are Outlook and Samsung’s mail on"
        " phones, and Gmail’s app with an account from elsewhere.\n"
    ]
    for part, title in PARTS.items():
        parts.append(f"\n## {title}\n\n| name | {' | '.join(FAMILIES.values())} | without it | source |\n")
        parts.append(f"|{' --- |' * (len(FAMILIES) + 3)}\n")
        parts += _rows(known[part], known["source"])
    return "".join(parts)


def _rows(entries: Mapping[str, Any], home: str) -> Iterator[str]:
    for key, entry in entries.items():
        names = ", ".join(f"`{name}`" for name in (key, *entry.get("names", ())))
        source = f"[{entry['tested']}]({home}{entry['source']}/)" if "source" in entry else "not verified"
        cells = [names, *(entry[family] for family in FAMILIES), entry.get("else", "–"), source]
        yield "| " + " | ".join(cells) + " |\n"
