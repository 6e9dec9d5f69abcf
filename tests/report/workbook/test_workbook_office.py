"""The workbook opens in an office program, not only in libraries."""

import re
import shutil
import subprocess

import pytest
from sample_report import sample_report

from reporter.report.workbook import workbook

SOFFICE = shutil.which("soffice")
PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.mark.skipif(
    SOFFICE is None, reason="LibreOffice (soffice) is not installed: opening in an office program NOT checked"
)
def test_libreoffice_prints_an_office_of_forty_people_on_six_pages_at_most(tmp_path):
    """LibreOffice reads the file without complaint; each sheet of 40 people is one page, At risk two at most.

    In French, which takes more room; the two weeks of an office are printed in English.
    """
    path = tmp_path / "risk.xlsx"
    path.write_bytes(workbook(sample_report("fr")))
    command = [
        SOFFICE,
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "pdf",
        path.name,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    printed = (tmp_path / "risk.pdf").read_bytes()

    assert 0 == done.returncode
    assert 5 <= len(PAGE.findall(printed)) <= 6
