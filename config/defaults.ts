// The configuration that `npm start` uses, in the form a user would write: one machine, loopback addresses only, embedded
// stores. `observa components --default-config` prints it, so it is also the first example that users see.

export const DEFAULT_CONFIG = `# The configuration that runs when no --config is given. To change it, save it to a file:
#     npm run -s observa -- components --default-config > observa.yaml
#     npm start -- --config observa.yaml

receivers:
  # OTLP/gRPC, and OTLP/HTTP as protobuf and JSON: point OTEL_EXPORTER_OTLP_ENDPOINT at http://127.0.0.1:4317 or :4318.
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:4317
      http:
        endpoint: 127.0.0.1:4318
  # Events of the legacy Observa SDK: NDJSON, JSON arrays and the v0 object.
  observa:
    endpoint: 127.0.0.1:3000

processors:
  # Removes secrets and personal data before anything is stored or sent on.
  scrub: {}
  # Turns every dialect of GenAI telemetry into one canonical event.
  canonicalize: {}
  # Prices what has no price yet.
  cost: {}
  # Finds signals by rules, in all of the traffic.
  signals: {}

exporters:
  # Engines that run inside this process and keep their files in data_dir.
  clickhouse:
    embedded: true
  postgres:
    embedded: true

extensions:
  # REST API, console and API explorer.
  api:
    endpoint: 127.0.0.1:3000

service:
  extensions: [api]
  pipelines:
    traces:
      receivers: [otlp, observa]
      processors: [scrub, canonicalize, cost, signals]
      exporters: [clickhouse, postgres]
    logs:
      receivers: [otlp]
      processors: [scrub, canonicalize, cost, signals]
      exporters: [clickhouse, postgres]
    metrics:
      receivers: [otlp]
      processors: [scrub]
      exporters: [clickhouse]
`
