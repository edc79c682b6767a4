// SIGHUP under load. The processors change with each reload; no request may be refused or lost.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../../instance.ts'
import { type Drill, nothingMissing, type Report, type Round } from '../drill.ts'
import { type LoadedInstance, underLoad } from '../under-load.ts'

/** Both pipelines, with an additional first step that marks every span. */
const marked = (mark: string): string => `workers: { count: 2 }
processors:
  attributes: { actions: [{ action: upsert, key: mark, value: "${mark}" }] }
service:
  pipelines:
    traces: { processors: [attributes, scrub, canonicalize, cost, signals] }
    logs: { processors: [attributes, scrub, canonicalize, cost, signals] }
`

function reloads(round: Round): Promise<Report> {
  return underLoad(round, {
    options: { config: marked('first') },
    cycle: async (loaded, cycle) => {
      const { instance } = loaded
      const before = await applied(loaded)
      await writeFile(join(instance.dir, 'test.yaml'), marked(`mark ${cycle}`))
      instance.process.kill('SIGHUP')
      await until(async () => (await applied(loaded)) > before, 'reloaded')
      const taken = loaded.answers('200')
      await until(() => loaded.answers('200') > taken + 5, 'requests after it')
    },
  })
}

async function applied({ instance }: LoadedInstance): Promise<number> {
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  return Number(/^observa_reloads_total\{outcome="applied"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

export const reload: Drill = {
  name: 'reload',
  about: 'SIGHUP with other processors each time, under load',
  cycle: 'a reload that was applied',
  cycles: 10,
  roundCycles: 50,
  missing: nothingMissing,
  run: reloads,
}
