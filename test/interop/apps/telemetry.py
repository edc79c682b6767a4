# What the Python apps here do first: the OpenTelemetry SDK with an OTLP exporter, registered globally.

import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

LLM_URL = os.environ["LLM_URL"]
OTLP_URL = os.environ["OTLP_URL"]
QUESTION = "How warm is it in Lisbon?"
FAILING = "gpt-4o-overloaded"

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=OTLP_URL + "/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)


def refused(call):
    try:
        call()
    except Exception:
        return
    raise SystemExit("the call should have been refused")
