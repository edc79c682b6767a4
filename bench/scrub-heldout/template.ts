// The template language of the corpus: slots, encodings of a part of the text, and labels that stay correct through them.
//
//   «email» «credit_card:nbsp»   a labelled secret, with an optional variant
//   «KEY» «ENV» «VENDOR» «HOST»  a secret of the self-evident type being drawn, and what belongs to it
//   «~sha1» «~int:1:9» «~city»   a decoy, or a word of the family's vocabulary
//   «?one|two|three»             one of the literals
//   «@prose» «@line»             filled by the caller: another text of the family (containers)
//   ⟪…⟫                          may be masked or not
//   ⦃json|…⦄                     the inside as it looks within a JSON string; also pct, b64, html, slash, uesc, crlf
//
// During encoding, labels are private-use characters, which every encoding leaves unchanged. At the end they become offsets.

import { makeDecoy } from './decoys.ts'
import type { Vocabulary } from './personal.ts'
import type { Random } from './random.ts'
import { KEY_SURROUNDINGS } from './surroundings.ts'
import {
  type LabelledSpan,
  type Range,
  SECRET_TYPES,
  SELF_EVIDENT_TYPES,
  type SecretType,
} from './types.ts'
import { makeSecret } from './values.ts'

export interface Drawing {
  readonly random: Random
  readonly vocabulary: Vocabulary
  /** The type that «KEY» stands for. */
  readonly keyType?: SecretType | undefined
  /** The text for «@name». It may already contain labels. */
  readonly fill?: (name: string) => string
}

export interface Labelled {
  readonly text: string
  readonly spans: readonly LabelledSpan[]
  readonly optional: readonly Range[]
}

const START = 0xe100
const END = '\ue001'
const CORE_START = '\ue003'
const CORE_END = '\ue004'
const OPTIONAL_START = '\ue005'
const OPTIONAL_END = '\ue006'
const NOT_MARK = /[^\ue000-\ue1ff]/gu

const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  json: (text) => JSON.stringify(text).slice(1, -1),
  pct: (text) => text.replace(NOT_MARK, encodeURIComponent),
  form: (text) => text.replace(NOT_MARK, (c) => (c === ' ' ? '+' : encodeURIComponent(c))),
  html: (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
  slash: (text) => text.replaceAll('/', '\\/'),
  // Escapes everything outside ASCII, as a careful JSON writer does, and <, > and &, as Go does.
  uesc: (text) =>
    text.replace(
      /[<>&']|[^\x20-\x7e\s\ue000-\ue1ff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  crlf: (text) => text.replaceAll('\n', '\r\n'),
  py: (text) => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n'),
  b64: base64Block,
}

/**
 * If the text contains a secret, the whole encoded text becomes the secret, because its part cannot be located in base64.
 */
function base64Block(text: string): string {
  const { text: plain, spans } = extract(text)
  const encoded = Buffer.from(plain, 'utf8').toString('base64')
  const type = spans[0]?.type
  return type === undefined ? encoded : mark(type, encoded)
}

function mark(type: SecretType, value: string): string {
  const [before, core, after] = splitCore(type, value)
  const start = String.fromCharCode(START + SECRET_TYPES.indexOf(type))
  return `${start}${before}${CORE_START}${core}${CORE_END}${after}${END}`
}

/**
 * Parts of a secret that are not its core: a vendor prefix may occur in the placeholder, and PEM header lines say nothing.
 */
const BRAND_PREFIX =
  /^(github_pat_|gh[pousr]_|sk-ant-[a-z]+\d\d-|sk-(?:proj|svcacct|admin|lf|or-v1)-|sk-|xox[a-z]-|lsv2_(?:pt|sk)_|lin_api_|pypi-|[a-z]{2,6}_(?:live_|test_|pat_|v1_)?|nvapi-|gl[a-z]{2,3}-|pplx-|xai-)/

function splitCore(type: SecretType, value: string): readonly [string, string, string] {
  const pem =
    type === 'private_key' &&
    /^(-----BEGIN [A-Z ]+-----(?:\n|\\n| )\s*)([^]*?)((?:(?:\s|\\n)+-----END [^]*)?)$/.exec(value)
  if (pem) return [pem[1] ?? '', pem[2] ?? '', pem[3] ?? '']
  const keyLike = SELF_EVIDENT_TYPES.includes(type) || type === 'generic_api_key'
  const prefix = (keyLike && BRAND_PREFIX.exec(value)?.[0]) || ''
  return [prefix, value.slice(prefix.length), '']
}

const isSecretType = (name: string): name is SecretType =>
  (SECRET_TYPES as readonly string[]).includes(name)

/** Fills a template. Secrets are marked so that `extract` can find them. */
export function render(template: string, drawing: Drawing): string {
  const filled = template.replace(/«([^»]*)»/g, (_all, slot: string) => fillSlot(slot, drawing))
  const optional = filled.replaceAll('⟪', OPTIONAL_START).replaceAll('⟫', OPTIONAL_END)
  return encodeBlocks(optional)
}

function fillSlot(slot: string, drawing: Drawing): string {
  const { random, vocabulary } = drawing
  if (slot.startsWith('?')) return random.pick(slot.slice(1).split('|'))
  if (slot.startsWith('@')) return escapeBraces(drawing.fill?.(slot.slice(1)) ?? '')
  const [name = '', ...rest] = slot.replace(/^~/, '').split(':')
  if (slot.startsWith('~')) return makeDecoy(name, rest.join(':'), random, vocabulary)
  if (isSecretType(name)) return mark(name, makeSecret(name, random, vocabulary, rest[0]))
  const type = drawing.keyType
  const around = type && KEY_SURROUNDINGS[type]
  if (!type || !around) throw new Error(`no such slot: «${slot}»`)
  switch (name) {
    case 'KEY':
      return mark(type, makeSecret(type, random, vocabulary, rest[0]))
    case 'ENV':
      return around.env
    case 'VENDOR':
      return around.vendor
    case 'HOST':
      return around.host
    default:
      throw new Error(`no such slot: «${slot}»`)
  }
}

/** Checks that text rendered earlier has no template marks left, and returns it. */
function escapeBraces(text: string): string {
  if (/[⦃⦄«»⟪⟫]/.test(text)) throw new Error(`template marks left in ${text}`)
  return text
}

/** Encodes the innermost blocks first. */
function encodeBlocks(text: string): string {
  let out = text
  for (let depth = 0; depth < 20; depth++) {
    const next = out.replace(/⦃([a-z0-9]+)\|([^⦃⦄]*)⦄/g, (_all, name: string, inside: string) => {
      const encode = ENCODINGS[name]
      if (!encode) throw new Error(`no such encoding: ${name}`)
      return encode(inside)
    })
    if (next === out) return escapeBraces(out)
    out = next
  }
  throw new Error('blocks nested too deeply')
}

/** Removes the marks and returns the labelled ranges. */
export function extract(marked: string): Labelled {
  let text = ''
  const spans: LabelledSpan[] = []
  const optional: Range[] = []
  const open: { type: SecretType; start: number; core: [number, number] }[] = []
  let optionalStart = -1
  for (const character of marked) {
    const type = SECRET_TYPES[character.charCodeAt(0) - START]
    if (type !== undefined) open.push({ type, start: text.length, core: [-1, -1] })
    else if (character === CORE_START)
      for (const label of open.slice(-1)) label.core[0] = text.length
    else if (character === CORE_END) for (const label of open.slice(-1)) label.core[1] = text.length
    else if (character === END) {
      const begun = open.pop()
      if (!begun) throw new Error('a label ends that never began')
      const { type: ended, start, core } = begun
      spans.push({ start, end: text.length, type: ended, core })
    } else if (character === OPTIONAL_START) optionalStart = text.length
    else if (character === OPTIONAL_END) optional.push({ start: optionalStart, end: text.length })
    else text += character
  }
  if (open.length > 0) throw new Error('a label never ends')
  return { text, spans: withoutNested(spans), optional: optional.filter((o) => o.end > o.start) }
}

/** A secret inside another (in a base64 block) counts as one secret, the outer one. */
function withoutNested(spans: readonly LabelledSpan[]): readonly LabelledSpan[] {
  return spans
    .filter((s) => !spans.some((o) => o !== s && o.start <= s.start && s.end <= o.end))
    .sort((a, b) => a.start - b.start)
}
