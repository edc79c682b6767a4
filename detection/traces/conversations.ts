// Context drop: a conversation continues, but the model is sent much less of it than before. Turns are compared in the order of
// their start, when the conversation is settled. A summary in the messages means compaction, which is no drop. Neither is a small
// call beside the conversation, because the next turn has the context again.

import type { Finding } from '../finding.ts'
import { FLAG, hexOf, ID, type Observations } from '../observation.ts'
import type { DetectionSettings } from '../settings.ts'
import type { Site } from '../site.ts'

interface Turn {
  readonly startMs: number
  readonly endMs: number
  readonly tokens: number
  readonly messages: number
  readonly hasSummary: boolean
  /** Ids as latin1: of the event, and of trace and span behind each other. */
  readonly event: string
  readonly place: string
  readonly user: string
}

export interface Conversation {
  readonly id: string
  /** Present if it is known by its session only. */
  readonly isSession?: true
  readonly tenant: string
  readonly project: string
  readonly environment: string
  threads: readonly Thread[]
  touchedMs: number
  /** What was raised, as JSON by signal id; null for nothing. */
  raised: Map<string, string> | null
}

/** Turns of one caller: an agent with its model and its system message, of which this is the hash. */
export interface Thread {
  readonly service: string
  readonly agent: string
  readonly model: string
  readonly system: number
  turns: Turn[]
}

const TURNS_MAX = 100
const TRACE_BYTES = 16
const THREADS_MAX = 20
const GROWS_FROM = 8
/** Contexts smaller than this often vary and are not judged. */
const TOKENS_MIN = 1000
const MESSAGES_MIN = 6

/** The conversation of a turn. Clients that name none often call it a session. '' if the turn is in neither. */
export const talkOf = (o: Observations): string => o.conversation || o.session

export const conversationKey = (o: Observations): string =>
  `${o.site.scope}${o.conversation === '' ? 'session\0' : ''}${talkOf(o)}`

export const isTurnOf = (c: Conversation, o: Observations): boolean =>
  c.id === talkOf(o) && (c.isSession === true) === (o.conversation === '')

export function newConversation(o: Observations, atMs: number): Conversation {
  return {
    id: talkOf(o),
    ...(o.conversation === '' ? { isSession: true } : {}),
    tenant: o.site.tenant,
    project: o.site.project,
    environment: o.site.environment,
    threads: [],
    touchedMs: atMs,
    raised: null,
  }
}

export function addTurn(c: Conversation, o: Observations, atMs: number): void {
  const { site, flags, startMs } = o
  if (site.kind !== 'llm' || (flags & (FLAG.ERROR | FLAG.AGGREGATE | FLAG.REPEATED)) !== 0) return
  c.touchedMs = Math.max(c.touchedMs, atMs)
  const thread = threadOf(c, site, o.system)
  if (thread === null) return
  const event = o.idText(ID.EVENT, 16)
  const at = placeOf(thread.turns, startMs, event)
  if (thread.turns[at]?.event === event) return
  const turn = {
    startMs,
    endMs: o.endMs,
    tokens: o.inputTokens,
    messages: o.messages,
    hasSummary: (flags & FLAG.SUMMARY) !== 0,
    event,
    place: o.idText(ID.TRACE, 24),
    user: o.user,
  }
  // A list that grows in place takes room for sixteen more, and most conversations are short.
  if (thread.turns.length < GROWS_FROM) thread.turns = thread.turns.toSpliced(at, 0, turn)
  else thread.turns.splice(at, 0, turn)
  if (thread.turns.length > TURNS_MAX) thread.turns.shift()
}

/** The turns of a caller; null when there are too many callers. */
function threadOf(c: Conversation, site: Site, system: number): Thread | null {
  const { service, agent, model } = site
  for (const t of c.threads)
    if (t.system === system && t.model === model && t.agent === agent && t.service === service)
      return t
  if (c.threads.length >= THREADS_MAX) return null
  const thread = { service, agent, model, system, turns: [] }
  c.threads = [...c.threads, thread]
  return thread
}

/** Where a turn is, or belongs, among turns in the order of their start, and of their events where they start together. */
function placeOf(turns: readonly Turn[], startMs: number, event: string): number {
  let low = 0
  let high = turns.length
  const last = turns[high - 1]
  // Most turns begin after all others.
  if (last === undefined || startMs > last.startMs) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    const t = turns[middle] as Turn
    if (t.startMs < startMs || (t.startMs === startMs && t.event < event)) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether the turn of an event (hex) is remembered. */
export const hasTurn = (c: Conversation, event: string | null): boolean =>
  c.threads.some(({ turns }) => turns.some((t) => hexOf(t.event) === event))

export function contextDrops(c: Conversation, settings: DetectionSettings): Finding[] {
  const out: Finding[] = []
  for (const thread of c.threads) {
    const { turns } = thread
    for (let i = 1; i < turns.length; i++) {
      const before = turns[i - 1] as Turn
      const turn = turns[i] as Turn
      const lost = lostIn(before, turn, settings.context_drop)
      if (lost === null || turn.hasSummary || recovers(turns, i, lost, settings.context_drop))
        continue
      out.push(findingOf(c, thread, before, turn, lost, settings))
      break
    }
  }
  return out
}

interface Loss {
  readonly unit: 'tokens' | 'messages'
  readonly before: number
  readonly after: number
}

function lostIn(before: Turn, turn: Turn, share: number): Loss | null {
  if (before.tokens > 0 && turn.tokens > 0) {
    if (before.tokens < TOKENS_MIN || turn.tokens >= before.tokens * (1 - share)) return null
    // A long message that is not sent again is no lost context. Earlier messages must be missing too.
    return { unit: 'tokens', before: before.tokens, after: turn.tokens }
  }
  if (before.messages < MESSAGES_MIN || turn.messages >= before.messages * (1 - share)) return null
  return { unit: 'messages', before: before.messages, after: turn.messages }
}

/** Whether the next turn has the context again. Then the small call was beside the conversation. */
function recovers(
  turns: readonly Turn[],
  at: number,
  { unit, before }: Loss,
  share: number,
): boolean {
  const next = turns[at + 1]
  return next !== undefined && next[unit] >= before * (1 - share / 2)
}

function findingOf(
  c: Conversation,
  { service, agent, model }: Thread,
  before: Turn,
  turn: Turn,
  { unit, before: had, after }: Loss,
  settings: DetectionSettings,
): Finding {
  return {
    type: 'context_drop',
    rule: 'conversation.context@1',
    severity: 'medium',
    tenant: c.tenant,
    project: c.project,
    identity: [c.id, hexOf(turn.event)],
    dimensions: [service, agent, model],
    atMs: turn.endMs,
    trace: hexOf(turn.place.slice(0, TRACE_BYTES)),
    span: hexOf(turn.place.slice(TRACE_BYTES)),
    event: hexOf(turn.event),
    value: after,
    threshold: Math.round(had * (1 - settings.context_drop)),
    evidence: {
      unit,
      before: had,
      after,
      lost: `${Math.round((1 - after / had) * 100)} %`,
      seconds_between: Math.round((turn.startMs - before.endMs) / 1000),
      model,
      agent_name: agent === '' ? null : agent,
    },
    context: {
      environment: c.environment === '' ? null : c.environment,
      conversation_id: c.isSession === true ? null : c.id,
      session_id: c.isSession === true ? c.id : null,
      user_id: turn.user === '' ? null : turn.user,
      cost_usd: 0,
    },
  }
}
