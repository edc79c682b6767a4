// The `scrub` command: bytes in, scrubbed bytes out, line by line and without keeping more than a few lines. What is no
// secret leaves as it came: line ends, bytes that are no UTF-8, a last line without an end. Each line is judged
// with the two before it in view (`name: DB_PASSWORD` above `value: ..`); a private key and a quoted-printable
// word span lines, so lines are held until they end.

import { once } from 'node:events'

export interface StreamOutcome {
  readonly lines: number
  /** Lines of `jsonl` that were no record. */
  readonly invalid: number
}

/** A longer line is cut where a word ends; of `jsonl` it is refused. */
export const LINE_MAX = 16 * 1024 * 1024
const CUT_REACH = 64 * 1024
const HELD_LINES_MAX = 400
const NEWLINE = 0x0a

/** Scrubs `input` into `output`; resolves when all is written. */
export async function scrubLines(
  input: AsyncIterable<unknown>,
  output: NodeJS.WritableStream,
  lines: Lines,
): Promise<StreamOutcome> {
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (bytes.length > 0 && !output.write(bytes)) await once(output, 'drain')
  }
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of input) {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer)
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const out: Uint8Array[] = []
    let from = 0
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
      out.push(lines.line(rest.subarray(from, end + 1)))
      from = end + 1
    }
    rest = rest.subarray(from)
    while (rest.length > LINE_MAX) {
      const cut = lines.cut(rest)
      out.push(lines.line(rest.subarray(0, cut)))
      rest = rest.subarray(cut)
    }
    await write(Buffer.concat(out))
  }
  if (rest.length > 0) await write(lines.line(rest))
  await write(lines.end())
  return { lines: lines.count, invalid: lines.invalid }
}

/** What becomes of the lines of a stream. */
export interface Lines {
  readonly count: number
  readonly invalid: number
  /** Scrubbed bytes of a line with its end, possibly later. */
  line(bytes: Buffer): Uint8Array
  /** How much of a line that is too long is taken. */
  cut(bytes: Buffer): number
  end(): Uint8Array
}

/** `text.ts` does. */
interface ScrubsText {
  scrub(text: string, field?: string): { readonly text: string; readonly spans: unknown }
}

/** `lines.ts` does. */
interface ScrubsLines {
  scrub(line: Buffer): Uint8Array
}

const EMPTY = new Uint8Array(0)

export class JsonLines implements Lines {
  readonly #scrubber: ScrubsText
  count = 0
  invalid = 0
  /** The line that was cut goes on. */
  #isCut = false

  constructor(scrubber: ScrubsText) {
    this.#scrubber = scrubber
  }

  cut(): number {
    this.#isCut = true
    return LINE_MAX
  }

  line(bytes: Buffer): Uint8Array {
    if (this.#isCut) return this.#tooLong(bytes)
    this.count++
    const line = bytes.toString('utf8').replace(/^\ufeff/, '')
    if (line.trim() === '') return EMPTY
    const record = parseRecord(line)
    if (record === null) {
      this.invalid++
      const { text } = this.#scrubber.scrub(line.replace(/\r?\n$/, ''))
      return json({ error: 'not a JSON object with a text', line: this.count, text })
    }
    const done = this.#scrubber.scrub(record.text, record.field)
    return json({ id: record.id, text: done.text, spans: done.spans })
  }

  #tooLong(bytes: Buffer): Uint8Array {
    if (bytes[bytes.length - 1] !== NEWLINE) return EMPTY
    this.#isCut = false
    this.count++
    this.invalid++
    return json({ error: `longer than ${LINE_MAX} bytes`, line: this.count, text: '' })
  }

  end(): Uint8Array {
    return this.#isCut ? this.#tooLong(Buffer.from('\n')) : EMPTY
  }
}

function json(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`)
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

export class PlainLines implements Lines {
  readonly #scrubber: ScrubsLines
  count = 0
  readonly invalid = 0
  #held: Buffer[] = []
  #holdsKey = false

  constructor(scrubber: ScrubsLines) {
    this.#scrubber = scrubber
  }

  /** Behind the last blank within reach of the limit, so that no word is cut; else at the limit. */
  cut(bytes: Buffer): number {
    for (let i = LINE_MAX; i > LINE_MAX - CUT_REACH; i--)
      if ((bytes[i - 1] as number) <= 0x20) return i
    return LINE_MAX
  }

  line(bytes: Buffer): Uint8Array {
    this.count++
    if (this.#held.length === 0 && !this.#opens(bytes)) return this.#scrubber.scrub(bytes)
    this.#held.push(Buffer.from(bytes))
    const goesOn = this.#holdsKey ? !bytes.includes('-----END') : isSoftBreak(bytes)
    return goesOn && this.#held.length < HELD_LINES_MAX ? EMPTY : this.end()
  }

  /** A private key begins, or a quoted-printable word goes on in the next line. */
  #opens(bytes: Buffer): boolean {
    this.#holdsKey = bytes.includes('-----BEGIN') && !bytes.includes('-----END')
    return this.#holdsKey || isSoftBreak(bytes)
  }

  end(): Uint8Array {
    if (this.#held.length === 0) return EMPTY
    const all = Buffer.concat(this.#held)
    this.#held = []
    this.#holdsKey = false
    return this.#scrubber.scrub(all)
  }
}

/** Ends in `x=` and a line end. */
function isSoftBreak(line: Buffer): boolean {
  let end = line.length
  if (line[end - 1] !== NEWLINE) return false
  end--
  if (line[end - 1] === 0x0d) end--
  const before = line[end - 2] ?? 0
  return line[end - 1] === 0x3d && before > 0x20 && before !== 0x3d
}
