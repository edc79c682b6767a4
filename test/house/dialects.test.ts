// The name of a dialect may occur only in its own folder, in the list of dialects, and in tests and documents.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectFiles, root, textOf } from './source-files.ts'

const HOME = 'processors/canonicalize'
const DIALECTS = `${HOME}/dialects`

/** How each dialect's name is spelled in code: in names, keys, scopes and words. */
const SPELLINGS: Readonly<Record<string, RegExp>> = {
  ag2: /\bag2\b/i,
  autogen: /autogen/i,
  'bedrock-agentcore': /agent_?core/i,
  codex: /codex/i,
  'claude-code': /claude.?code/i,
  crewai: /crew_?ai/i,
  'datadog-llmobs': /datadog|_ml_obs/i,
  flue: /\bflue\b/i,
  'gemini-cli': /gemini.cli/i,
  genkit: /genkit/i,
  'google-adk': /\badk\b|google.?adk|gcp\.vertex\.agent|merged tools/i,
  haystack: /haystack/i,
  helicone: /helicone/i,
  laminar: /laminar|lmnr/i,
  langfuse: /langfuse/i,
  langsmith: /lang_?smith/i,
  langwatch: /langwatch/i,
  litellm: /lite_?llm|raw_gen_ai_request/i,
  livekit: /livekit/i,
  logfire: /logfire|pending_span|streaming response from/i,
  mastra: /mastra/i,
  mlflow: /mlflow/i,
  'observa-ndjson': /observa-ndjson|observaNdjson/,
  'observa-trace-v0': /observa-trace-v0|observaTraceV0/,
  openinference: /open_?inference/i,
  openlit: /openlit/i,
  openllmetry: /openllmetry|traceloop/i,
  openrouter: /openrouter/i,
  'otel-common': /otel-common|otelCommon/,
  'otel-genai': /otel-genai\b(?!-)|otelGenai\b/,
  'otel-genai-legacy': /otel-genai-legacy|otelGenaiLegacy/,
  'otel-genai-metrics': /otel-genai-metrics|otelGenaiMetrics/,
  'otel-mcp': /otel-mcp|otelMcp|fastmcp/i,
  'pydantic-ai': /pydantic/i,
  'semantic-kernel': /semantic.?kernel/i,
  'smolagents-agno-beeai-dspy': /smolagents-agno|openinferenceFrameworks/,
  'spring-ai': /spring[._ -]?ai\b/i,
  strands: /strands/i,
  'vercel-ai': /vercel|\bai sdk\b/i,
  'vercel-ai-v7': /vercelAiV7|vercel-ai-v7/,
  voltagent: /voltagent/i,
}

/** A gateway is also a provider, so its name is a value of the field `provider` and may stand in the list of providers. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  [`${HOME}/vocabulary/providers.ts`]: ['openrouter'],
}

function sources(): string[] {
  return projectFiles().filter(
    (f) =>
      f.startsWith(`${HOME}/`) &&
      f.endsWith('.ts') &&
      !f.startsWith(`${DIALECTS}/`) &&
      !/\.test\.ts$|\/testing\//.test(f),
  )
}

test('every dialect has a folder with a table, and this test knows its spelling', () => {
  const folders = readdirSync(join(root, DIALECTS), { withFileTypes: true })
    .filter((x) => x.isDirectory())
    .map((x) => x.name)
  assert.deepEqual(Object.keys(SPELLINGS).toSorted(), folders.toSorted())
  const files = projectFiles()
  for (const name of folders) {
    const table = `${DIALECTS}/${name}/table.ts`
    assert.ok(files.includes(table), table)
    assert.match(textOf(table), new RegExp(`name: '${name}'`))
    assert.match(textOf(table), SPELLINGS[name] as RegExp, `the spelling of ${name}`)
    assert.match(textOf(`${DIALECTS}/all.ts`), new RegExp(`'\\./${name}/table\\.ts'`))
  }
})

test('no dialect is named outside its folder and the list of dialects', () => {
  const seen = sources()
  assert.ok(seen.length > 40, `${seen.length} files`)
  const breaches = seen.flatMap((file) => {
    const text = textOf(file)
    return Object.entries(SPELLINGS)
      .filter(([name, spelling]) => spelling.test(text) && !ALLOWED[file]?.includes(name))
      .map(([name, spelling]) => `${file}: ${spelling.exec(text)?.[0]} is a matter of ${name}`)
  })
  assert.equal(breaches.length, 0, `\n${breaches.join('\n')}`)
})

test('a dialect imports no other dialect', () => {
  const breaches = projectFiles()
    .filter((f) => f.startsWith(`${DIALECTS}/`) && f.endsWith('.ts') && !f.endsWith('/all.ts'))
    .filter((f) => /from '\.\.\/(?!\.\.)/.test(textOf(f)))
  assert.deepEqual(breaches, [])
})
