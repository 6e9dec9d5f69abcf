"""The reader of last resort: LibreOffice, where the machine has it, before anybody says that a file is damaged.

It turns the file into an .xlsx in a folder of its own that is gone afterwards, with a profile of its own: no
macro of the file is run and no link followed. What it makes is weighed and read like any other file.
"""

import logging
import shutil
import subprocess
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)
PROGRAMS = ("soffice", "libreoffice", "localc")
SAFE_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>1</value></prop>
</item></oor:items>
"""


def as_workbook(content: bytes, kind: str, seconds: float) -> bytes | None:
    """The same workbook as an .xlsx; None without LibreOffice, or where it cannot read the file either.

    Takes: kind - xlsx, xls or ods, as the content was found to be; seconds - the time that is left.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None or seconds <= 0:
        return None
    with tempfile.TemporaryDirectory(prefix="reporter-") as folder:
        return _converted(program, Path(folder), content, kind, seconds)


def _converted(program: str, folder: Path, content: bytes, kind: str, seconds: float) -> bytes | None:
    given, made = folder / f"given.{kind}", folder / "made" / "given.xlsx"
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(SAFE_PROFILE, "utf-8")
    given.write_bytes(content)
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck"]
    command += ["--convert-to", "xlsx", "--outdir", str(made.parent), str(given)]
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=seconds, cwd=folder, check=False)
    except (subprocess.TimeoutExpired, OSError) as e:
        log.info("LibreOffice did not read the file (%s)", type(e).__name__)
        return None
    return made.read_bytes() if made.is_file() else None
