# One image for every service: Airflow, exactly what requirements.txt pins, and this project.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.12

FROM ${AIRFLOW_IMAGE} AS project
USER root
WORKDIR /project
COPY . .
RUN uv build --quiet --no-cache --wheel --build-constraints requirements.txt --require-hashes --out-dir /wheel \
 && rm -rf src build pyproject.toml README.md LICENSE requirements.in requirements.txt \
 && cp deploy/airflow.cfg airflow.cfg \
 # Nothing can be written there later.
 && python -m compileall -q --invalidation-mode unchecked-hash -s /project -p /opt/airflow . \
 # What is written at run time; everything else belongs to root, and is mounted read-only.
 && mkdir logs monitoring data backups \
 && chown airflow:0 logs monitoring data backups

FROM ${AIRFLOW_IMAGE}
ARG PYTHON=/home/airflow/.local/bin/python
# Synchronised, not added to: what the base image brings besides would fit other versions. Wheels only, so
# nothing is compiled, and what installs is gone afterwards.
COPY requirements.txt /tmp/requirements.txt
RUN uv pip sync --quiet --no-cache --compile-bytecode --only-binary :all: --require-hashes --python ${PYTHON} \
      /tmp/requirements.txt
COPY --from=project /wheel /tmp/wheel
RUN ${PYTHON} -m uv pip install --quiet --no-cache --compile-bytecode --no-deps --no-index --python ${PYTHON} \
      /tmp/wheel/*.whl \
 && ${PYTHON} -m uv pip uninstall --quiet --python ${PYTHON} pip uv
WORKDIR /opt/airflow
COPY --from=project /project /opt/airflow

# No telemetry; and one thread of linear algebra for each task, since tasks run in parallel.
ARG CODE_REVISION=""
ENV CODE_REVISION=${CODE_REVISION} \
    ARROW_DEFAULT_MEMORY_POOL=jemalloc \
    DO_NOT_TRACK=1 \
    GX_ANALYTICS_ENABLED=false \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    PYTHONUNBUFFERED=1 \
    # The package is installed apart from them: expectations/, pipelines/ and schemas/ are here.
    WEATHER_PROJECT=/opt/airflow
# Secrets leave the environment before anything of Airflow starts. The init is the base image's.
RUN ln -s "$(command -v dumb-init || command -v tini)" /home/airflow/.local/bin/init
ENTRYPOINT ["/home/airflow/.local/bin/init", "--", "python", "/opt/airflow/deploy/start.py", "/entrypoint"]
CMD []
LABEL org.opencontainers.image.title="weather-mlops" \
      org.opencontainers.image.description="Hourly Korean weather observations, validated, catalogued and forecast on Apache Airflow" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision=${CODE_REVISION}
