"""The workbook opens in an office program, not only in libraries."""

import shutil
import subprocess

import pytest
from sample_report import sample_report

from reporter.report.workbook import workbook

SOFFICE = shutil.which("soffice")


@pytest.mark.skipif(
    SOFFICE is None, reason="LibreOffice (soffice) is not installed: opening in an office program NOT checked"
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_libreoffice_opens_it_and_prints_it(language, tmp_path):
    """LibreOffice reads the file without complaint and makes pages of it."""
    path = tmp_path / "risk.xlsx"
    path.write_bytes(workbook(sample_report(language)))
    command = [
        SOFFICE,
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "pdf",
        path.name,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    assert 0 == done.returncode
    assert (tmp_path / "risk.pdf").read_bytes().startswith(b"%PDF")
