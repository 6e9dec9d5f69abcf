"""The built wheel, installed where the sources are out of reach, does the main job."""

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def quietly(*command: object, cwd: Path, **environment: object) -> str:
    known = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=known | {name: str(value) for name, value in environment.items()},
        capture_output=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
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
    code = f"import sys; sys.path.append({libraries!r}); from reporter.cli import start; start()"
    said = quietly(binary, "-c", code, "demo", cwd=tmp_path)

    assert "593 read = " in said
    assert json.loads((tmp_path / "demo-out" / "manifest.json").read_text("utf-8"))["rows_read"] == 593
    where = quietly(binary, "-c", "import reporter; print(reporter.__file__)", cwd=tmp_path)
    assert str(tmp_path) in where


@pytest.fixture(scope="module")
def installers(tmp_path_factory):
    """The folder with pipx and uv, each as its index has it today."""
    folder = tmp_path_factory.mktemp("installers")
    venv.create(folder, with_pip=True)
    quietly(folder / BIN / "python", "-m", "pip", "install", "-q", "pipx", "uv", cwd=folder)
    return folder / BIN


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """The versions of the lock, for an installer that is given the wheel alone."""
    file = tmp_path_factory.mktemp("locked") / "constraints.txt"
    lines = (HOME / "requirements.lock").read_text("utf-8").splitlines()
    file.write_text("\n".join(line.removesuffix(" \\") for line in lines if re.match(r"[a-z0-9]", line)), "utf-8")
    return file


BIN = "Scripts" if sys.platform == "win32" else "bin"
MEGABYTES = 1_000_000


def size_of(folder, *, without=""):
    found = [path for path in folder.rglob("*") if path.is_file() and path.suffix != without]
    return sum(path.lstat().st_size for path in found) / MEGABYTES


def test_uv_installs_it_in_few_libraries_and_trim_makes_them_small(wheel, installers, locked, tmp_path):
    """`uv tool install`: under 40 packages; and after `reporter trim` under 300 MB, with the same first report."""
    where = {"UV_TOOL_DIR": tmp_path / "tools", "UV_TOOL_BIN_DIR": tmp_path / "bin"}
    if index := os.environ.get("PIP_INDEX_URL"):
        where["UV_DEFAULT_INDEX"] = index
    command = (installers / "uv", "tool", "install", "--python", sys.executable, "--constraints", locked, wheel)
    quietly(*command, cwd=tmp_path, **where)
    (home,) = (tmp_path / "tools").glob("ircc-outage-reporter")
    packages = next(iter(home.rglob("site-packages")))

    assert 40 > len([*packages.glob("*.dist-info")])
    before = size_of(packages, without=".pyc")
    quietly(tmp_path / "bin" / "reporter", "trim", cwd=tmp_path)  # makes a report, by which modules are compiled
    assert size_of(packages) < 300
    assert size_of(packages, without=".pyc") < before - 80
    said = quietly(tmp_path / "bin" / "reporter", "demo", cwd=tmp_path)
    assert "593 read = " in said
    quietly(tmp_path / "bin" / "reporter", "verify", "demo-out", cwd=tmp_path)


def test_pipx_installs_it(wheel, installers, locked, tmp_path):
    """`pipx install`, and an extra beside it: the command stands on the path that pipx keeps, and trim goes on."""
    where = {"PIPX_HOME": tmp_path / "pipx", "PIPX_BIN_DIR": tmp_path / "bin", "PIPX_DEFAULT_PYTHON": sys.executable}
    quietly(installers / "pipx", "install", "--pip-args", f"--constraint {locked}", wheel, cwd=tmp_path, **where)
    quietly(installers / "pipx", "inject", "ircc-outage-reporter", "feedparser", cwd=tmp_path, **where)

    assert json.loads(quietly(tmp_path / "bin" / "reporter", "settings", "schema", cwd=tmp_path))["title"]
    assert "pyarrow" in quietly(tmp_path / "bin" / "reporter", "trim", "--dry-run", cwd=tmp_path)
