# A Strands agent with a tool, asked twice, with its own telemetry.

from strands import Agent, tool
from strands.models.openai import OpenAIModel
from telemetry import LLM_URL, QUESTION, provider


@tool
def weather(city: str) -> str:
    """Weather of a city."""
    return f"21 degrees in {city}"


def model(name):
    return OpenAIModel(client_args={"base_url": LLM_URL, "api_key": "none"}, model_id=name)


agent = Agent(
    name="weather-agent",
    model=model("gpt-4o"),
    tools=[weather],
    callback_handler=None,
    trace_attributes={"session.id": "session-1", "user.id": "user-1"},
)
agent(QUESTION)
# The agent's second run reports the usage of its whole life.
agent("And tomorrow?")
provider.force_flush()
provider.shutdown()
