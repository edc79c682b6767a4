// `node bench/scrub-heldout/generate.ts --family eval --seed 7 --count 2000`: prints the corpus as JSON lines on stdout.

import { parseArgs } from 'node:util'
import { generateCorpus } from './corpus.ts'
import { FAMILIES, type FamilyName } from './family.ts'

export interface CorpusOptions {
  readonly family: FamilyName
  readonly seed: number
  readonly count: number
}

/** Options that `generate.ts` and `run.ts` share. */
export const CORPUS_OPTIONS = {
  family: { type: 'string', default: 'tune' },
  seed: { type: 'string', default: '7' },
  count: { type: 'string', default: '2000' },
} as const

export function readCorpusOptions(values: {
  readonly family: string
  readonly seed: string
  readonly count: string
}): CorpusOptions {
  const family = FAMILIES.find((name) => name === values.family)
  const [seed, count] = [Number(values.seed), Number(values.count)]
  if (!family) throw new Error(`--family is one of ${FAMILIES.join(', ')}, not ${values.family}`)
  if (!Number.isInteger(seed) || !Number.isInteger(count) || count < 1)
    throw new Error('--seed and --count are whole numbers')
  return { family, seed, count }
}

if (import.meta.main) {
  const { family, seed, count } = readCorpusOptions(parseArgs({ options: CORPUS_OPTIONS }).values)
  for (const line of generateCorpus(family, seed, count))
    process.stdout.write(`${JSON.stringify(line)}\n`)
}
