// `observa scrub`: scrubs the text of a file or of standard input.

import { createReadStream } from 'node:fs'
import type { ObservaConfig } from '../../config/root.ts'
import { codeOf, messageOf, ObservaError } from '../../core/errors.ts'
import { scrubStream } from '../../processors/scrub/index.ts'
import { CONFIG_OPTIONS, parse } from './args.ts'
import type { Io } from './io.ts'
import { loadOrExplain } from './load.ts'

export async function scrub(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('scrub', args, {
    ...CONFIG_OPTIONS,
    jsonl: { type: 'boolean' },
    tenant: { type: 'string' },
    processor: { type: 'string' },
  })
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const settings = settingsOf(config, values.processor)
  const [file = '-'] = positionals
  const input = file === '-' ? io.stdin : createReadStream(file)
  try {
    const { lines, invalid } = await scrubStream(input, io.stdout, {
      jsonl: values.jsonl === true,
      settings,
      ...(values.tenant === undefined ? {} : { tenant: values.tenant }),
    })
    if (invalid > 0) io.err(`${invalid} of ${lines} lines are no {id, field, text}\n`)
    return invalid > 0 ? 1 : 0
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === null) throw thrown
    const hint = code === 'ENOENT' ? 'Check the path.' : ''
    throw new ObservaError('OBS_SCRUB_READ', `cannot read ${file}: ${messageOf(thrown)}.`, hint)
  }
}

/** The settings of the named scrub processor, or of the first one. */
function settingsOf(config: ObservaConfig, id: string | undefined): unknown {
  const all = [...config.processors].filter(([, p]) => p.factory.type === 'scrub')
  if (id === undefined) return all[0]?.[1].settings
  const own = all.find(([name]) => name === id)
  if (own !== undefined) return own[1].settings
  throw new ObservaError(
    'OBS_CLI_ARGS',
    `the configuration has no scrub processor "${id}".`,
    all.length === 0 ? 'It has none.' : `It has: ${all.map(([name]) => name).join(', ')}.`,
  )
}
