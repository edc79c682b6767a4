# A Strands agent with a tool, with its own instrumentation.

from strands import Agent, tool
from strands.models.openai import OpenAIModel
from telemetry import LLM_URL, QUESTION, provider


@tool
def weather(city: str) -> str:
    """Weather of a city."""
    return "21 degrees"


client_args = {"base_url": LLM_URL, "api_key": "none"}
model = OpenAIModel(client_args=client_args, model_id="gpt-4o")
Agent(model=model, tools=[weather], callback_handler=None)(QUESTION)
provider.shutdown()
