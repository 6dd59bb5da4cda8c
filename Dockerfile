# One image for web, worker, scheduler and sweeper; docker-compose.yml says which is which.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RELAYBOX_DATA=/data
WORKDIR /relaybox

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.txt

COPY . ./
RUN useradd --system --uid 10001 relaybox && mkdir /data && chown relaybox /data
USER relaybox
VOLUME /data
EXPOSE 8000

CMD ["python", "-m", "uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--timeout-graceful-shutdown", "3", "--no-access-log", "--no-server-header", "--backlog", "4096"]
