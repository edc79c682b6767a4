// Reads a file of human labels (JSON Lines). Each line holds an exchange and the judgement of a person.

import { z } from 'zod'
import { ObservaError } from '../../core/errors.ts'
import type { Exchange } from '../quality/exchange.ts'

const line = z.strictObject({
  /** The name of the check or rubric that the label is for. */
  name: z.string().min(1),
  /** True if the person says that the answer has the fault that the check or rubric looks for. */
  fault: z.boolean(),
  ask: z.string().default(''),
  answer: z.string(),
  /** The earlier turns of the conversation, alternating between user and assistant. */
  before: z.array(z.string()).default([]),
  system: z.string().default(''),
  documents: z
    .array(z.union([z.string(), z.strictObject({ id: z.string(), text: z.string() })]))
    .default([]),
  finish_reason: z.string().optional(),
  wants_json: z.boolean().default(false),
  /** The recorded response of a judge, so that the rubric can be measured without another call. */
  recorded: z.string().optional(),
})

export interface UserLabel {
  readonly name: string
  readonly isFault: boolean
  readonly exchange: Exchange
  readonly recorded: string | null
}

/** Parses the file. An invalid line throws an `ObservaError` with the number of the line. */
export function labelsIn(text: string, file: string): readonly UserLabel[] {
  const labels = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((raw, i) => (raw.trim() === '' ? [] : [labelOf(raw, `${file}:${i + 1}`)]))
  if (labels.length === 0) throw wrong(file, 'there are no labels')
  return labels
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
