"""Compiles the HTML of our mails from its MJML source: what ships is the result, and nothing compiles at run time.

python templates/make_mails.py            # write digest.html.j2 and brief.html.j2 again
python templates/make_mails.py --check    # say which are not what their source gives, and exit 1
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mjml import mjml2html

HERE = Path(__file__).parent
COLUMN = re.compile(r"<mj-column>.*</mj-column>", re.DOTALL)
BODY = re.compile(r"\{% block body %\}.*\{% endblock %\}\n", re.DOTALL)
NOTE = "{{# Made by `make mails` from templates/mjml/{name}.mjml: change that file, and make this one again. #}}\n"


def mails() -> dict[str, str]:
    """Each compiled template by its file name."""
    digest, rows = ((HERE / "mjml" / f"{name}.mjml").read_text("utf-8") for name in ("digest", "brief"))
    whole = COLUMN.sub(lambda _: rows, digest)
    body = BODY.search(_compiled(whole))
    assert body is not None, "brief.mjml has no block named body"
    return {
        "digest.html.j2": NOTE.format(name="digest") + _compiled(digest),
        "brief.html.j2": NOTE.format(name="brief") + '{% extends "digest.html.j2" %}\n' + body[0],
    }


def _compiled(source: str) -> str:
    # NOTE: without a list of fonts of our own, the compiler has each mail fetch one from the web
    html = mjml2html(source, disable_comments=True, fonts={})
    return _parted("\n".join(line.strip() for line in html.splitlines() if line.strip()) + "\n")


def _parted(html: str) -> str:
    """The page so that it can hold itself once more, in another language: that part has no head and no body.

    The compiler puts each mail into one div with its language; what stands around it is said once.
    """
    frame, begin, rest = html.partition("<div aria-label=")
    part, end, _ = rest.rpartition("</body></html>")
    assert begin and end, "the compiler puts the mail into another frame than it did"
    return (
        f"{{% if not both or not both.is_second %}}\n{frame}\n{{% endif %}}\n{begin}{part}\n"
        f"{{% if not both or not both.is_second %}}\n{{{{ also.html if also }}}}{end}\n{{% endif %}}\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Write the templates, or only say which are not current."""
    stale = {name: text for name, text in mails().items() if (path := HERE / name) and path.read_text("utf-8") != text}
    for name, text in stale.items():
        if "--check" in arguments:
            sys.stderr.write(f"{name} is not what its source gives; run make mails\n")
        else:
            (HERE / name).write_text(text, "utf-8")
            sys.stdout.write(f"wrote {name}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
