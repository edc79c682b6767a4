// The `scrub` verb: text in, scrubbed text out, line by line and without keeping more than a line. A private
// key spans lines, so lines between its BEGIN and END are held together.

import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { ScrubSettings } from './config.ts'
import { createTextScrubber, defaultSettings } from './create.ts'
import type { TextScrubber } from './text.ts'

export interface StreamOptions {
  /** `{id, field, text}` a line in, `{id, text, spans}` a line out. */
  readonly jsonl: boolean
  /** What `prepare` returned; default: an empty configuration. */
  readonly settings?: unknown
}

const LINE_MAX = 16 * 1024 * 1024
const KEY_LINES_MAX = 400

/** Scrubs `input` into `output`; resolves when all is written. */
export async function scrubStream(
  input: Readable,
  output: Writable,
  options: StreamOptions,
): Promise<void> {
  // What the registry hands over is what this component's `prepare` made.
  const settings = (options.settings as ScrubSettings | undefined) ?? defaultSettings()
  const scrubber = createTextScrubber(settings)
  const lines = options.jsonl ? new JsonLines(scrubber) : new PlainLines(scrubber)
  input.setEncoding('utf8')
  let rest = ''
  for await (const chunk of input) {
    rest += String(chunk)
    let from = 0
    let out = ''
    for (;;) {
      const end = rest.indexOf('\n', from)
      if (end < 0) break
      out += lines.line(rest.slice(from, end), '\n')
      from = end + 1
    }
    rest = rest.slice(from)
    if (rest.length > LINE_MAX) {
      out += lines.line(rest, '')
      rest = ''
    }
    if (out !== '' && !output.write(out)) await once(output, 'drain')
  }
  const tail = (rest === '' ? '' : lines.line(rest, '')) + lines.end()
  if (tail !== '' && !output.write(tail)) await once(output, 'drain')
}

interface LineScrubber {
  /** Scrubbed text of the line with its end, possibly later. */
  line(text: string, end: string): string
  end(): string
}

class JsonLines implements LineScrubber {
  readonly #scrubber: TextScrubber

  constructor(scrubber: TextScrubber) {
    this.#scrubber = scrubber
  }

  line(text: string, end: string): string {
    if (text.trim() === '') return ''
    const record = parseRecord(text)
    if (record === null) {
      const { text: clean } = this.#scrubber.scrub(text)
      return `${JSON.stringify({ error: 'not a JSON object with a text', text: clean })}${end || '\n'}`
    }
    const done = this.#scrubber.scrub(record.text, record.field)
    return `${JSON.stringify({ id: record.id, text: done.text, spans: done.spans })}${end || '\n'}`
  }

  end(): string {
    return ''
  }
}

function parseRecord(line: string): { id: unknown; field: string; text: string } | null {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('text' in value)) return null
    const { text } = value
    if (typeof text !== 'string') return null
    const field = 'field' in value && typeof value.field === 'string' ? value.field : ''
    return { id: 'id' in value ? value.id : null, field, text }
  } catch {
    // Not JSON: the caller says so in the output.
    return null
  }
}

class PlainLines implements LineScrubber {
  readonly #scrubber: TextScrubber
  #held: string[] = []

  constructor(scrubber: TextScrubber) {
    this.#scrubber = scrubber
  }

  line(text: string, end: string): string {
    const begins = text.includes('-----BEGIN') && !text.includes('-----END')
    if (this.#held.length === 0 && !begins) return this.#scrubber.scrub(text).text + end
    this.#held.push(text + end)
    if (!text.includes('-----END') && this.#held.length < KEY_LINES_MAX) return ''
    return this.end()
  }

  end(): string {
    if (this.#held.length === 0) return ''
    const all = this.#held.join('')
    this.#held = []
    return this.#scrubber.scrub(all).text
  }
}
