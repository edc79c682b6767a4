// `observa reconcile FILE`: compares a provider's usage export with what was counted, by a running instance or from
// events in a file.

import { buffer as bytesOfStream } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { messageOf, ObservaError } from '../../../core/errors.ts'
import { ExportError, PROVIDERS, type Provider } from '../../../storage/reconcile/billed.ts'
import {
  type Comparison,
  compare,
  type Reconciliation,
} from '../../../storage/reconcile/compare.ts'
import { type ExportFile, readExport } from '../../../storage/reconcile/export-file.ts'
import { countedOf } from '../../../storage/reconcile/printed-events.ts'
import { parse, readNamed } from '../args.ts'
import type { Io } from '../io.ts'
import { reportText } from './text.ts'

const TIMEOUT_MS = 120_000

export async function reconcileCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('reconcile', args, {
    url: { type: 'string' },
    api: { type: 'string' },
    'api-key': { type: 'string' },
    provider: { type: 'string' },
    'key-field': { type: 'string' },
    events: { type: 'string' },
    json: { type: 'boolean' },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw misuse('reconcile needs one file.')
  const content = decoded(file === '-' ? await bytesOfStream(io.stdin) : await readNamed(file))
  const provider = providerNamed(values.provider)
  const keyField = values['key-field'] ?? null
  const result =
    values.events === undefined
      ? await ask(values.url ?? values.api ?? 'http://127.0.0.1:3000', {
          content,
          provider,
          keyField,
          apiKey: values['api-key'] ?? io.env['OBSERVA_API_KEY'] ?? null,
        })
      : offline(content, provider, keyField, String(await readNamed(values.events)))
  io.out(values.json === true ? `${JSON.stringify(result)}\n` : reportText(result))
  return result.different === 0 ? 0 : 1
}

function providerNamed(name: string | undefined): Provider | null {
  if (name === undefined) return null
  const found = PROVIDERS.find((x) => x === name)
  if (found === undefined) throw misuse(`--provider is one of ${PROVIDERS.join(', ')}.`)
  return found
}

function offline(
  content: string,
  provider: Provider | null,
  keyField: string | null,
  events: string,
): Reconciliation {
  const file = readOrRefuse(content, provider)
  if (file === null) throw unknownForm()
  if (file.days === null)
    throw new ObservaError(
      'OBS_RECONCILE',
      ['The export has no row with a day.', ...file.notes].join(' '),
    )
  const lines = events.split('\n').filter((line) => line.trim() !== '')
  const counted = countedOf(lines.map(parsedLine), file.provider, keyField)
  return compare(file, counted, { byKey: keyField !== null })
}

function readOrRefuse(content: string, provider: Provider | null): ExportFile | null {
  try {
    return readExport(content, provider)
  } catch (error) {
    if (error instanceof ExportError) throw new ObservaError('OBS_RECONCILE', error.message)
    throw error
  }
}

const UNZIPPED_MAX = 256 * 1024 * 1024

/** Bedrock's logs and AWS' reports lie gzipped in their bucket. */
function unzipped(file: Uint8Array): Uint8Array {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file
  try {
    return gunzipSync(file, { maxOutputLength: UNZIPPED_MAX })
  } catch (error) {
    throw new ObservaError('OBS_RECONCILE', `The gzip file cannot be read: ${messageOf(error)}.`)
  }
}

/** Spreadsheets write UTF-16, too, and say so in the first two bytes, or have a zero in each pair of the first column's name. */
function decoded(file: Uint8Array): string {
  const bytes = unzipped(file)
  const [first, second] = bytes
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0)
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0)
  return new TextDecoder(isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8').decode(bytes)
}

function parsedLine(line: string): unknown {
  try {
    const parsed: unknown = JSON.parse(line)
    return parsed
  } catch {
    throw misuse('--events is a file with one JSON object a line, as `observa pipe` prints them.')
  }
}

interface Question {
  readonly content: string
  readonly provider: Provider | null
  readonly keyField: string | null
  readonly apiKey: string | null
}

/** Checks only the parts of the response that are printed by name. The rest is printed as the instance sent it. */
const answerSchema = z.looseObject({
  data: z.array(z.looseObject({ day: z.string() })),
  different: z.number(),
})

async function ask(url: string, question: Question): Promise<Reconciliation> {
  const { content, provider, keyField, apiKey } = question
  const response = await post(`${url.replace(/\/+$/, '')}/api/v1/reconcile`, apiKey, {
    content,
    ...(provider === null ? {} : { provider }),
    ...(keyField === null ? {} : { key_field: keyField }),
  })
  const body: unknown = await response.json().catch(() => null)
  const answer = answerSchema.safeParse(body)
  if (!response.ok || !answer.success) {
    const refused = z.object({ error: z.object({ message: z.string() }) }).safeParse(body)
    const why = refused.success ? refused.data.error.message : `status ${response.status}`
    throw new ObservaError('OBS_RECONCILE', `The instance did not compare: ${why}`)
  }
  const { data, ...rest } = answer.data
  // The route's schema and this type describe the same rows, which `compare` makes.
  return { ...rest, rows: data } as unknown as Reconciliation & { rows: readonly Comparison[] }
}

async function post(url: string, apiKey: string | null, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (thrown) {
    throw new ObservaError(
      'OBS_RECONCILE',
      `No instance answers at ${url}: ${messageOf(thrown)}`,
      'Start one with "observa run", name it with --url, or give events with --events.',
    )
  }
}

function unknownForm(): ObservaError {
  return new ObservaError(
    'OBS_RECONCILE',
    'The file is not a known form of a usage export of OpenAI, Anthropic, Bedrock or OpenRouter.',
    'docs/accounting.md lists the forms.',
  )
}

function misuse(message: string): ObservaError {
  return new ObservaError('OBS_CLI_ARGS', message, 'See: observa reconcile --help')
}
