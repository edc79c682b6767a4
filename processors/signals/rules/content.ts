// Rules about content: secrets and personal data that the scrubber found, answers without content, prompt injection.

import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { injectionIn } from '../injection/injection-in.ts'
import { is, isError, kindOf, modelOf, numberOrNull, subjectOf } from './reading.ts'
import type { Finding, SignalRule } from './rule.ts'

/** Detectors of the scrubber that find personal data. All others, and custom rules of the configuration, find credentials. */
export const PERSONAL: ReadonlySet<string> = new Set([
  'email',
  'phone',
  'ip_address',
  'ssn',
  'itin',
  'iban',
  'credit_card',
  'passport',
  'national_id',
])

export const CONTENT_RULES: readonly SignalRule[] = [
  {
    // Reports only types and counts: the values were removed from the event and must not return in the signal.
    id: 'secret@2',
    types: ['secret_detected'],
    perCall: false,
    perContent: true,
    check: (events, event) => scrubbed(events, event, 'secret_detected', 'high', isCredential),
  },
  {
    // Fires for a mail address. Does not fire for an API key, which is a `secret_detected`.
    id: 'pii@1',
    types: ['pii_detected'],
    perCall: false,
    perContent: true,
    check: (events, event) => scrubbed(events, event, 'pii_detected', 'low', isPersonal),
  },
  {
    // Fires for an answered call with neither text nor tool call. Does not fire when the content was never recorded.
    id: 'output.empty@2',
    types: ['empty_output'],
    perCall: true,
    check(events, event) {
      if (!is(events, event, R.kind, 'llm') || isError(events, event)) return null
      const isRecorded = events.has(event, R.output_messages)
      const isEmpty = isRecorded
        ? hasNoOutput(events, event)
        : events.num(event, N.output_tokens) === 0
      if (!isEmpty) return null
      return {
        type: 'empty_output',
        severity: 'medium',
        value: numberOrNull(events.num(event, N.output_tokens)),
        threshold: null,
        evidence: {
          finish_reasons: events.text(event, R.finish_reasons),
          model: modelOf(events, event),
        },
        dimensions: [subjectOf(events, event), events.text(event, R.route)],
      }
    },
  },
  {
    // Fires for "ignore all previous instructions" in a message or in what a tool brought. Does not fire for the application's own
    // system message. The signal names the markers and does not quote the text.
    id: 'injection@2',
    types: ['prompt_injection'],
    perCall: false,
    perContent: true,
    check(events, event) {
      const found = injectionIn(events, event)
      if (found === null) return null
      return {
        type: 'prompt_injection',
        severity: found.severity,
        value: found.score,
        threshold: found.threshold,
        evidence: {
          marker: found.markers[0] ?? '',
          markers: found.markers.join(', '),
          families: found.families.join(', '),
          place: found.place,
          note: 'pattern evidence, not proof',
        },
        dimensions: [
          found.families[0] ?? null,
          found.place,
          kindOf(events, event),
          subjectOf(events, event),
        ],
      }
    },
  },
]

// ---------------------------------------------------------------- secrets

const isPersonal = (type: string): boolean => PERSONAL.has(type)
const isCredential = (type: string): boolean => !PERSONAL.has(type)

function scrubbed(
  events: EventTable,
  event: number,
  type: 'secret_detected' | 'pii_detected',
  severity: 'high' | 'low',
  isOf: (type: string) => boolean,
): Finding | null {
  if (!events.has(event, R.secrets)) return null
  // The `scrub` processor wrote types and counts.
  const all = JSON.parse(events.text(event, R.secrets) ?? '{}') as Record<string, number>
  const found = Object.fromEntries(Object.entries(all).filter(([name]) => isOf(name)))
  const names = Object.keys(found).toSorted()
  if (names.length === 0) return null
  const value = Object.values(found).reduce((a, b) => a + b, 0)
  const dimensions = [names.join(' '), events.text(event, R.service_name), subjectOf(events, event)]
  return { type, severity, value, threshold: 0, evidence: found, dimensions }
}

// ---------------------------------------------------------------- empty output

/** Longer output is not parsed, because it has content, or reasoning that is recognised by its bytes. */
const PARSED_BYTES_MAX = 600
const REASONING: readonly Buffer[] = ['"reasoning"', '"thinking"'].map((t) => Buffer.from(t))
const REASONING_TYPES: ReadonlySet<string> = new Set(['reasoning', 'thinking', 'redacted_thinking'])
const PARSED_REASONING_BYTES_MAX = 256 * 1024

/** Whether the messages contain only white space and reasoning. Only a short output, or one with reasoning, is parsed. */
function hasNoOutput(events: EventTable, event: number): boolean {
  const off = events.off(event, R.output_messages)
  const len = events.len(event, R.output_messages)
  if (beginsWithContent(events.arena.buf, off, len)) return false
  if (len > PARSED_BYTES_MAX) {
    if (len > PARSED_REASONING_BYTES_MAX) return false
    const bytes = events.arena.buf.subarray(off, off + len)
    if (!REASONING.some((word) => bytes.includes(word))) return false
  }
  const messages = parsed(events.text(event, R.output_messages))
  return Array.isArray(messages) && messages.every(isEmptyMessage)
}

/** How `canonicalize` begins an answer: with a text, or with a tool call. */
const FIRST_PART = Buffer.from('[{"role":"assistant","parts":[{"type":"')
const TEXT = Buffer.from('text","content":"')
const TOOL_CALL = Buffer.from('tool_call"')

/**
 * Whether the first part is a tool call, or a text that begins with something other than white space: nearly every answer, known
 * without parsing.
 */
function beginsWithContent(buf: Buffer, off: number, len: number): boolean {
  if (len <= FIRST_PART.length + TEXT.length || !isAt(buf, off, FIRST_PART)) return false
  const type = off + FIRST_PART.length
  if (isAt(buf, type, TOOL_CALL)) return true
  if (!isAt(buf, type, TEXT)) return false
  const first = buf[type + TEXT.length] as number
  // Neither the end of the text nor an escape; in ASCII, for other alphabets have white space too.
  return first > 0x20 && first < 0x7f && first !== 0x22 && first !== 0x5c
}

function isAt(buf: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (buf[at + i] !== text[i]) return false
  return true
}

function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? 'null')
  } catch {
    // A field that is no JSON has some text, so it is not empty.
    return null
  }
}

/** White space and characters without a width. */
const BLANK = /^[\s\u00ad\u200b-\u200f\u2060-\u2064\u2800\u3164\ufeff]*$/

function isEmptyMessage(message: unknown): boolean {
  if (typeof message === 'string') return BLANK.test(message)
  if (typeof message !== 'object' || message === null) return true
  const { parts } = message as { parts?: unknown }
  return !Array.isArray(parts) || parts.every(isEmptyPart)
}

function isEmptyPart(part: unknown): boolean {
  if (typeof part === 'string') return BLANK.test(part)
  if (typeof part !== 'object' || part === null) return true
  const { type, content, text } = part as { type?: unknown; content?: unknown; text?: unknown }
  if (typeof type === 'string' && REASONING_TYPES.has(type)) return true
  if (type !== 'text' && type !== undefined) return false
  const said = content ?? text
  return said === undefined || said === null || (typeof said === 'string' && BLANK.test(said))
}
