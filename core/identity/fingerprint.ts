// The fingerprint of a signal. Signals with the same fingerprint are occurrences of one issue. It has a version, because a
// better way of grouping must not split the issues that people have already worked on.

import { hash } from 'node:crypto'

const VERSION = 'v1'
const DIGITS = 24
const MESSAGE_CHARS_MAX = 200

/**
 * Returns `v1:` and 24 hex digits. They are made of the tenant, the project, the type, and the facts by which issues of that
 * type are distinguished.
 */
export function fingerprintOf(
  tenantId: string,
  projectId: string,
  type: string,
  dimensions: readonly (string | null)[],
): string {
  const text = [VERSION, tenantId, projectId, type, ...dimensions.map((d) => d ?? '')].join('\0')
  return `${VERSION}:${hash('sha256', `observa-issue\0${text}`, 'hex').slice(0, DIGITS)}`
}

/**
 * The parts of a message that differ between two occurrences of the same fault, most specific first, each with its
 * replacement.
 */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/https?:\/\/[^\s"'<>)]{1,300}/gi, '<url>'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>'],
  [/\[[A-Za-z_]{1,40}:[^\]\s]{1,80}\]/g, '<value>'],
  [/(?:[A-Za-z]:)?(?:[\\/][\w.@+-]{1,100}){2,20}/g, '<path>'],
  [/"[^"\n]{1,120}"|`[^`\n]{1,120}`/g, '<value>'],
  [/(?<![\w'])'[^'\n]{1,120}'(?!\w)/g, '<value>'],
  [/\b(?=[\w-]{0,60}\d)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+){0,8}\b/g, '<n>'],
]

/** A message that is a code and nothing else: `404`, `-32602`. */
const CODE = /^\s*-?\d{1,6}\s*$/

/**
 * Removes numbers, ids, paths and quoted values from an error message, so that all occurrences of a fault have the same
 * message.
 */
export function normalizedMessage(message: string): string {
  if (CODE.test(message)) return message.trim()
  let text = message.slice(0, MESSAGE_CHARS_MAX * 2)
  for (const [pattern, instead] of VARIABLE) text = text.replace(pattern, instead)
  return text.replace(/\s+/g, ' ').trim().toLowerCase().slice(0, MESSAGE_CHARS_MAX)
}
