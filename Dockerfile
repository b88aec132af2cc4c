# syntax=docker/dockerfile:1
# The image of the gateway: docs/kubernetes.md says how it is built and run.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements/bootstrap.lock requirements/runtime.lock requirements/
ENV PATH=/opt/sekisho/bin:$PATH
# A mirror of packages is named in a secret of the build, and stays in no layer.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    python -m venv /opt/bootstrap \
    && python -m venv /opt/sekisho \
    && /opt/bootstrap/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/bootstrap.lock \
    && pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements/runtime.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY gateway gateway
RUN /opt/bootstrap/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
    && pip install --no-cache-dir --no-deps --no-index /dist/*.whl \
    && pip uninstall --yes pip

FROM python:3.13-slim
COPY --from=build /opt/sekisho /opt/sekisho
COPY policies /opt/sekisho/policies
ENV PATH=/opt/sekisho/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /opt/sekisho
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["sekisho"]
CMD ["serve", "--config", "/etc/sekisho/sekisho.yaml"]
