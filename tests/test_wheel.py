"""The built wheel, installed where the sources are out of reach, does the main job."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def quietly(*command: object, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    quietly(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, HOME, cwd=folder)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_rules_templates_and_samples(wheel):
    """What the program reads at run time is inside, and no leftovers of this checkout are."""
    names = zipfile.ZipFile(wheel).namelist()

    for name in (
        "rules/deadlines.toml",
        "templates/digest.html.j2",
        "samples/employer.xlsx",
        "text/words/cli.toml",
        "meanings.toml",
    ):
        assert f"reporter/{name}" in names
    assert [] == [name for name in names if "__pycache__" in name or name.startswith("tests/")]


def test_the_installed_wheel_runs_the_demo(wheel, tmp_path):
    """In an empty environment, from another folder, `reporter demo` makes its report."""
    venv.create(tmp_path / "env", with_pip=False)
    binary = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    target = quietly(binary, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    quietly(
        sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", target, wheel, cwd=tmp_path
    )
    # The libraries are those of the environment that runs the tests; the program's own sources are not among them.
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    code = f"import sys; sys.path.append({libraries!r}); from reporter.cli import main; main()"
    said = quietly(binary, "-c", code, "demo", cwd=tmp_path)

    assert "593 read = " in said
    assert json.loads((tmp_path / "demo-out" / "manifest.json").read_text("utf-8"))["rows_read"] == 593
    where = quietly(binary, "-c", "import reporter; print(reporter.__file__)", cwd=tmp_path)
    assert str(tmp_path) in where
