// `observa search`: exchanges of a running instance that are similar to a text or have certain words, and traces that are
// similar to a trace.

import { z } from 'zod'
import { ObservaError } from '../../../core/errors.ts'
import { parse } from '../args.ts'
import { printRows } from '../control/print.ts'
import type { Io } from '../io.ts'
import { READ_OPTIONS, readApi } from './read-api.ts'

const OPTIONS = {
  ...READ_OPTIONS,
  words: { type: 'boolean' },
  like: { type: 'string' },
} as const

const row = z.object({
  trace_id: z.string().nullable(),
  start_time: z.string().nullable(),
  model: z.string().nullable(),
  snippet: z.string().nullable(),
  similarity: z.number().optional(),
})
const answerSchema = z.object({ is_sampled: z.boolean().optional(), data: z.array(row) })
const TEXT_CHARS = 100

export async function searchCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('search', args, OPTIONS)
  const { url, json, words, like, ...filter } = values
  const q = positionals.join(' ')
  if ((q === '') === (like === undefined))
    throw new ObservaError(
      'OBS_CLI_ARGS',
      'search needs a text, or --like with the id of a trace.',
      'See: observa search --help',
    )
  const answer =
    like === undefined
      ? await readApi(
          'search',
          'search',
          { ...filter, q, mode: words === true ? 'words' : 'semantic' },
          url,
          io,
        )
      : await readApi('search', `traces/${encodeURIComponent(like)}/similar`, filter, url, io)
  if (answer === null) return 1
  const { is_sampled: isSampled, data } = answerSchema.parse(answer)
  if (isSampled === false) io.err('This trace is not in the sample that was embedded.\n')
  printRows(io, data, json, (found) => ({
    TRACE: found.trace_id ?? '',
    TIME: found.start_time?.slice(0, 19) ?? '',
    ...(found.similarity === undefined ? {} : { NEARNESS: found.similarity.toFixed(2) }),
    MODEL: found.model ?? '',
    TEXT: (found.snippet ?? '').replace(/\s+/g, ' ').slice(0, TEXT_CHARS),
  }))
  return 0
}
