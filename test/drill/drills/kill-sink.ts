// SIGKILL under load with a destination of OTLP/HTTP that is down in half of the cycles, for this product and, side by side, for
// the OpenTelemetry Collector with its persistent queue. Both deliver at least once there, so what arrives again is a figure
// and no finding.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Instance } from '../../instance.ts'
import { type Drill, nothingMissing, type Report, type Round, reportOf } from '../drill.ts'
import { OtlpSink } from '../otlp-sink.ts'
import { Collector, missingCollector } from '../peer.ts'
import { type Killable, killAgain } from './kill.ts'

/** Everything is delivered in the end, so the last start finds the destination up. */
async function killWithSink(
  round: Round,
  start: (dir: string, sinkUrl: string) => Promise<Killable>,
): Promise<Report> {
  const sink = await OtlpSink.start()
  const dir = await mkdtemp(join(tmpdir(), 'observa-drill-'))
  let downs = 0
  try {
    const { books, cycles, last } = await killAgain(round, (cycle) => {
      sink.isUp = cycle >= round.cycles || round.isOver() || round.random() < 0.5
      if (!sink.isUp) downs++
      return start(dir, sink.url)
    })
    const findings = books.check(sink.arrivals)
    await last.kill('SIGTERM')
    const notes = { delivered_again: findings.doubled, cycles_with_the_destination_down: downs }
    return reportOf(books, { ...findings, doubled: 0 }, cycles, notes)
  } finally {
    await sink.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

const config = (sinkUrl: string): string => `
workers: { count: 2 }
exporters:
  otlp_http: { endpoint: "${sinkUrl}", compression: none }
service:
  pipelines:
    traces: { exporters: [otlp_http] }
    logs: { exporters: [otlp_http] }
`

const common = {
  cycle: 'a start, load, and a kill at a random moment',
  cycles: 20,
  roundCycles: 20,
}

export const killSink: Drill = {
  ...common,
  name: 'kill-sink',
  about: 'SIGKILL under load with an OTLP destination that is down half of the time',
  missing: nothingMissing,
  run: (round) =>
    killWithSink(round, (dir, sinkUrl) => Instance.start({ dir, config: config(sinkUrl) })),
}

export const killCollector: Drill = {
  ...common,
  name: 'kill-collector',
  about: 'the same for the OpenTelemetry Collector with its persistent queue, for comparison',
  missing: missingCollector,
  run: (round) =>
    killWithSink(round, (dir, sinkUrl) => Collector.start(join(dir, 'queue'), sinkUrl)),
}
