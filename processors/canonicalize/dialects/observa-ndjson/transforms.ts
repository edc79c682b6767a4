// Parallel lists of documents, feedback and errors of legacy events.

import { N } from '../../../../core/fields.ts'
import type { Document } from '../../content/content-types.ts'
import { plainText } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putProvider, readProvider } from '../../span/providers-and-models.ts'
import { putMessages } from '../../span/put-json.ts'

/** The parallel lists of a legacy retrieval become documents. */
const documentList =
  (put: (doc: Document, value: unknown) => void, isUsable: (x: unknown) => boolean): Transform =>
  (span, attr) => {
    const value = span.value(attr)
    if (!Array.isArray(value) || !value.some((x) => typeof x !== 'object' && isUsable(x)))
      return false
    for (const [i, x] of value.entries()) {
      if (i > 1000) break
      const doc = span.content.eventDocuments[i] ?? {}
      put(doc, x)
      span.content.eventDocuments[i] = doc
    }
    return true
  }

const documentText: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  const first = span.content.eventDocuments[0] ?? {}
  first.content = span.value(attr)
  span.content.eventDocuments[0] = first
  return true
}

const isAnything = (): boolean => true

const isNumber = (x: unknown): boolean => typeof x === 'number'

/** like and dislike become scores if no rating was given. */
const feedback: Transform = (span, attr, rule) => {
  const word = span.text(attr).toLowerCase()
  span.setString(rule.range, 'user_feedback')
  if (word === 'like' || word === 'thumbs_up') span.offerNumber(N.evaluation_score, 1)
  if (word === 'dislike' || word === 'thumbs_down') span.offerNumber(N.evaluation_score, 0)
  span.entries.addMetadata('feedback_type', word)
  return true
}

/** The first of several texts. A later one does not overwrite it. */
const textFirst: Transform = (span, attr, rule) =>
  span.hasRange(rule.range) || span.setText(attr, rule.range)

/** The SDK guesses providers by the model and writes `google` for Gemini's API. */
const providerLegacy: Transform = (span, attr, rule) => {
  if (span.arena.equals(span.off(attr), span.len(attr), 'google'))
    return putProvider(span, rule.range, 'gcp.gen_ai')
  return readProvider(span, attr, rule.range)
}

/** A text that becomes a reasoning part of the response. */
const thought: Transform = (span, attr, rule) => {
  if (span.isNullContent(attr)) return false
  return putMessages(span, rule.range, [
    { role: 'assistant', parts: [{ type: 'reasoning', content: span.text(attr) }] },
  ])
}

export const transforms = {
  'document-text': { fills: 'flag', read: documentText },
  feedback: { fills: 'text', read: feedback },
  'text-first': { fills: 'text', read: textFirst },
  'provider-legacy': { fills: 'text', read: providerLegacy },
  thought: { fills: 'json', read: thought },
  'document-ids': {
    fills: 'flag',
    read: documentList((doc, x) => {
      doc.id = plainText(x)
    }, isAnything),
  },
  'document-scores': {
    fills: 'flag',
    read: documentList((doc, x) => {
      if (typeof x === 'number') doc.score = x
    }, isNumber),
  },
} as const satisfies Readonly<Record<string, OwnTransform>>
