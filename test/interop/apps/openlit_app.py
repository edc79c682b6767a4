# OpenAI's client with OpenLIT's instrumentation.

import json

import openlit
from openai import OpenAI
from telemetry import FAILING, LLM_URL, OTLP_URL, QUESTION, provider, refused

# Otherwise it would fetch its prices from the internet.
with open("pricing.json", "w") as prices:
    json.dump({"chat": {}, "embeddings": {}, "images": {}, "audio": {}}, prices)
openlit.init(pricing_json="pricing.json", otlp_endpoint=OTLP_URL, disable_metrics=True, disable_batch=True)
client = OpenAI(base_url=LLM_URL, api_key="none", max_retries=0)
messages = [{"role": "user", "content": QUESTION}]
chat = client.chat.completions.create
chat(model="gpt-4o", messages=messages)
for _ in chat(
    model="gpt-4o-mini",
    messages=messages,
    stream=True,
    stream_options={"include_usage": True},
):
    pass
client.embeddings.create(model="text-embedding-3-small", input="a sentence")
refused(lambda: chat(model=FAILING, messages=messages))
provider.force_flush()
provider.shutdown()
