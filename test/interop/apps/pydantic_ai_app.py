# A Pydantic AI agent with a tool, with its own instrumentation.

from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from telemetry import LLM_URL, QUESTION, provider

Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
model = OpenAIChatModel("gpt-4o", provider=OpenAIProvider(base_url=LLM_URL, api_key="none"))
agent = Agent(model, name="weather", instructions="You know the weather.")


@agent.tool_plain
def weather(city: str) -> str:
    return "21 degrees"


agent.run_sync(QUESTION)
provider.shutdown()
