# OpenAI's client with OpenLIT's instrumentation.

import openlit
from openai import OpenAI
from telemetry import LLM_URL, QUESTION, provider
from opentelemetry import trace

openlit.init(tracer=trace.get_tracer("openlit"), disable_metrics=True)
client = OpenAI(base_url=LLM_URL, api_key="none", max_retries=0)
messages = [{"role": "user", "content": QUESTION}]
client.chat.completions.create(model="gpt-4o", messages=messages)
client.chat.completions.create(model="gpt-4o-mini", messages=messages)
provider.shutdown()
