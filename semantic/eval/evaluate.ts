// Measures checks and rubrics against human labels. Checks are run; rubrics use the recorded response of a judge, or ask an endpoint. The
// total cost of the calls never exceeds the given amount.

import { randomBytes } from 'node:crypto'
import { chatAnswer } from '../endpoint/chat-answer.ts'
import type { EndpointClient } from '../endpoint/endpoint-client.ts'
import { questionBody, usageFrom } from '../judges/ask-judge.ts'
import type { JudgeSettings } from '../judges/judge-settings.ts'
import { judgedText, judgeMessages } from '../judges/prompt.ts'
import type { Rubric } from '../judges/rubric.ts'
import { readVerdict } from '../judges/verdict.ts'
import { QUALITY_CHECKS } from '../quality/checks.ts'
import { type Agreement, agreementOf, type Pair } from './agreement.ts'
import type { UserLabel } from './labels-file.ts'

export interface Evaluated extends Agreement {
  readonly name: string
  readonly kind: 'check' | 'rubric'
  /** Number of labels without a verdict: no recorded response and no endpoint, the amount is used up, or the response was invalid. */
  readonly left_out: number
  readonly cost_usd: number
}

export interface LiveJudge {
  readonly settings: JudgeSettings
  readonly client: EndpointClient
  /** The highest total cost of all calls, in USD. */
  readonly usdMax: number
}

/** Returns one row for each check or rubric that the labels name, in the order of their first appearance. */
export async function evaluate(
  labels: readonly UserLabel[],
  rubrics: readonly Rubric[],
  live: LiveJudge | null,
  signal: AbortSignal,
): Promise<readonly Evaluated[]> {
  const rows: Evaluated[] = []
  let leftUsd = live?.usdMax ?? 0
  for (const name of new Set(labels.map((label) => label.name))) {
    const own = labels.filter((label) => label.name === name)
    const check = QUALITY_CHECKS.find((c) => c.name === name)
    const rubric = rubrics.find((r) => r.name === name)
    if (check !== undefined) {
      const pairs = own.map(({ exchange, isFault }) => ({
        isFault,
        isFound: (check.run(exchange)?.value ?? 0) >= check.threshold,
      }))
      rows.push({ name, kind: 'check', left_out: 0, cost_usd: 0, ...agreementOf(pairs) })
    } else if (rubric !== undefined) {
      const row = await evaluateRubric(own, rubric, live, leftUsd, signal)
      leftUsd -= row.cost_usd
      rows.push(row)
    } else rows.push({ name, kind: 'check', left_out: own.length, cost_usd: 0, ...agreementOf([]) })
  }
  return rows
}

async function evaluateRubric(
  labels: readonly UserLabel[],
  rubric: Rubric,
  live: LiveJudge | null,
  usdMax: number,
  signal: AbortSignal,
): Promise<Evaluated> {
  const pairs: Pair[] = []
  let costUsd = 0
  for (const label of labels) {
    const text = judgedText(label.exchange)
    const asked =
      label.recorded === null && live !== null
        ? await ask(live, rubric, label, usdMax - costUsd, signal)
        : null
    costUsd += asked?.costUsd ?? 0
    const content = label.recorded ?? asked?.content ?? ''
    const verdict = readVerdict(content, rubric, text)
    if (verdict !== null)
      pairs.push({ isFault: label.isFault, isFound: verdict.verdict === 'fail' })
  }
  const left_out = labels.length - pairs.length
  return { name: rubric.name, kind: 'rubric', left_out, cost_usd: costUsd, ...agreementOf(pairs) }
}

/** Asks the judge. Returns null if the highest possible cost exceeds the remaining amount, or if the endpoint did not respond. */
async function ask(
  { settings, client }: LiveJudge,
  rubric: Rubric,
  label: UserLabel,
  leftUsd: number,
  signal: AbortSignal,
): Promise<{ readonly content: string; readonly costUsd: number } | null> {
  const messages = judgeMessages(
    rubric,
    judgedText(label.exchange),
    `m${randomBytes(8).toString('hex')}`,
  )
  const body = questionBody(settings, rubric, messages, 0)
  const most = Buffer.byteLength(JSON.stringify(body))
  const worstUsd = settings.priceNano(most, settings.maxOutputTokens) / 1e9
  if (worstUsd > leftUsd) return null
  try {
    const answer = await client.post('/chat/completions', body, signal)
    const { costUsd } = usageFrom(
      answer,
      settings.model,
      most,
      settings.maxOutputTokens,
      settings.priceNano,
    )
    return { content: chatAnswer(answer).content, costUsd }
  } catch {
    // A label without a verdict is excluded from the figures, and the caller counts it as missing.
    return null
  }
}
