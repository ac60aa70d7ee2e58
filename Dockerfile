# The image of every Airflow service, of the Slack listener and of the command line: `docker compose build`.
FROM python:3.12-slim

# 50000:0 as in Airflow's own image, so that volumes written by it can be taken over.
RUN useradd --uid 50000 --gid 0 --create-home --home-dir /home/airflow airflow
WORKDIR /app
ENV AIRFLOW_HOME=/home/airflow/airflow \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

# The dependencies first: they change seldom, and their layer is 600 MB.
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY monitor ./monitor
COPY dags ./dags
COPY seeds ./seeds
COPY models ./models
# In place, since `monitor` finds seeds and classifiers beside itself.
RUN pip install --no-deps --no-build-isolation -e . \
    && mkdir -p /home/airflow/airflow/logs /app/.monitor \
    && chown -R 50000:0 /home/airflow /app/models /app/.monitor

USER 50000:0
CMD ["monitor", "doctor"]
