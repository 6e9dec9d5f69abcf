"""`python -m reporter` is the same program as `reporter`."""

from reporter.cli import start

if __name__ == "__main__":
    start()
