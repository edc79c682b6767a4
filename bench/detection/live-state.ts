// Observations of as many live traces and series as the detector remembers, for measuring its memory. Each trace is a run of an agent:
// the agent, two model calls, two calls of tools and a retrieval.

import {
  CALL_STRIDE,
  FIGURE_STRIDE,
  IDS_BYTES,
  REFERENCE,
  REFERENCE_STRIDE,
  writeObservations,
} from '../../detection/observation.ts'
import { SITE, SITE_STRIDE } from '../../detection/site.ts'
import { randomOf } from './maker.ts'

const MODELS = ['gpt-5-mini', 'claude-sonnet-4-5', 'gemini-2.5-flash']
const TOOLS = ['search_orders', 'refund', 'send_mail', 'lookup_customer', 'read_page']
const KINDS = ['agent', 'llm', 'tool', 'llm', 'tool', 'retrieval'] as const
export const SPANS_PER_TRACE = KINDS.length
const TRACES_PER_TASK = 100

/** Words of a task, each once, as the encoder writes them. */
class Words {
  readonly #numbers = new Map<string, number>()

  of(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#numbers.size
      this.#numbers.set(text, number)
    }
    return number
  }

  tables(): { words: Uint8Array; wordEnds: Uint32Array; wordCount: number } {
    const texts = [...this.#numbers.keys()].map((text) => Buffer.from(text))
    const wordEnds = new Uint32Array(texts.length)
    let end = 0
    for (const [i, text] of texts.entries()) {
      end += text.length
      wordEnds[i] = end
    }
    return { words: Buffer.concat(texts), wordEnds, wordCount: texts.length }
  }
}

export interface LiveTask {
  readonly bytes: Uint8Array
  readonly atMs: number
}

export interface LiveOptions {
  readonly seed: number
  readonly traces: number
  /** Every trace belongs to one of so many services, each of which has one series for each of its three targets. */
  readonly services: number
  /** The first trace begins at this time, ms since the epoch, and the last one so much later. */
  readonly fromMs: number
  readonly forMs: number
}

/** The observations of traces, a task for each hundred. */
export function* liveTasks({
  seed,
  traces,
  services,
  fromMs,
  forMs,
}: LiveOptions): Generator<LiveTask> {
  const random = randomOf(seed)
  for (let first = 0; first < traces; first += TRACES_PER_TASK) {
    const count = Math.min(TRACES_PER_TASK, traces - first)
    const atMs = fromMs + Math.floor((first / traces) * forMs)
    yield { bytes: taskOf(first, count, services, atMs, random), atMs: atMs + 2000 }
  }
}

/** A tenth of the services has half of the traces. */
function serviceOf(trace: number, services: number): number {
  const service = (trace >> 1) % services
  return trace % 2 === 0 ? service : Math.floor(service / 10) * 10
}

function taskOf(
  first: number,
  traces: number,
  services: number,
  atMs: number,
  random: () => number,
): Uint8Array {
  const words = new Words()
  const rows = traces * SPANS_PER_TRACE
  const sites = new Int32Array(rows * SITE_STRIDE).fill(-1)
  const calls = new Float64Array(rows * CALL_STRIDE)
  const figures = new Float64Array(rows * FIGURE_STRIDE)
  const references = new Int32Array(rows * REFERENCE_STRIDE).fill(-1)
  const ids = new Uint8Array(rows * IDS_BYTES)
  const idInts = new Int32Array(ids.buffer)
  for (let i = 0; i < idInts.length; i++) idInts[i] = random() * 2 ** 32
  for (let row = 0; row < rows; row++) {
    const trace = first + Math.floor(row / SPANS_PER_TRACE)
    const kind = KINDS[row % SPANS_PER_TRACE] ?? 'llm'
    const service = serviceOf(trace, services)
    const model = MODELS[service % MODELS.length] ?? ''
    const site = row * SITE_STRIDE
    const word = (column: number, text: string): void => {
      sites[site + column] = words.of(text)
    }
    word(SITE.TENANT, 'default')
    word(SITE.PROJECT, `project-${service % 50}`)
    word(SITE.ENVIRONMENT, 'production')
    word(SITE.SERVICE, `service-${service}`)
    word(SITE.KIND, kind)
    word(SITE.NAME, `${kind} step`)
    word(SITE.ROUTE, '/api/answer')
    if (kind === 'llm') {
      word(SITE.PROVIDER, 'openai')
      word(SITE.MODEL, model)
      word(SITE.RESPONSE_MODEL, `${model}-2026-08-07`)
    }
    if (kind === 'tool') word(SITE.TOOL, TOOLS[service % TOOLS.length] ?? '')
    const r = row * REFERENCE_STRIDE
    references[r + REFERENCE.SITE] = row
    references[r + REFERENCE.CONVERSATION] = words.of(`conversation-${trace % 50_000}`)
    references[r + REFERENCE.USER] = words.of(`user-${trace % 20_000}`)
    references[r + REFERENCE.FLAGS] = 0
    if (kind === 'llm') references[r + REFERENCE.FINISH] = words.of('["stop"]')
    if (kind === 'llm' || kind === 'tool') {
      references[r + REFERENCE.CALL] = row
      for (let i = 0; i < 4; i++) calls[row * CALL_STRIDE + i] = Math.floor(random() * 2 ** 50)
      calls[row * CALL_STRIDE + 3] = 4
    }
    figures.set(
      [
        atMs + row,
        200 + random() * 800,
        kind === 'llm' ? random() * 0.01 : 0,
        kind === 'llm' ? 900 : 0,
        kind === 'llm' ? 150 : 0,
      ],
      row * FIGURE_STRIDE,
    )
    // All spans of a trace have its id.
    ids.copyWithin(
      row * IDS_BYTES + 16,
      (row - (row % SPANS_PER_TRACE)) * IDS_BYTES + 16,
      (row - (row % SPANS_PER_TRACE)) * IDS_BYTES + 32,
    )
  }
  const tables = words.tables()
  return writeObservations({
    ...tables,
    sites,
    siteCount: rows,
    calls,
    callCount: rows,
    figures,
    references,
    ids,
    count: rows,
  })
}
