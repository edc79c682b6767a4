# LangChain with OpenInference's instrumentation.

from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from telemetry import FAILING, LLM_URL, QUESTION, provider, refused

LangChainInstrumentor().instrument(tracer_provider=provider)


def model(name):
    return ChatOpenAI(model=name, base_url=LLM_URL, api_key="none", max_retries=0)


llm = model("gpt-4o")
llm.invoke(QUESTION, config={"metadata": {"session_id": "session-1"}})
for _ in llm.stream(QUESTION, stream_usage=True):
    pass
refused(lambda: model(FAILING).invoke(QUESTION))
provider.shutdown()
