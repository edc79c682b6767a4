// What a conversation, a session or a user has spent, against its budget. Sums are kept by minute of the event time and added up in order
// when a minute is closed, so that the minute in which a budget is passed does not depend on the order of arrival. A user's sum
// begins anew each day (UTC). Without a budget nothing is kept.

import type { Finding } from './finding.ts'
import { FLAG, type Observations } from './observation.ts'
import type { DetectionLimits } from './settings.ts'
import { rounded } from './traces/trace-finding.ts'

export const SPENDERS = ['conversation', 'session', 'user'] as const
export type Spender = (typeof SPENDERS)[number]

export interface Spending {
  readonly spender: Spender
  readonly id: string
  readonly tenant: string
  readonly project: string
  environment: string
  /** Of a user: days since the epoch; else 0. */
  readonly day: number
  /** Minutes that are not closed. */
  readonly open: Map<number, { usd: number; tokens: number }>
  usd: number
  tokens: number
  /** Units whose budget is passed. */
  readonly passed: Set<string>
}

const SPENDINGS_MAX = 50_000
const DAY_MINUTES = 1440
const MINUTE_MS = 60_000
/** A conversation or session that was quiet for so many minutes is forgotten. */
const QUIET_MINUTES = 6 * 60

const LIMITS: Readonly<
  Record<Spender, readonly [usd: keyof DetectionLimits, tokens: keyof DetectionLimits]>
> = {
  conversation: ['conversation_budget_usd', 'conversation_budget_tokens'],
  session: ['session_budget_usd', 'session_budget_tokens'],
  user: ['user_budget_usd_per_day', 'user_budget_tokens_per_day'],
}

/** Whether these limits have a budget that needs sums. */
export const hasSpendingLimits = (limits: Partial<DetectionLimits>): boolean =>
  Object.values(LIMITS).some((names) => names.some((name) => (limits[name] ?? null) !== null))

export class UsageBudgets {
  /** In the order of last use. */
  readonly spendings = new Map<string, Spending>()
  evicted = 0

  add(o: Observations): void {
    if ((o.flags & (FLAG.AGGREGATE | FLAG.REPEATED)) !== 0) return
    const tokens = o.inputTokens + o.outputTokens
    if (o.costUsd <= 0 && tokens <= 0) return
    const minute = Math.floor(o.endMs / MINUTE_MS)
    for (const spender of SPENDERS) {
      const id = o[spender]
      if (id === '') continue
      const spending = this.#spendingOf(o, spender, id, minute)
      const sums = spending.open.get(minute)
      if (sums === undefined) spending.open.set(minute, { usd: o.costUsd, tokens })
      else {
        sums.usd += o.costUsd
        sums.tokens += tokens
      }
    }
  }

  #spendingOf(o: Observations, spender: Spender, id: string, minute: number): Spending {
    const day = spender === 'user' ? Math.floor(minute / DAY_MINUTES) : 0
    const key = `${o.site.scope}${spender}\0${id}\0${day}`
    let spending = this.spendings.get(key)
    if (spending === undefined) {
      const { tenant, project, environment } = o.site
      spending = {
        spender,
        id,
        tenant,
        project,
        environment,
        day,
        open: new Map(),
        usd: 0,
        tokens: 0,
        passed: new Set(),
      }
      if (this.spendings.size >= SPENDINGS_MAX) {
        this.spendings.delete(this.spendings.keys().next().value as string)
        this.evicted++
      }
    } else this.spendings.delete(key)
    // Of several environments the one that sorts first, whichever came first.
    const { environment } = o.site
    if (environment !== '' && (spending.environment === '' || environment < spending.environment))
      spending.environment = environment
    this.spendings.set(key, spending)
    return spending
  }

  /** Adds up the minutes up to `closedMinute` and returns the budgets that were passed in them. */
  settle(closedMinute: number, limitsOf: (s: Spending) => DetectionLimits): Finding[] {
    const out: Finding[] = []
    for (const [key, spending] of this.spendings) {
      const minutes = [...spending.open.keys()].filter((m) => m <= closedMinute)
      for (const minute of minutes.toSorted((a, b) => a - b)) {
        const sums = spending.open.get(minute)
        spending.open.delete(minute)
        spending.usd += sums?.usd ?? 0
        spending.tokens += sums?.tokens ?? 0
        out.push(...passedIn(spending, minute, limitsOf(spending)))
      }
      if (isOver(spending, closedMinute)) this.spendings.delete(key)
    }
    return out
  }
}

/** A user's day that is over. Others are forgotten when there are too many; a finite watermark is needed, not the end of an input. */
function isOver(s: Spending, closedMinute: number): boolean {
  if (s.open.size > 0 || !Number.isFinite(closedMinute)) return false
  return s.spender === 'user' && s.day * DAY_MINUTES + DAY_MINUTES + QUIET_MINUTES < closedMinute
}

function passedIn(s: Spending, minute: number, limits: DetectionLimits): Finding[] {
  const [usdName, tokensName] = LIMITS[s.spender]
  const rows = [
    ['USD', rounded(s.usd), limits[usdName]],
    ['tokens', s.tokens, limits[tokensName]],
  ] as const
  return rows.flatMap(([unit, value, limit]): Finding[] => {
    if (typeof limit !== 'number' || value <= limit || s.passed.has(unit)) return []
    s.passed.add(unit)
    return [findingOf(s, minute, unit, value, limit)]
  })
}

function findingOf(
  s: Spending,
  minute: number,
  unit: string,
  value: number,
  limit: number,
): Finding {
  return {
    type: 'budget_exceeded',
    rule: 'spending.budget@1',
    severity: 'medium',
    tenant: s.tenant,
    project: s.project,
    identity: [s.spender, s.id, String(s.day), unit],
    dimensions: [s.spender, unit],
    atMs: (minute + 1) * MINUTE_MS,
    trace: null,
    span: null,
    event: null,
    value,
    threshold: limit,
    evidence: { unit, of: s.spender, id: s.id, ...(s.spender === 'user' ? { window: 'day' } : {}) },
    context: {
      environment: s.environment === '' ? null : s.environment,
      conversation_id: s.spender === 'conversation' ? s.id : null,
      session_id: s.spender === 'session' ? s.id : null,
      user_id: s.spender === 'user' ? s.id : null,
      cost_usd: unit === 'USD' ? value : 0,
    },
  }
}
