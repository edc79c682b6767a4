// Code snippets for common SDKs with the address and API key of this instance. An unknown key is shown as a variable, never as an example.

export interface Target {
  readonly endpoint: string
  readonly key: string | null
}

export interface Snippet {
  readonly key: string
  readonly label: string
  readonly text: (target: Target) => string
}

const header = ({ key }: Target): string =>
  key === null ? '' : `export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer ${key}"\n`

export const SNIPPETS: readonly [Snippet, ...Snippet[]] = [
  {
    key: 'environment',
    label: 'Any OpenTelemetry SDK',
    text: (t) =>
      `export OTEL_EXPORTER_OTLP_ENDPOINT=${t.endpoint}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n${header(t)}export OTEL_SERVICE_NAME=my-app\n`,
  },
  {
    key: 'python',
    label: 'Python · OpenAI',
    text: (t) =>
      `pip install opentelemetry-distro opentelemetry-exporter-otlp opentelemetry-instrumentation-openai-v2\n\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${t.endpoint}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true\n${header(t)}export OTEL_SERVICE_NAME=my-app\n\nopentelemetry-instrument python app.py\n`,
  },
  {
    key: 'vercel-ai',
    label: 'TypeScript · Vercel AI SDK',
    text: (t) =>
      `import { NodeSDK } from '@opentelemetry/sdk-node'\nimport { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'\n\nnew NodeSDK({\n  serviceName: 'my-app',\n  traceExporter: new OTLPTraceExporter({\n    url: '${t.endpoint}/v1/traces',${t.key === null ? '' : `\n    headers: { authorization: 'Bearer ${t.key}' },`}\n  }),\n}).start()\n\n// then, in each call:\nawait generateText({ model, prompt, experimental_telemetry: { isEnabled: true } })\n`,
  },
  {
    key: 'openllmetry',
    label: 'OpenLLMetry',
    text: (t) =>
      `pip install traceloop-sdk\n\nfrom traceloop.sdk import Traceloop\n\nTraceloop.init(\n    app_name="my-app",\n    api_endpoint="${t.endpoint}",${t.key === null ? '' : `\n    headers={"authorization": "Bearer ${t.key}"},`}\n)\n`,
  },
  {
    key: 'openinference',
    label: 'OpenInference',
    text: (t) =>
      `pip install openinference-instrumentation-openai opentelemetry-sdk opentelemetry-exporter-otlp-proto-http\n\nfrom opentelemetry import trace\nfrom opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter\nfrom opentelemetry.sdk.trace import TracerProvider\nfrom opentelemetry.sdk.trace.export import BatchSpanProcessor\nfrom openinference.instrumentation.openai import OpenAIInstrumentor\n\nprovider = TracerProvider()\nexporter = OTLPSpanExporter(\n    endpoint="${t.endpoint}/v1/traces",${t.key === null ? '' : `\n    headers={"authorization": "Bearer ${t.key}"},`}\n)\nprovider.add_span_processor(BatchSpanProcessor(exporter))\ntrace.set_tracer_provider(provider)\nOpenAIInstrumentor().instrument()\n`,
  },
  {
    key: 'collector',
    label: 'OpenTelemetry Collector',
    text: (t) =>
      `exporters:\n  otlphttp/observa:\n    endpoint: ${t.endpoint}${t.key === null ? '' : `\n    headers: { authorization: "Bearer ${t.key}" }`}\nservice:\n  pipelines:\n    traces: { receivers: [otlp], exporters: [otlphttp/observa] }\n`,
  },
  {
    key: 'curl',
    label: 'curl',
    text: (t) =>
      `curl ${t.endpoint}/v1/traces -H 'content-type: application/json' \\\n${t.key === null ? '' : `  -H 'authorization: Bearer ${t.key}' \\\n`}  -d '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'","name":"chat gpt-4o","startTimeUnixNano":"'$(date +%s)000000000'","endTimeUnixNano":"'$(($(date +%s)+1))000000000'","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}}]}]}]}]}'\n`,
  },
]
