// Makes the settings of judges and embeddings from the configuration: reads rubrics of users, and finds the price of the model.

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import type { SemanticConfig } from '../../config/semantic-section.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import type { JudgeOffer } from '../../core/operations.ts'
import { priceLookup } from '../../processors/cost/index.ts'
import type { JudgeSettings } from '../../semantic/judges/judge-settings.ts'
import { BUILTIN_RUBRICS, ownRubric, type Rubric } from '../../semantic/judges/rubric.ts'
import type { EmbedSettings, SamplingSettings } from '../../semantic/vectors/embed-settings.ts'

/** Null without an endpoint of judges. Throws an `ObservaError` that names the rubric or the rule which cannot be used. */
export function judgeSettingsOf({ judges }: SemanticConfig): JudgeSettings | null {
  if (judges === undefined) return null
  const rubrics = [...BUILTIN_RUBRICS, ...judges.rubrics.map(rubricIn)]
  for (const name of [...judges.use, ...judges.rules.flatMap((rule) => rule.use)])
    if (!rubrics.some((rubric) => rubric.name === name)) throw unknownRubric(name, rubrics)
  const found = priceLookup(null)(null, judges.model, Number.NaN)?.prices
  const known = rates.parse(found ?? {})
  const own = judges.input_usd_per_million
  const input = own ?? dearest(known.input_mtok)
  const output = judges.output_usd_per_million ?? own ?? dearest(known.output_mtok)
  return {
    endpoint: {
      url: judges.url.reveal(),
      key: judges.key ?? null,
      allowLinkLocal: judges.allow_link_local,
      timeoutMs: judges.timeout,
    },
    model: judges.model,
    usdPerDay: judges.usd_per_day,
    callsPerDay: judges.calls_per_day,
    concurrency: judges.concurrency,
    maxOutputTokens: judges.max_output_tokens,
    highSeverity: judges.high_severity,
    use: judges.use,
    rules: judges.rules,
    rubrics,
    // A dollar for a million tokens is a thousand billionths a token.
    priceNano: (inputTokens, outputTokens) => (inputTokens * input + outputTokens * output) * 1000,
  }
}

function rubricIn(file: string): Rubric {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new ObservaError(
      'OBS_RUBRIC',
      `The rubric ${file} cannot be read: ${messageOf(thrown)}.`,
      'Give a path that this process can read, relative to its working directory.',
    )
  }
  try {
    return ownRubric(parse(text), file)
  } catch (thrown) {
    if (thrown instanceof ObservaError) throw thrown
    throw new ObservaError(
      'OBS_RUBRIC',
      `The rubric ${file} is not YAML: ${messageOf(thrown)}.`,
      'semantic/README.md shows a rubric.',
    )
  }
}

function unknownRubric(name: string, rubrics: readonly Rubric[]): ObservaError {
  return new ObservaError(
    'OBS_RUBRIC',
    `semantic.judges names the rubric ${name}, which there is not.`,
    `Rubrics: ${rubrics.map((r) => r.name).join(', ')}; add your own under semantic.judges.rubrics.`,
  )
}

/** What of the request is not the text of the exchange. */
const PROMPT_BYTES = 2500
const CHARS_MAX = 30_000
const USUAL_OUTPUT_TOKENS = 300

export function judgeOffer({
  model,
  rubrics,
  maxOutputTokens,
  priceNano,
  usdPerDay,
  callsPerDay,
}: JudgeSettings): JudgeOffer {
  return {
    model,
    usdPerDay,
    callsPerDay,
    rubrics: rubrics.map(({ name, version }) => ({ name, version })),
    estimateUsd: (bytes) => {
      const sent = PROMPT_BYTES + Math.min(bytes, CHARS_MAX)
      return {
        // Four bytes a token, and a verdict of a few claims; at worst a token for each byte.
        usual: priceNano(sent / 4, Math.min(USUAL_OUTPUT_TOKENS, maxOutputTokens)) / 1e9,
        worst: priceNano(sent * 1.5, maxOutputTokens) / 1e9,
      }
    },
  }
}

/** Null without an endpoint of embeddings. */
export function embedSettingsOf({ embeddings }: SemanticConfig): EmbedSettings | null {
  if (embeddings === undefined) return null
  const found = priceLookup(null)(null, embeddings.model, Number.NaN)?.prices
  const input = embeddings.input_usd_per_million ?? dearest(rates.parse(found ?? {}).input_mtok)
  return {
    endpoint: {
      url: embeddings.url.reveal(),
      key: embeddings.key ?? null,
      allowLinkLocal: embeddings.allow_link_local,
      timeoutMs: embeddings.timeout,
    },
    model: embeddings.model,
    dimensions: embeddings.dimensions ?? null,
    batch: embeddings.batch,
    usdPerDay: embeddings.usd_per_day,
    priceNano: (tokens) => tokens * input * 1000,
  }
}

export function samplingSettingsOf({ sampling }: SemanticConfig): SamplingSettings {
  const { rate, rules, always, traces_per_day: tracesPerDay } = sampling
  return { rate, rules, always, tracesPerDay }
}

const rate = z
  .union([
    z.number(),
    z.object({ base: z.number(), tiers: z.array(z.object({ price: z.number() })) }),
  ])
  .optional()
const rates = z.object({ input_mtok: rate, output_mtok: rate })

/** Dollars for a million tokens. Of a price in tiers the dearest, because a call must never cost more than was reserved. */
function dearest(price: z.output<typeof rate>): number {
  if (price === undefined) return 0
  if (typeof price === 'number') return price
  return Math.max(price.base, ...price.tiers.map((tier) => tier.price))
}
