// Starts the sink: an HTTP server that reads, counts and discards, in place of a store or of another collector. It implements
// as much of OTLP/HTTP and of ClickHouse's HTTP interface as senders need.

import { join } from 'node:path'
import { loadBinary } from '../load/build.ts'
import { startProcess } from '../process.ts'

export interface SinkStats {
  readonly requests: number
  readonly bytes: number
  /** Spans in uncompressed OTLP protobuf. Gzip bodies are not decompressed. */
  readonly spans: number
  readonly inserts: number
  readonly queries: number
}

export interface Sink {
  /** `http://127.0.0.1:port`, both for OTLP and for ClickHouse. */
  readonly url: string
  readonly pid: number
  stats(): Promise<SinkStats>
  stop(): Promise<void>
}

export async function startSink(prefix: readonly string[] = []): Promise<Sink> {
  const binary = loadBinary()
  const program =
    binary === null
      ? [process.execPath, join(import.meta.dirname, 'node-sink.ts')]
      : [binary, 'sink']
  const child = startProcess({ name: 'sink', command: [...prefix, ...program] })
  const line = await child.outputMatching(/listening on (\S+)/)
  const url = `http://${line[1] ?? ''}`
  return {
    url,
    pid: child.pid,
    stop: () => child.stop(),
    stats: async () => {
      const response = await fetch(`${url}/stats`)
      return (await response.json()) as SinkStats // our own sink wrote it
    },
  }
}
