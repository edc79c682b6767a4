// Labels of a user: one JSON object a line, each an exchange and what a person says about it.

import { z } from 'zod'
import { ObservaError } from '../../core/errors.ts'
import type { Exchange } from '../quality/exchange.ts'

const line = z.strictObject({
  /** Name of a check or of a rubric. */
  name: z.string().min(1),
  /** Does a person say that it is at fault? */
  fault: z.boolean(),
  ask: z.string().default(''),
  answer: z.string(),
  /** Turns before, the user's and the assistant's in turn. */
  before: z.array(z.string()).default([]),
  system: z.string().default(''),
  documents: z
    .array(z.union([z.string(), z.strictObject({ id: z.string(), text: z.string() })]))
    .default([]),
  finish_reason: z.string().optional(),
  wants_json: z.boolean().default(false),
  /** What a judge answered, to measure it without asking again. */
  recorded: z.string().optional(),
})

export interface UserLabel {
  readonly name: string
  readonly isFault: boolean
  readonly exchange: Exchange
  readonly recorded: string | null
}

/** Throws an `ObservaError` that names the line. */
export function labelsIn(text: string, file: string): readonly UserLabel[] {
  return text
    .split('\n')
    .flatMap((raw, i) => (raw.trim() === '' ? [] : [labelOf(raw, `${file}:${i + 1}`)]))
}

function labelOf(raw: string, place: string): UserLabel {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch {
    throw wrong(place, 'the line is no JSON object')
  }
  const parsed = line.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw wrong(place, `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())
  }
  const {
    name,
    fault,
    ask,
    answer,
    before,
    system,
    documents,
    finish_reason,
    wants_json,
    recorded,
  } = parsed.data
  const turns = [...before, ask].map((said, n) => ({
    role: n % 2 === 0 ? 'user' : 'assistant',
    text: said,
  }))
  return {
    name,
    isFault: fault,
    recorded: recorded ?? null,
    exchange: {
      system,
      turns,
      answer,
      callsTools: false,
      finishReasons: finish_reason === undefined ? [] : [finish_reason],
      documents: documents.map((d, n) =>
        typeof d === 'string' ? { id: String(n + 1), text: d } : d,
      ),
      wantsJson: wants_json,
    },
  }
}

const wrong = (place: string, what: string): ObservaError =>
  new ObservaError(
    'OBS_EVAL_LABELS',
    `${place}: ${what}.`,
    'semantic/README.md shows a line of labels.',
  )
