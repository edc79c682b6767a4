// Every dialect, in the order of detection: the first that a span shows names it. One line a dialect.

import type { Dialect } from '../table.ts'
import { langfuse } from './langfuse.ts'
import { observaNdjson } from './observa-ndjson.ts'
import { observaTraceV0 } from './observa-trace-v0.ts'
import { openinference } from './openinference.ts'
import { openllmetry } from './openllmetry.ts'
import { otelCommon } from './otel-common.ts'
import { otelGenai } from './otel-genai.ts'
import { otelGenaiLegacy } from './otel-genai-legacy.ts'
import { otelMcp } from './otel-mcp.ts'
import { vercelAi } from './vercel-ai.ts'
import { vercelAiV7 } from './vercel-ai-v7.ts'

export const DIALECTS: readonly Dialect[] = [
  observaNdjson,
  observaTraceV0,
  langfuse,
  vercelAi,
  vercelAiV7,
  openinference,
  openllmetry,
  otelMcp,
  otelGenai,
  otelGenaiLegacy,
  otelCommon,
]
