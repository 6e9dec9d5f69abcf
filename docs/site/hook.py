"""The pages at the top of the project stand in the site too: the README in front, and what it links to."""

import re
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "samples/README.md": "samples.md",
    "benchmarks/README.md": "benchmarks.md",
    "LICENSE": "license.md",
}
FENCE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
LIST = re.compile(r"^(?![-*>|#\s]|\d+\. )(.+)\n(?=(?:[-*]|\d+\.) )", re.MULTILINE)
"""A list right under a line of text, which GitHub takes for a list and Python-Markdown does not."""


def on_files(files, config):
    """Add them under the names that the site gives them."""
    added = [File.generated(config, name, content=_from_docs(path)) for path, name in TOP.items()]
    return Files([*files, *added])


def on_page_markdown(markdown, page, config, files):
    """A link to one of them leads to its page here; a list begins where the text before it ends."""
    for path, name in TOP.items():
        markdown = markdown.replace(f"](../{path}", f"]({name}")
    return "".join(part if part.startswith("```") else LIST.sub(r"\1\n\n", part) for part in FENCE.split(markdown))


def _from_docs(path):
    """Its text, with links as they are seen from docs/."""
    text = (ROOT / path).read_text("utf-8")
    for other, name in TOP.items():
        text = text.replace(f"]({other}", f"]({name}").replace(f"](../{other}", f"]({name}")
    return re.sub(r'(\]\(|src=")(?:\.\./)?docs/', r"\1", text)
