# The weekly report in a container: without root, with nothing to write to but /data and /tmp.
#
#   docker build -t ircc-outage-reporter .
#   docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v "$PWD/office:/data" ircc-outage-reporter weekly --once --config reporter.toml
#
# /data holds the settings, the rosters, the database and what is made; it belongs to the user 10001.
ARG PYTHON=python:3.12-slim-bookworm
FROM ${PYTHON} AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/reporter \
    && /opt/reporter/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY docs/meanings.toml docs/
COPY samples samples
COPY templates templates
COPY reporter reporter
# `trim` takes out what is never loaded, and makes a first report to prove it; then what built the program goes.
RUN /opt/reporter/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/reporter/bin/reporter trim \
    && /opt/reporter/bin/python -m pip uninstall --yes hatchling editables pathspec pluggy trove-classifiers setuptools pip

FROM ${PYTHON}
RUN groupadd --system --gid 10001 reporter \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --shell /usr/sbin/nologin reporter \
    && install --directory --owner 10001 --group 10001 --mode 700 /data
COPY --from=build /opt/reporter /opt/reporter
ENV PATH=/opt/reporter/bin:$PATH \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["reporter"]
CMD ["weekly", "--config", "reporter.toml"]
