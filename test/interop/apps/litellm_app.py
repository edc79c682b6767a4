# LiteLLM with its own OpenTelemetry callback.

import litellm
from telemetry import FAILING, LLM_URL, QUESTION, provider, refused

litellm.callbacks = ["otel"]
messages = [{"role": "user", "content": QUESTION}]


def ask(model):
    return litellm.completion(
        model=f"openai/{model}", messages=messages, api_base=LLM_URL, api_key="none", num_retries=0
    )


ask("gpt-4o")
ask("gpt-4o-mini")
refused(lambda: ask(FAILING))
provider.force_flush()
provider.shutdown()
