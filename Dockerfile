# One image for web, worker, beat and migrations; docker-compose.yml says which runs what.

FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/app.lock /tmp/app.lock
RUN /opt/venv/bin/pip install --require-hashes --no-deps -r /tmp/app.lock
WORKDIR /app
COPY . .
# The settings want values; these serve the build alone and stay in no layer.
RUN PATH="/opt/venv/bin:$PATH" \
    PUBLIC_URL=http://localhost DATABASE_URL=postgresql:///build REDIS_URL=redis://localhost \
    SECRET_KEY=only-for-the-build-of-this-image-and-never-used-again \
    TOKEN_KEYS=build:b25seSBmb3IgdGhlIGJ1aWxkIG9mIHRoZSBpbWFnZSE= \
    sh -ec 'python -m tools.messages compile; python manage.py collectstatic --noinput' \
    && rm -rf tools

FROM python:3.12-slim
ENV PATH="/opt/venv/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MEDIA_ROOT=/data/media SPOOL_DIR=/data/spool
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin advocacy \
    && install -d -o advocacy -g advocacy /data /data/media /data/spool
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER advocacy
VOLUME ["/data"]
EXPOSE 8000
# More of either by GUNICORN_CMD_ARGS="--workers 4 --threads 8".
CMD ["gunicorn", "advocacy.wsgi:application", "--bind", "0.0.0.0:8000", \
     "--worker-class", "gthread", "--workers", "2", "--threads", "4", \
     "--preload", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", \
     "--logger-class", "advocacy.access_log.AccessLog", "--access-logfile", "-"]
