// Rotel, a collector written in Rust, as a subject of measurements. Its binary comes in a wheel, which is installed once into
// build/ (which is not committed).

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../test/ports.ts'
import { pinTo, startProcess } from '../process.ts'
import type { StartSubject, Subject } from '../subject.ts'
import type { BodyForm } from '../traffic/generate.ts'

const VERSION = '0.0.1a15'
const DIRECTORY = join(import.meta.dirname, 'build', 'rotel')
const BINARY = join(DIRECTORY, 'rotel', 'rotel-agent')
const START_MS_MAX = 30_000

interface RotelVariant {
  readonly exporter: readonly string[]
  readonly describe: string
}

const VARIANTS: Readonly<Record<string, (sinkUrl: string) => RotelVariant>> = {
  'rotel-nop': () => ({
    exporter: ['--exporter=blackhole'],
    describe: `Rotel ${VERSION}: OTLP in, dropped`,
  }),
  'rotel-clickhouse': (sinkUrl) => ({
    exporter: ['--exporter=clickhouse', `--clickhouse-exporter-endpoint=${sinkUrl}`],
    describe: `Rotel ${VERSION}: OTLP in, ClickHouse rows to the sink; nothing else is done, nothing is durable`,
  }),
}

export const rotelSubjects: readonly Subject[] = Object.entries(VARIANTS).map(
  ([name, variant]) => ({
    name,
    describe: variant('').describe,
    start: (options) => startRotel(name, variant(options.sinkUrl), options),
  }),
)

/** Path of the binary. Throws with the reason if it cannot be installed on this machine. */
export function rotelBinary(): string {
  if (existsSync(BINARY)) return BINARY
  mkdirSync(DIRECTORY, { recursive: true })
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', DIRECTORY]
  const result = spawnSync('python3', [...pip, `rotel==${VERSION}`], { encoding: 'utf8' })
  if (result.status !== 0 || !existsSync(BINARY))
    throw new Error(
      `rotel ${VERSION} could not be installed; Python 3 with pip and its index are needed:\n${result.error?.message ?? result.stderr}`,
    )
  return BINARY
}

async function startRotel(name: string, variant: RotelVariant, options: StartSubject) {
  const [http, grpc] = [await freePort(), await freePort()]
  const files = join(DIRECTORY, String(http))
  const child = startProcess({
    name,
    command: [
      ...pinTo(options.cpus),
      rotelBinary(),
      'start',
      `--otlp-http-endpoint=127.0.0.1:${http}`,
      `--otlp-grpc-endpoint=127.0.0.1:${grpc}`,
      `--pid-file=${files}.pid`,
      `--log-file=${files}.log`,
      ...variant.exporter,
    ],
  })
  const url = `http://127.0.0.1:${http}/v1/traces`
  await child.until('listening', START_MS_MAX, async () => {
    const headers = { 'content-type': 'application/x-protobuf' }
    return (await fetch(url, { method: 'POST', headers, body: new Uint8Array() })).ok
  })
  return {
    process: child,
    url: (form: BodyForm) => {
      if (form !== 'protobuf') throw new Error('Rotel takes protobuf only')
      return url
    },
    stop: () => child.stop(),
    // It serves no metrics. Its batches are sent within 200 ms, which every measurement waits for anyway.
    metrics: () => Promise.resolve(''),
    lost: () => 0,
    pending: () => Promise.resolve(0),
  }
}

if (import.meta.main) process.stdout.write(`${rotelBinary()}\n`)
