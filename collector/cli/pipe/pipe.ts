// `observa pipe`: runs the processors of a configuration over files or standard input, in this process, without
// network or stores. Several files are one stream in order, so usage is counted once over all of them.

import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ObservaConfig } from '../../../config/root.ts'
import { codeOf, messageOf, ObservaError } from '../../../core/errors.ts'
import { N, R } from '../../../core/fields.ts'
import { SpanView } from '../../../core/span-view.ts'
import type { TaskRequest } from '../../../core/task.ts'
import type { TenantContext } from '../../../core/tenant.ts'
import { visibleJson } from '../../../core/visible-text.ts'
import { ByteWriter } from '../../../proto/byte-writer.ts'
import { writeEventJson } from '../../../proto/event-json.ts'
import type { Chain } from '../../worker/chain.ts'
import { keptEvents, revisedEvents } from '../../worker/chain-output.ts'
import { CONFIG_OPTIONS, parse } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'
import { type PipeInput, requestsOf } from './pipe-input.ts'
import { PipeRun, tenantOf } from './pipe-run.ts'
import { WaitingLines } from './waiting-lines.ts'

const FORMS = ['auto', 'otlp-proto', 'otlp-json', 'ndjson'] as const
const TELEMETRY_CHOICES = ['auto', 'traces', 'logs'] as const
const FLUSH_BYTES = 256 * 1024
const CONTAINERS: ReadonlySet<string> = new Set(['agent', 'workflow', 'chain'])

export async function pipe(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('pipe', args, {
    ...CONFIG_OPTIONS,
    input: { type: 'string', default: 'auto' },
    signal: { type: 'string', default: 'auto' },
    pipeline: { type: 'string' },
    explain: { type: 'boolean', default: false },
    stream: { type: 'boolean', default: false },
    tenant: { type: 'string' },
  })
  const input = oneOf('--input', values.input, FORMS)
  // The option is called `--signal` because that is OpenTelemetry's word. In the code, a signal is what a rule found.
  const telemetry = oneOf('--signal', values.signal, TELEMETRY_CHOICES)
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const run = new PipePrinter(
    config,
    values.pipeline ?? null,
    values.explain,
    values.stream,
    tenantOf(values.tenant),
    io,
  )
  const files = positionals.length === 0 ? ['-'] : positionals
  let refused = false
  for (const file of files) {
    const source = {
      file,
      input,
      telemetry,
      open: () => openInput(file, io),
      read: () => readAll(file, io),
    }
    refused = (await run.file(source)) || refused
  }
  await run.end()
  return refused ? 1 : 0
}

function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === value)
  if (found !== undefined) return found
  throw new ObservaError(
    'OBS_CLI_ARGS',
    `${option} is "${value}".`,
    `Expected one of ${allowed.join(', ')}.`,
  )
}

const openInput = (file: string, io: Io): NodeJS.ReadableStream =>
  file === '-' ? io.stdin : createReadStream(file)

async function readAll(file: string, io: Io): Promise<Buffer> {
  if (file !== '-') return readFile(file)
  const chunks: Buffer[] = []
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

class PipePrinter {
  readonly #lineBytesMax: number
  readonly #explain: boolean
  readonly #tenant: TenantContext
  readonly #io: Io
  readonly #run: PipeRun
  readonly #out = new ByteWriter()
  /** The lines whose events may still be revised. Null when every line is printed at once. */
  readonly #waiting: WaitingLines | null

  constructor(
    config: ObservaConfig,
    pipelineId: string | null,
    explain: boolean,
    isStream: boolean,
    tenant: TenantContext,
    io: Io,
  ) {
    this.#waiting = isStream ? null : new WaitingLines()
    this.#tenant = tenant
    this.#lineBytesMax = config.limits.max_line_bytes
    this.#explain = explain
    this.#io = io
    this.#run = new PipeRun(config, { pipelineId, explain, isEncoding: false })
  }

  /** Processes one file. Returns true when the file was refused. */
  async file(source: PipeInput): Promise<boolean> {
    let refused = false
    try {
      for await (const request of requestsOf(source, this.#lineBytesMax)) {
        refused = this.#request({ ...request, tenant: this.#tenant }, source.file) || refused
        await this.#flush(FLUSH_BYTES)
      }
    } catch (thrown) {
      if (thrown instanceof ObservaError) throw thrown
      const hint = codeOf(thrown) === 'ENOENT' ? 'Check the path.' : ''
      throw new ObservaError(
        'OBS_PIPE_READ',
        `cannot read ${source.file}: ${messageOf(thrown)}.`,
        hint,
      )
    }
    return refused
  }

  /** Prints the lines that waited for the end of the input. */
  async end(): Promise<void> {
    for (const s of this.#run.finish()) this.#line({ record: 'signal', ...s })
    await this.#flush(0)
    for (const line of this.#waiting?.takeAll() ?? []) await this.#write(line)
  }

  async #flush(over: number): Promise<void> {
    for (const line of this.#waiting?.takeExcess() ?? []) await this.#write(line)
    if (this.#out.pos <= over) return
    const bytes = Buffer.from(this.#out.bytes.subarray(0, this.#out.pos))
    this.#out.reset()
    await this.#write(bytes)
  }

  async #write(bytes: Buffer): Promise<void> {
    if (!this.#io.stdout.write(visibleJson(bytes)))
      await new Promise<void>((resolve) => this.#io.stdout.once('drain', resolve))
  }

  #request(request: TaskRequest, file: string): boolean {
    const { chain, verdict } = this.#run.request(request)
    if (verdict.kind === 'refused') {
      this.#line({ record: 'rejected', file, code: verdict.code, reason: verdict.message })
      return true
    }
    for (const r of verdict.rejectedItems)
      this.#line({ record: 'rejected', file, item: r.item, reason: r.reason })
    for (const reason of verdict.reasons) this.#io.err(`${file}: ${reason}\n`)
    for (const revised of revisedEvents(chain))
      if (this.#waiting === null) this.#line({ record: 'event', ...revised })
      else this.#waiting.revise(revised)
    this.#events(chain)
    if (this.#explain) this.#dropped(chain)
    for (const s of chain.signals) this.#line({ record: 'signal', ...s })
    return false
  }

  #events(chain: Chain): void {
    const out = this.#out
    for (const e of keptEvents(chain)) {
      out.ascii('{"record":"event",')
      const start = out.pos
      writeEventJson(out, chain.events, e)
      // The event's opening brace is cut, because its fields continue the object that is already open.
      out.bytes.copyWithin(start, start + 1, out.pos)
      out.pos--
      if (this.#explain) this.#explanation(chain, e)
      else if (this.#waiting === null) this.#markProvisional(chain, e)
      out.ascii('\n')
      this.#endLine(chain.events.hex(e, R.event_id))
    }
  }

  /** With `--stream`, marks a container whose count may decrease when the calls inside it arrive. */
  #markProvisional({ events }: Chain, e: number): void {
    const isCounted = !(events.num(e, N.usage_aggregate) > 0) && events.num(e, N.total_tokens) > 0
    if (!isCounted || !CONTAINERS.has(events.text(e, R.kind) ?? '')) return
    this.#out.pos--
    this.#out.ascii(',"provisional":true}')
  }

  /** Keeps the line at the end of `#out` back, unless every line is printed at once. */
  #endLine(eventId: string | null): void {
    if (this.#waiting === null) return
    this.#waiting.add(Buffer.from(this.#out.bytes.subarray(0, this.#out.pos)), eventId)
    this.#out.reset()
  }

  #explanation(chain: Chain, e: number): void {
    const fields: Record<string, { source: string; rule: string }> = {}
    for (const p of chain.events.explain?.[e] ?? [])
      fields[p.field] = { source: p.source, rule: p.rule }
    this.#out.pos--
    const span = chain.events.spanRowOf(e)
    const scrubbed = chain.batch.secretNotes.get(span) ?? []
    this.#out.raw(
      Buffer.from(`,"explain":${JSON.stringify(fields)},"scrubbed":${JSON.stringify(scrubbed)}}`),
    )
  }

  /**
   * Prints the spans that an action removed, with their ids and findings, so that the effect of a dropping rule is
   * visible.
   */
  #dropped(chain: Chain): void {
    const { batch } = chain
    const view = new SpanView(batch)
    const id = (off: number, bytes: number): string | null =>
      off < 0 ? null : Buffer.from(batch.arena.bytes.subarray(off, off + bytes)).toString('hex')
    for (const [span, scrubbed] of batch.secretNotes) {
      if (!batch.isDropped(span)) continue
      const { traceIdOffset, spanIdOffset } = view.at(span)
      this.#line({
        record: 'dropped',
        trace_id: id(traceIdOffset, 16),
        span_id: id(spanIdOffset, 8),
        scrubbed,
      })
    }
  }

  #line(value: unknown): void {
    this.#out.raw(Buffer.from(`${JSON.stringify(value)}\n`))
    this.#endLine(null)
  }
}
