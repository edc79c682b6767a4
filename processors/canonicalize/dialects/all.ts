// Every dialect, in the order of detection: the first that a span shows names it. One line a dialect.

import type { Dialect } from '../table.ts'
import { autogen } from './autogen.ts'
import { bedrockAgentcore } from './bedrock-agentcore.ts'
import { claudeCode } from './claude-code.ts'
import { crewai } from './crewai.ts'
import { datadogLlmobs } from './datadog-llmobs.ts'
import { flue } from './flue.ts'
import { geminiCli } from './gemini-cli.ts'
import { genkit } from './genkit.ts'
import { googleAdk } from './google-adk.ts'
import { haystack } from './haystack.ts'
import { helicone } from './helicone.ts'
import { laminar } from './laminar.ts'
import { langfuse } from './langfuse.ts'
import { langsmith } from './langsmith.ts'
import { litellm } from './litellm.ts'
import { livekit } from './livekit.ts'
import { logfire } from './logfire.ts'
import { mlflow } from './mlflow.ts'
import { observaNdjson } from './observa-ndjson.ts'
import { observaTraceV0 } from './observa-trace-v0.ts'
import { openinference } from './openinference.ts'
import { openlit } from './openlit.ts'
import { openllmetry } from './openllmetry.ts'
import { openrouter } from './openrouter.ts'
import { otelCommon } from './otel-common.ts'
import { otelGenai } from './otel-genai.ts'
import { otelGenaiLegacy } from './otel-genai-legacy.ts'
import { otelGenaiMetrics } from './otel-genai-metrics.ts'
import { otelMcp } from './otel-mcp.ts'
import { pydanticAi } from './pydantic-ai.ts'
import { semanticKernel } from './semantic-kernel.ts'
import { openinferenceFrameworks } from './smolagents-agno-beeai-dspy.ts'
import { springAi } from './spring-ai.ts'
import { strands } from './strands.ts'
import { vercelAi } from './vercel-ai.ts'
import { vercelAiV7 } from './vercel-ai-v7.ts'
import { voltagent } from './voltagent.ts'

export const DIALECTS: readonly Dialect[] = [
  observaNdjson,
  observaTraceV0,
  datadogLlmobs,
  langfuse,
  openinference,
  litellm,
  openllmetry,
  vercelAi,
  vercelAiV7,
  langsmith,
  mlflow,
  laminar,
  haystack,
  springAi,
  claudeCode,
  geminiCli,
  voltagent,
  genkit,
  livekit,
  flue,
  pydanticAi,
  strands,
  googleAdk,
  semanticKernel,
  autogen,
  crewai,
  openlit,
  openrouter,
  bedrockAgentcore,
  logfire,
  otelMcp,
  otelGenai,
  otelGenaiLegacy,
  helicone,
  openinferenceFrameworks,
  otelGenaiMetrics,
  otelCommon,
]
