// A site: what the events of one place in an application have in common. The detector has one object for each, so that names are
// compared and looked up once for many events.

import { grownInts } from '../core/grow.ts'

/** Columns of a site: what many events of an application have in common. Numbers of words, -1 for none. */
export const SITE = {
  TENANT: 0,
  PROJECT: 1,
  ENVIRONMENT: 2,
  SERVICE: 3,
  KIND: 4,
  NAME: 5,
  ROUTE: 6,
  PROVIDER: 7,
  MODEL: 8,
  RESPONSE_MODEL: 9,
  TOOL: 10,
  AGENT: 11,
  ERROR_TYPE: 12,
} as const
export const SITE_WORDS = 13
export const SITE_STRIDE = 16

/** Sites that are remembered; an application has some for each of its operations. */
const SITES_MAX = 20_000

export interface Site {
  readonly tenant: string
  readonly project: string
  readonly environment: string
  readonly service: string
  readonly kind: string
  readonly name: string
  readonly route: string
  readonly provider: string
  readonly model: string
  readonly responseModel: string
  readonly tool: string
  readonly agent: string
  readonly errorType: string
  /** Tenant and project, for keys. */
  readonly scope: string
  /** What calls are made to: the tool, else the model. */
  readonly subject: string
  /** Its number among the `Sites` of the same generation; -1 for a site of a snapshot. */
  readonly slot: number
}

/** Words of sites that are remembered: names of spans may have ids in them. */
const WORDS_MAX = 100_000
const SLOTS = 65_536
const NONE = -1

/** Knows a site by the numbers of its words, so that no text is put together to look it up. */
export class Sites {
  readonly #numbers = new Map<string, number>()
  #sites: Site[] = []
  /** By site: the numbers of its words. */
  #rows = new Int32Array(1024 * SITE_WORDS)
  /** Site + 1 by hash, 0 for none: open addressing. */
  readonly #slots = new Int32Array(SLOTS)
  /** By word of a task: its number here, NONE before it was looked up. */
  #numberOf = new Int32Array(1024)
  readonly #row = new Int32Array(SITE_WORDS)
  /** Goes up when numbers of sites begin anew. */
  generation = 0

  get size(): number {
    return this.#sites.length
  }

  /** The objects of `count` sites of a task: rows of numbers of `words`, -1 for none. */
  of(words: readonly string[], rows: Int32Array, count: number): Site[] {
    if (this.#sites.length + count > SITES_MAX || this.#numbers.size > WORDS_MAX) this.#clear()
    if (this.#numberOf.length < words.length) this.#numberOf = new Int32Array(words.length * 2)
    this.#numberOf.fill(NONE, 0, words.length)
    const out: Site[] = []
    for (let i = 0; i < count; i++) out.push(this.#of(words, rows, i * SITE_STRIDE))
    return out
  }

  /** What spans and series hold of the old sites stays; events to come get new ones. */
  #clear(): void {
    this.generation++
    this.#numbers.clear()
    this.#sites = []
    this.#slots.fill(0)
  }

  #of(words: readonly string[], rows: Int32Array, at: number): Site {
    const row = this.#row
    let hash = 0
    for (let i = 0; i < SITE_WORDS; i++) {
      const number = this.#number(words, rows[at + i] as number)
      row[i] = number
      hash = Math.imul(hash ^ number, 0x9e37_79b1)
      hash ^= hash >>> 15
    }
    for (let i = hash & (SLOTS - 1); ; i = (i + 1) & (SLOTS - 1)) {
      const known = (this.#slots[i] as number) - 1
      if (known < 0) return this.#add(i, words, rows, at)
      if (this.#isRow(known)) return this.#sites[known] as Site
    }
  }

  #number(words: readonly string[], word: number): number {
    if (word < 0) return NONE
    let number = this.#numberOf[word] as number
    if (number !== NONE) return number
    const text = words[word] as string
    number = this.#numbers.get(text) ?? this.#numbers.size
    if (number === this.#numbers.size) this.#numbers.set(text, number)
    this.#numberOf[word] = number
    return number
  }

  #isRow(site: number): boolean {
    const from = site * SITE_WORDS
    for (let i = 0; i < SITE_WORDS; i++) if (this.#rows[from + i] !== this.#row[i]) return false
    return true
  }

  #add(slot: number, words: readonly string[], rows: Int32Array, at: number): Site {
    const number = this.#sites.length
    if ((number + 1) * SITE_WORDS > this.#rows.length)
      this.#rows = grownInts(this.#rows, (number + 1) * SITE_WORDS)
    this.#rows.set(this.#row, number * SITE_WORDS)
    this.#slots[slot] = number + 1
    const site = siteOf(
      Array.from({ length: SITE_WORDS }, (_, i) => words[rows[at + i] as number] ?? ''),
      number,
    )
    this.#sites.push(site)
    return site
  }
}

/** A site of words in the order of the columns `SITE`. */
export function siteOf(words: readonly string[], slot = -1): Site {
  const word = (column: number): string => words[column] ?? ''
  const tool = word(SITE.TOOL)
  const model = word(SITE.MODEL)
  return {
    tenant: word(SITE.TENANT),
    project: word(SITE.PROJECT),
    environment: word(SITE.ENVIRONMENT),
    service: word(SITE.SERVICE),
    kind: word(SITE.KIND),
    name: word(SITE.NAME),
    route: word(SITE.ROUTE),
    provider: word(SITE.PROVIDER),
    model,
    responseModel: word(SITE.RESPONSE_MODEL),
    tool,
    agent: word(SITE.AGENT),
    errorType: word(SITE.ERROR_TYPE),
    scope: `${word(SITE.TENANT)}\0${word(SITE.PROJECT)}\0`,
    subject: tool === '' ? model : tool,
    slot,
  }
}

/** The words of a site, for a snapshot. */
export function wordsOfSite(s: Site): string[] {
  return [
    s.tenant,
    s.project,
    s.environment,
    s.service,
    s.kind,
    s.name,
    s.route,
    s.provider,
    s.model,
    s.responseModel,
    s.tool,
    s.agent,
    s.errorType,
  ]
}
