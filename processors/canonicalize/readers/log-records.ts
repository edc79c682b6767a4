// Reads log records. GenAI records (`gen_ai.*` events, records of GenAI instrumentations) become events with their
// messages, in addition to their span. All others pass unchanged.

import { VALUE } from '../../../core/batch.ts'
import { key } from '../../../core/keys.ts'
import { requestMessages, responseMessages, takeableBody } from '../content/bodies.ts'
import { parseLoose } from '../json/loose-json.ts'
import { isRecord } from '../json/values.ts'
import { attrValue } from '../span/any-value.ts'
import { takeFromBody } from '../span/body-facts.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { attrsOf } from './kept-span-events.ts'
import { readMessageEvent } from './message-events.ts'
import { knownEvent } from './span-events.ts'

const LOG_BODY = key('log.body')

/** Reads what a log record has besides its attributes. */
export function readLog(span: CurrentSpan): boolean {
  const { firstAttr, attrCount, nameOffset, nameLength } = span.received
  const attr = span.batch.findAttr(span.index, LOG_BODY)
  const body = attr < 0 ? null : bodyOf(span, attr)
  const name = knownEvent(span.batch, nameOffset, Math.max(0, nameLength))
  if (
    name !== null &&
    name !== 'exception' &&
    name !== 'gen_ai.client.inference.operation.details'
  ) {
    const attrs = attrsOf(span.batch, firstAttr, attrCount)
    readMessageEvent(
      span,
      name,
      isRecord(body)
        ? { ...attrs, ...body }
        : typeof body === 'string'
          ? { ...attrs, content: body }
          : attrs,
    )
    return true
  }
  // The event says by its name that a model was called, whatever it carries.
  return readBody(span, body) || name === 'gen_ai.client.inference.operation.details'
}

function bodyOf(span: CurrentSpan, attr: number): unknown {
  const value = attrValue(span.batch, attr)
  if (span.type(attr) !== VALUE.STRING || typeof value !== 'string') return value
  return parseLoose(value) ?? value
}

/** Bodies {input: {messages}, output: {messages}} of the AWS Distro, and whole provider bodies. */
function readBody(span: CurrentSpan, body: unknown): boolean {
  if (!isRecord(body)) return false
  const input = body['input']
  const output = body['output']
  let isRead = false
  if (isRecord(input) && Array.isArray(input['messages'])) {
    span.content.eventInput.push(...(requestMessages(input) ?? []))
    isRead = true
  }
  if (isRecord(output) && Array.isArray(output['messages'])) {
    span.content.eventOutput.push(...(responseMessages(output) ?? []))
    isRead = true
  }
  if (!isRead && takeableBody(body)) {
    takeFromBody(span, body)
    span.content.eventOutput.push(...(responseMessages(body) ?? []))
    isRead = true
  }
  return isRead
}
