// An observation: what the detection of traces and trends needs to know of an event. Workers write the observations of a task beside
// its events (`encode.ts`), the detector reads them in the order of the log. Nothing of the content is in them but hashes and, of a
// failed call, the beginning of its scrubbed error message.
//
// Layout: length of the words and number of observations (uint32 each); the words as a JSON array of texts, padded with spaces to a
// multiple of 8; rows of `OBSERVATION_STRIDE` float64; the ids of each, 48 bytes.

/** Columns of a row. Those before `FLAGS` are indexes of words, -1 for none; times and durations are ms, hashes whole numbers. */
export const COLUMN = {
  TENANT: 0,
  PROJECT: 1,
  ENVIRONMENT: 2,
  SERVICE: 3,
  VERSION: 4,
  KIND: 5,
  NAME: 6,
  ROUTE: 7,
  PROVIDER: 8,
  MODEL: 9,
  RESPONSE_MODEL: 10,
  TOOL: 11,
  AGENT: 12,
  CONVERSATION: 13,
  SESSION: 14,
  USER: 15,
  ERROR_TYPE: 16,
  ERROR_MESSAGE: 17,
  FINISH: 18,
  FLAGS: 19,
  START: 20,
  DURATION: 21,
  INPUT: 22,
  OUTPUT: 23,
  COST: 24,
  /** Hash of what was asked: tool and arguments, or model and messages; 0 when it was not recorded. */
  KEY: 25,
  /** Hash of what came back; 0 when it was not recorded. */
  RESULT: 26,
  /** Hashes of up to four words of a search, each with the tool and the numbers in it; 0 for none. */
  WORD_1: 27,
  WORD_2: 28,
  WORD_3: 29,
  WORD_4: 30,
  /** Messages that were sent to a model. */
  MESSAGES: 31,
  /** Hash of the system message. */
  SYSTEM: 32,
} as const

export const OBSERVATION_STRIDE = 33
export const IDS_BYTES = 48
const HEADER_BYTES = 8

export const FLAG = {
  ERROR: 1,
  /** Its figures repeat those of other events. */
  AGGREGATE: 2,
  /** A second report of a call, or a log record that belongs to a span. */
  REPEATED: 4,
  /** What was sent holds a summary of what was said before. */
  SUMMARY: 8,
} as const

/** An observation as the detector reads it. Ids are hex; a parent that is not there is ''. */
export interface Observation {
  readonly tenant: string
  readonly project: string
  readonly environment: string
  readonly service: string
  readonly version: string
  readonly kind: string
  readonly name: string
  readonly route: string
  readonly provider: string
  readonly model: string
  readonly responseModel: string
  readonly tool: string
  readonly agent: string
  readonly conversation: string
  readonly session: string
  readonly user: string
  readonly errorType: string
  readonly errorMessage: string
  readonly finish: string
  readonly flags: number
  readonly startMs: number
  readonly endMs: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  readonly key: number
  readonly result: number
  readonly words: readonly number[]
  readonly messages: number
  readonly system: number
  readonly event: string
  readonly trace: string
  readonly span: string
  readonly parent: string
}

/** `rows` and `ids` are used up to `count` observations. */
export function writeObservations(
  words: readonly string[],
  rows: Float64Array,
  ids: Uint8Array,
  count: number,
): Uint8Array {
  const json = Buffer.from(JSON.stringify(words), 'utf8')
  const padded = Math.ceil(json.length / 8) * 8
  const rowsBytes = count * OBSERVATION_STRIDE * 8
  const out = Buffer.allocUnsafeSlow(HEADER_BYTES + padded + rowsBytes + count * IDS_BYTES)
  out.writeUInt32LE(padded, 0)
  out.writeUInt32LE(count, 4)
  out.fill(' ', HEADER_BYTES, HEADER_BYTES + padded)
  json.copy(out, HEADER_BYTES)
  out.set(new Uint8Array(rows.buffer, 0, rowsBytes), HEADER_BYTES + padded)
  out.set(ids.subarray(0, count * IDS_BYTES), HEADER_BYTES + padded + rowsBytes)
  return out
}

/** The observations in bytes that `writeObservations` made. */
export function* readObservations(bytes: Uint8Array): Generator<Observation> {
  const buf = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const padded = buf.readUInt32LE(0)
  const count = buf.readUInt32LE(4)
  const rowsAt = HEADER_BYTES + padded
  const idsAt = rowsAt + count * OBSERVATION_STRIDE * 8
  // Our own writer made it: an array of texts.
  const words = JSON.parse(buf.toString('utf8', HEADER_BYTES, rowsAt)) as string[]
  // A copy, because the bytes may begin anywhere and floats must be aligned.
  const rows = new Float64Array(new Uint8Array(buf.subarray(rowsAt, idsAt)).buffer)
  for (let i = 0; i < count; i++) yield observationAt(words, rows, buf, i, idsAt + i * IDS_BYTES)
}

function observationAt(
  words: readonly string[],
  rows: Float64Array,
  buf: Buffer,
  index: number,
  ids: number,
): Observation {
  const row = index * OBSERVATION_STRIDE
  const num = (column: number): number => rows[row + column] as number
  const word = (column: number): string => words[num(column)] ?? ''
  const start = num(COLUMN.START)
  return {
    tenant: word(COLUMN.TENANT),
    project: word(COLUMN.PROJECT),
    environment: word(COLUMN.ENVIRONMENT),
    service: word(COLUMN.SERVICE),
    version: word(COLUMN.VERSION),
    kind: word(COLUMN.KIND),
    name: word(COLUMN.NAME),
    route: word(COLUMN.ROUTE),
    provider: word(COLUMN.PROVIDER),
    model: word(COLUMN.MODEL),
    responseModel: word(COLUMN.RESPONSE_MODEL),
    tool: word(COLUMN.TOOL),
    agent: word(COLUMN.AGENT),
    conversation: word(COLUMN.CONVERSATION),
    session: word(COLUMN.SESSION),
    user: word(COLUMN.USER),
    errorType: word(COLUMN.ERROR_TYPE),
    errorMessage: word(COLUMN.ERROR_MESSAGE),
    finish: word(COLUMN.FINISH),
    flags: num(COLUMN.FLAGS),
    startMs: start,
    endMs: start + Math.max(0, num(COLUMN.DURATION)),
    inputTokens: num(COLUMN.INPUT),
    outputTokens: num(COLUMN.OUTPUT),
    costUsd: num(COLUMN.COST),
    key: num(COLUMN.KEY),
    result: num(COLUMN.RESULT),
    words: [num(COLUMN.WORD_1), num(COLUMN.WORD_2), num(COLUMN.WORD_3), num(COLUMN.WORD_4)],
    messages: num(COLUMN.MESSAGES),
    system: num(COLUMN.SYSTEM),
    event: buf.toString('hex', ids, ids + 16),
    trace: buf.toString('hex', ids + 16, ids + 32),
    span: buf.toString('hex', ids + 32, ids + 40),
    parent: parentOf(buf, ids + 40),
  }
}

function parentOf(buf: Buffer, at: number): string {
  const hex = buf.toString('hex', at, at + 8)
  return hex === '0000000000000000' ? '' : hex
}
