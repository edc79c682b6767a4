// `observa prices`: which price applies to a model, and what a newer table of prices would change.

import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ObservaError } from '../../core/errors.ts'
import { priceLookup, priceNews } from '../../processors/cost/index.ts'
import { parse, readNamed } from './args.ts'
import type { Io } from './io.ts'

export async function pricesCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('prices', args, {
    provider: { type: 'string' },
    at: { type: 'string' },
    overrides: { type: 'string' },
    output: { type: 'string' },
  })
  if (positionals[0] === 'update') return update(values.output, io)
  if (positionals.length === 0) throw misuse('prices needs a model, or "update".')
  const atMs = values.at === undefined ? Date.now() : Date.parse(values.at)
  if (Number.isNaN(atMs)) throw misuse(`--at is "${values.at}", which is no ISO date or time.`)
  const file = values.overrides
  const find = priceLookup(
    file === undefined ? null : { file, text: String(await readNamed(file)) },
  )
  let isComplete = true
  for (const model of positionals) {
    const found = find(values.provider ?? null, model, atMs)
    isComplete &&= found !== null
    const answer = found ?? { price_ref: null, prices: null }
    io.out(`${JSON.stringify({ model, provider: values.provider ?? null, ...answer })}\n`)
  }
  return isComplete ? 0 : 1
}

async function update(output: string | undefined, io: Io): Promise<number> {
  const { from, to, lines, overrides } = await priceNews(installedVersion())
  for (const line of lines) io.out(`${line}\n`)
  io.out(`${from} -> ${to}: ${lines.length} models differ\n`)
  if (output === undefined) return 0
  await writeFile(output, overrides)
  io.out(`written to ${output}; use it as processors.cost.overrides\n`)
  return 0
}

/** The version of the genai-prices package that is installed beside this file. */
function installedVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const manifest = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8')) as {
    version: string
  }
  return manifest.version
}

function misuse(message: string): ObservaError {
  return new ObservaError('OBS_CLI_ARGS', message, 'See: observa prices --help')
}
