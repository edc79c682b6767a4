// Runs the load client as a separate process and reads its report. Uses the Go client if it can be built, otherwise the Node
// client, which has the same flags and report.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { loadBinary } from './build.ts'

export interface LoadOptions {
  readonly url: string
  /** The directory written by `writeBodies`. */
  readonly directory: string
  readonly seconds: number
  readonly connections: number
  /** Spans a second, for an open loop. Without it the loop is closed. */
  readonly rate?: number
  /** Stop after this many requests. */
  readonly requests?: number
  readonly gzip?: boolean
  /** Honour Retry-After of 429 and 503 and send the request again. */
  readonly retry?: boolean
  /** For gzip in a closed loop: how many different bodies are compressed before the clock starts. */
  readonly gzipPool?: number
  readonly headers?: readonly string[]
  /** Number of the first copy. A later run must start from `LoadReport.copies`, because the earlier numbers are used up. */
  readonly firstCopy?: number
  /** Words put before the command, such as `taskset -c 1`. */
  readonly prefix?: readonly string[]
}

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  readonly mean: number
}

export interface LoadReport {
  readonly mode: 'closed' | 'open'
  readonly connections: number
  readonly gzip: boolean
  readonly seconds: number
  readonly requests: number
  readonly spansAccepted: number
  readonly spansRejected: number
  readonly spansPerS: number
  readonly status: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  readonly retries: number
  /** The latency. In an open loop it is measured from the scheduled start of each request. */
  readonly latencyMs: Percentiles
  /** The delay between the scheduled and the actual start of requests. */
  readonly latenessMs: Percentiles
  readonly clientCpuSeconds: number
  /** CPU time spent before the clock started, on reading and compressing bodies. */
  readonly preparationCpuSeconds: number
  /** Gzip bodies that had to be made while the clock ran, because too few were prepared. */
  readonly gzipOnTheFly: number
  readonly copies: number
}

export function runLoad(options: LoadOptions): Promise<LoadReport> {
  const binary = loadBinary()
  const program =
    binary === null
      ? [process.execPath, join(import.meta.dirname, 'node-client.ts')]
      : [binary, 'client']
  const [command = '', ...args] = [...(options.prefix ?? []), ...program, ...flags(options)]
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    child.stdout.on('data', (chunk) => (out += String(chunk)))
    child.stderr.on('data', (chunk) => (errors += String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0)
        resolve(JSON.parse(out) as LoadReport) // our own client wrote it
      else reject(new Error(`load client failed (${code}): ${errors}`))
    })
  })
}

function flags(options: LoadOptions): string[] {
  const list = [`-url=${options.url}`, `-dir=${options.directory}`, `-duration=${options.seconds}s`]
  list.push(`-connections=${options.connections}`, `-first-copy=${options.firstCopy ?? 0}`)
  if (options.rate !== undefined) list.push('-mode=open', `-rate=${options.rate}`)
  if (options.requests !== undefined) list.push(`-requests=${options.requests}`)
  if (options.gzip === true) list.push('-gzip')
  if (options.retry === true) list.push('-retry')
  if (options.gzipPool !== undefined) list.push(`-pool=${options.gzipPool}`)
  if (options.headers !== undefined && options.headers.length > 0)
    list.push(`-headers=${options.headers.join('|')}`)
  return list
}
