// Scrubbing of plain text: strings in, strings and UTF-16 spans out. Used by the `scrub` command, by `pipe`
// and by everything that is no OTLP payload.

import { Arena } from '../../../core/arena.ts'
import { keyMeaning } from '../detectors/key-names.ts'
import type { Judge, Judges } from '../judge/judge.ts'
import type { Scanner } from '../search/scanner.ts'
import type { Finding } from '../value/finding.ts'
import { ValueRange } from '../value/value-range.ts'

export interface TextSpan {
  readonly start: number
  readonly end: number
  readonly type: string
}

export interface ScrubbedText {
  readonly text: string
  readonly spans: TextSpan[]
}

export class TextScrubber {
  readonly #judges: Judges
  readonly #judge: Judge
  readonly #arena = new Arena(1024 * 1024)
  readonly #scanner: Scanner
  readonly #value = new ValueRange()
  /** Where the text being looked at stands in the arena. */
  #from = 0

  readonly #tenant: string

  constructor(judges: Judges, tenant = '') {
    this.#judges = judges
    this.#judge = judges.of(tenant)
    this.#tenant = tenant
    this.#scanner = judges.scanner(this.#arena)
  }

  scrub(text: string, field = ''): ScrubbedText {
    const findings = this.#find(text, field)
    if (findings.length === 0) return { text, spans: [] }
    return this.#replace(text, findings)
  }

  #find(text: string, field: string): readonly Finding[] {
    const arena = this.#arena
    arena.reset()
    this.#judges.work.open()
    const from = arena.appendText(text)
    const to = from + arena.lastLen
    this.#from = from
    const scanner = this.#scanner
    scanner.scan(from, to)
    const value = this.#value
      .set(arena.bytes, from, to)
      .scanned(scanner.candidates, 0, scanner.count)
    const found = this.#judge.find(value.under(keyMeaning(field), field === '' ? null : field))
    for (const f of found) {
      f.start -= from
      f.end -= from
    }
    return found
  }

  #replace(text: string, findings: readonly Finding[]): ScrubbedText {
    const offsets = utf16Offsets(text, findings)
    const spans: TextSpan[] = []
    const judge = this.#judge
    let out = ''
    let last = 0
    for (const [i, f] of findings.entries()) {
      const start = offsets[2 * i] as number
      const end = offsets[2 * i + 1] as number
      spans.push({ start, end, type: judge.typeName(f.type) })
      if (judge.actionOf(f.type) === 'report') continue
      const shifted = { ...f, start: this.#from + f.start, end: this.#from + f.end }
      const marker = judge.replacement(this.#value, shifted, this.#tenant)
      out += text.slice(last, start) + Buffer.from(marker).toString('latin1')
      last = end
    }
    return { text: out + text.slice(last), spans }
  }
}

/** UTF-16 positions of the findings' byte positions (of the same text in UTF-8), in order. */
function utf16Offsets(text: string, findings: readonly Finding[]): number[] {
  const out: number[] = []
  let bytes = 0
  let i = 0
  const advance = (to: number): void => {
    while (bytes < to) {
      const c = text.charCodeAt(i)
      if (c < 0x80) bytes += 1
      else if (c < 0x800) bytes += 2
      else if (c >= 0xd800 && c < 0xdc00 && isLow(text.charCodeAt(i + 1))) {
        bytes += 4
        i++
      } else bytes += 3
      i++
    }
  }
  for (const f of findings) {
    advance(f.start)
    out.push(i)
    advance(f.end)
    out.push(i)
  }
  return out
}

function isLow(c: number): boolean {
  return c >= 0xdc00 && c < 0xe000
}
