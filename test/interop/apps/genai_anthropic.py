# Anthropic's client with the official instrumentation of OpenTelemetry: the client makes spans of its own beside those.

from anthropic import Anthropic
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
from telemetry import FAILING, LLM_URL, QUESTION, provider, refused

AnthropicInstrumentor().instrument()
client = Anthropic(base_url=LLM_URL.removesuffix("/v1"), api_key="none", max_retries=0)
messages = [{"role": "user", "content": QUESTION}]


def ask(model):
    return client.messages.create(model=model, max_tokens=64, messages=messages)


ask("claude-sonnet-4-5")
ask("claude-haiku-4-5")
refused(lambda: ask(FAILING))
provider.shutdown()
