// `observa scrub`: the text scrubber over a file or standard input.

import { createReadStream } from 'node:fs'
import { scrubStream } from '../../processors/scrub/index.ts'
import { CONFIG_OPTIONS, parse } from './args.ts'
import type { Io } from './io.ts'
import { loadOrExplain } from './load.ts'

export async function scrub(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('scrub', args, {
    ...CONFIG_OPTIONS,
    jsonl: { type: 'boolean' },
  })
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const own = [...config.processors.values()].find((p) => p.factory.type === 'scrub')
  const [file = '-'] = positionals
  const input = file === '-' ? process.stdin : createReadStream(file)
  await scrubStream(input, process.stdout, {
    jsonl: values.jsonl === true,
    settings: own?.settings,
  })
  return 0
}
