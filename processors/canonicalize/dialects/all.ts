// Every dialect in the order of detection, one line each: the first one that a span shows names it.

import type { AnyDialect } from '../rules/dialect.ts'
import { ag2 } from './ag2/table.ts'
import { autogen } from './autogen/table.ts'
import { bedrockAgentcore } from './bedrock-agentcore/table.ts'
import { claudeCode } from './claude-code/table.ts'
import { codex } from './codex/table.ts'
import { crewai } from './crewai/table.ts'
import { datadogLlmobs } from './datadog-llmobs/table.ts'
import { flue } from './flue/table.ts'
import { geminiCli } from './gemini-cli/table.ts'
import { genkit } from './genkit/table.ts'
import { googleAdk } from './google-adk/table.ts'
import { haystack } from './haystack/table.ts'
import { helicone } from './helicone/table.ts'
import { laminar } from './laminar/table.ts'
import { langfuse } from './langfuse/table.ts'
import { langsmith } from './langsmith/table.ts'
import { langwatch } from './langwatch/table.ts'
import { litellm } from './litellm/table.ts'
import { livekit } from './livekit/table.ts'
import { logfire } from './logfire/table.ts'
import { mastra } from './mastra/table.ts'
import { mlflow } from './mlflow/table.ts'
import { observaNdjson } from './observa-ndjson/table.ts'
import { observaTraceV0 } from './observa-trace-v0/table.ts'
import { openinference } from './openinference/table.ts'
import { openlit } from './openlit/table.ts'
import { openllmetry } from './openllmetry/table.ts'
import { openrouter } from './openrouter/table.ts'
import { otelCommon } from './otel-common/table.ts'
import { otelGenai } from './otel-genai/table.ts'
import { otelGenaiLegacy } from './otel-genai-legacy/table.ts'
import { otelGenaiMetrics } from './otel-genai-metrics/table.ts'
import { otelMcp } from './otel-mcp/table.ts'
import { pydanticAi } from './pydantic-ai/table.ts'
import { semanticKernel } from './semantic-kernel/table.ts'
import { openinferenceFrameworks } from './smolagents-agno-beeai-dspy/table.ts'
import { springAi } from './spring-ai/table.ts'
import { strands } from './strands/table.ts'
import { vercelAi } from './vercel-ai/table.ts'
import { vercelAiV7 } from './vercel-ai-v7/table.ts'
import { voltagent } from './voltagent/table.ts'

export const DIALECTS: readonly AnyDialect[] = [
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
  langwatch,
  mastra,
  haystack,
  springAi,
  claudeCode,
  geminiCli,
  codex,
  voltagent,
  genkit,
  livekit,
  flue,
  pydanticAi,
  strands,
  googleAdk,
  semanticKernel,
  ag2,
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
