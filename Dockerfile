# Build the wheel and its pinned environment, then carry only that into the image that runs.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY ridethrough ridethrough
COPY domain domain
COPY tariffs tariffs
COPY charts charts
COPY forecasts forecasts
COPY optimizer optimizer
COPY operation operation
COPY bms bms
COPY finance finance
COPY store store
COPY api api
# The environment gets no pip of its own, no tests of other packages, and bytecode only of what the service imports.
RUN python -m venv --without-pip /opt/ridethrough \
    && PIP_CONSTRAINT=constraints.txt pip --python /opt/ridethrough/bin/python install --no-cache-dir --no-compile ".[bms,postgresql]"
RUN find /opt/ridethrough -type d -name tests -prune -exec rm -r {} + \
    && /opt/ridethrough/bin/python -c "from ridethrough.api.http.stateless.plan_service import warm_up; warm_up()"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home ridethrough && install --directory --owner=10001 --mode=0700 /data
COPY --from=build /opt/ridethrough /opt/ridethrough
ENV PATH=/opt/ridethrough/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER ridethrough
WORKDIR /tmp
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["ridethrough"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--data", "/data"]
