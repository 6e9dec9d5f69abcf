"""What a mail shows of the office that sends it, as words and colours ready for a template. Pure."""

from reporter.model.report import Office
from reporter.report.duties import Fact, plain


def brand(office: Office) -> Fact:
    """The office's colour, the picture of its sign, its signature, and what it says below our disclaimer."""
    return {
        "accent": office.accent,
        "ink": office.ink,
        "logo": _logo(office),
        "signature": [plain(line) for line in office.signature],
        "disclaimer": plain(office.disclaimer),
    }


def _logo(office: Office) -> Fact | None:
    logo = office.logo
    if logo is None:
        return None
    return {"src": f"cid:{logo.cid}", "width": logo.width, "height": logo.height, "alt": plain(office.name)}
