"""A copy of the program to which a section of docs/extend.md is done, word for word."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import reporter

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/extend.md").read_text("utf-8")
BLOCK = re.compile(r"<!-- extend: (\S+) -->\n```(python|diff|toml)\n(.*?)```", re.DOTALL)


def blocks(title):
    """The blocks of a section: the file, how it changes, and the text."""
    return BLOCK.findall(PAGE.split(f"## {title}\n")[1].split("\n## ")[0])


def copy_of_the_program(home, title):
    """The program below `home` as it is after that section: a diff is applied, and other text is added to its file."""
    shutil.copytree(Path(reporter.__file__).parent, home / "reporter")  # with what is compiled already
    shutil.copytree(ROOT / "templates", home / "templates")
    for name, kind, text in blocks(title):
        path = home / name
        old = path.read_text("utf-8") if path.exists() else ""
        if kind == "diff":
            before, after = (_lines(text, drop) for drop in ("+", "-"))
            assert 1 == old.count(before), name
            path.write_text(old.replace(before, after), "utf-8")
        else:
            path.write_text(f"{old}\n\n{text}" if old else text, "utf-8")
    return home


def _lines(diff, drop):
    """The lines of a diff without those that it adds (or takes away), as they stand in the file."""
    return "".join(line[1:] for line in diff.splitlines(keepends=True) if not line.startswith(drop))


def python(home, *words):
    """What the copy's interpreter answers."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=home,
        env=os.environ | {"PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )


def ask(home, *words):
    """The answer of the extended program."""
    return python(home, "-m", "reporter", *words)


ASK = """
import json, sys
from click.testing import CliRunner
from reporter.cli import cli
told = [CliRunner().invoke(cli, words) for words in json.loads(sys.argv[1])]
print(json.dumps([[one.exit_code, one.stdout, one.stderr] for one in told]))
"""


def answers(home, *commands):
    """What the extended program answers to these, one after the other: exit code, stdout and stderr of each."""
    told = python(home, "-c", ASK, json.dumps(commands))
    assert 0 == told.returncode, told.stderr
    return json.loads(told.stdout)
