// What a rubric is: one narrow question to a judge about one exchange, with the words that its verdicts may have. The built-in ones are
// here; a user's own are YAML files of the same form.

import { z } from 'zod'
import { ObservaError } from '../../core/errors.ts'

export const rubricSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'expected lower case letters, digits and _'),
  version: z.int().min(1).default(1),
  /** What each claim is. */
  claims: z.string().min(1).max(500),
  /** What is asked about each claim. */
  instruction: z.string().min(1).max(4000),
  /** Words for what is right, and for what is not. */
  good: z.array(z.string().min(1).max(40)).min(1).max(8),
  bad: z.array(z.string().min(1).max(40)).min(1).max(8),
  /** One claim with such a word is an issue, whatever the others are. */
  fatal: z.array(z.string()).default([]),
  /** Below this share of good claims it is an issue. */
  threshold: z.number().min(0).max(1).default(0.7),
  /** `documents`: judged only where something was retrieved; `none`: only where nothing was; `any`. */
  context: z.enum(['documents', 'none', 'any']).default('any'),
  /** Where the quote of a claim stands. */
  quotes: z.enum(['answer', 'documents']).default('answer'),
})

export interface Rubric extends z.output<typeof rubricSchema> {
  readonly type: 'faithfulness' | 'hallucination' | 'context_relevance' | 'quality_degradation'
}

const builtin = (type: Rubric['type'], rubric: z.input<typeof rubricSchema>): Rubric => ({
  ...rubricSchema.parse(rubric),
  type,
})

export const BUILTIN_RUBRICS: readonly Rubric[] = [
  builtin('faithfulness', {
    name: 'faithfulness',
    claims: 'a statement of fact in the answer, at most 20',
    instruction:
      'For each statement decide by the documents alone: supported (a document says it), contradicted (a document says otherwise) or not_found (no document says anything about it). What you know yourself does not count.',
    good: ['supported'],
    bad: ['not_found', 'contradicted'],
    fatal: ['contradicted'],
    context: 'documents',
  }),
  builtin('hallucination', {
    name: 'hallucination',
    claims: 'a statement of fact in the answer, at most 20',
    instruction:
      'For each statement decide by the conversation and by what is commonly known: fine (said before, or commonly known to be true), contradicted (the conversation says otherwise, or it is commonly known to be false) or invented (a specific name, number, date or source that nothing supports).',
    good: ['fine'],
    bad: ['invented', 'contradicted'],
    fatal: ['contradicted'],
    context: 'none',
  }),
  builtin('context_relevance', {
    name: 'context_relevance',
    claims: 'one of the documents',
    instruction:
      'For each document decide whether it helps to answer the question: useful, partly or no. Quote the part of the document that decides it.',
    good: ['useful', 'partly'],
    bad: ['no'],
    threshold: 0.34,
    context: 'documents',
    quotes: 'documents',
  }),
  builtin('quality_degradation', {
    name: 'quality',
    claims: 'one of these four, in this order: answered, complete, same language, safe',
    instruction:
      'Decide yes or no: does the answer address what was asked; does it leave out nothing that was asked for; is it in the language of the question unless another was asked for; is it free of dangerous advice and insults. Quote the words of the answer that decide it.',
    good: ['yes'],
    bad: ['no'],
    threshold: 0.75,
  }),
]

/** A rubric of a user, from the parsed YAML. Its findings are issues of the type `quality_degradation`. */
export function ownRubric(parsed: unknown, file: string): Rubric {
  const rubric = rubricSchema.safeParse(parsed)
  if (rubric.success && !BUILTIN_RUBRICS.some((b) => b.name === rubric.data.name))
    return { ...rubric.data, type: 'quality_degradation' }
  const why = rubric.success
    ? `a built-in rubric has the name ${rubric.data.name}`
    : rubric.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')
  throw new ObservaError(
    'OBS_RUBRIC',
    `The rubric ${file} cannot be used: ${why}.`,
    'docs/operations.md shows a rubric.',
  )
}
