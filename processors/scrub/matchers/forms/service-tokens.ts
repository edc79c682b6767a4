// Tokens of services whose form says more than a prefix and a set of characters: Discord bots, Airtable, Microsoft Teams.

import { LITERAL_FORMS, NEAR_FORMS } from '../../detectors/vendor-forms.ts'
import { latinText, lowerText, SETS } from '../../value/bytes.ts'
import { isIdentifier } from '../../value/identifier.ts'
import { isFiller } from '../../value/randomness.ts'
import type { ActiveDetector } from '../active-detector.ts'
import { isPublic } from '../glued-tokens.ts'
import { Progress, type ScannedValue } from '../scanned-value.ts'

const REACH = 160
/** The longest token of a bot, with what stands before it. */
const TOKEN_MAX = 84
/** Tokens of bots before this were looked for. */
const BOTS_READ = new Progress()
/** Base64 of the bot's id, which is a number, then a time and a signature. */
const DISCORD = /(?<![A-Za-z0-9_.-])([MNO][A-Za-z0-9]{22,27})\.[\w-]{5,7}\.[\w-]{25,45}/g

/** Near what names Discord or a login: the id must decode to digits. */
export function matchDiscordBot(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  // What was read for the name before is not read again.
  const from = Math.max(s.from, p - REACH, s.reached(BOTS_READ) - TOKEN_MAX)
  const to = Math.min(s.to, p + len + REACH)
  s.spend(to - from)
  s.advance(BOTS_READ, to)
  const text = latinText(s.b, from, to)
  for (const m of text.matchAll(DISCORD)) {
    if (!/^\d{16,20}$/.test(Buffer.from(m[1] ?? '', 'base64').toString('latin1'))) continue
    s.found(active.type, from + m.index, from + m.index + m[0].length, active.rank)
  }
}

const AIRTABLE = /(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[a-f0-9]{40,64}/g

/** Near the name: `pat`, 14 letters and digits, a dot, 64 of hex. */
export function matchAirtable(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const text = latinText(s.b, p, Math.min(s.to, p + len + REACH))
  for (const m of text.matchAll(AIRTABLE))
    s.found(active.type, p + m.index, p + m.index + m[0].length, active.rank)
}

/** `<tenant>.webhook.office.com/webhookb2/..`: the path is the secret. */
export function matchOfficeHook(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const m = /^[A-Za-z0-9@/_-]{40,400}/.exec(latinText(s.b, p + len, Math.min(s.to, p + len + 400)))
  if (m !== null) s.found(active.type, p + len, p + len + m[0].length, active.rank)
}

/** One to three short words, and nothing before them. */
const BRAND = /(?:^|[^\w-])(?:[A-Za-z][a-z0-9]{0,15}[-_]?){1,3}$/

/** `acme_live_` and a long random word of both cases and digits: what it is says itself. */
export function matchBranded(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const from = p + len
  const end = s.runEnd(from, SETS.alnum)
  if (end - from < 24 || end - from > 128) return
  if (!BRAND.test(latinText(s.b, Math.max(s.from, p - 40), p)) || isPublic(s, p)) return
  const text = latinText(s.b, from, end)
  const has = (set: RegExp, n: number): boolean => (text.match(set)?.length ?? 0) >= n
  if (!has(/[A-Z]/g, 3) || !has(/[a-z]/g, 3) || !has(/\d/g, 2)) return
  if (isIdentifier(text) || isFiller(s.b, from, end)) return
  s.found(active.type, from, end, active.rank)
}

const SIDEKIQ =
  /^\w{0,12}\\*["']?\s{0,2}[:=,]{1,2}\s{0,2}\\*["']?([0-9a-f]{8}:[0-9a-f]{8})(?![0-9a-f])/i

/** `BUNDLE_ENTERPRISE__CONTRIBSYS__COM:` and twice eight of hex: the user and the password of a server of gems. */
export function matchSidekiq(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const m = SIDEKIQ.exec(latinText(s.b, p + len, Math.min(s.to, p + len + 48)))
  if (m === null) return
  const end = p + len + m[0].length
  s.found(active.type, end - (m[1] ?? '').length, end, active.rank)
}

const LITERAL_MAX = 420
/** Of `otpauth://`, whose seeds may have no digit. */
const OTP_LENGTH = 10

/** A literal of `detectors/vendor-forms.ts`: what follows has the form that the table says. */
export function matchLiteralForm(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const form = LITERAL_FORMS.get(latinText(s.b, p, p + len))
  s.spend(LITERAL_MAX)
  const m = form?.exec(latinText(s.b, p + len, Math.min(s.to, p + len + LITERAL_MAX)))
  if (m === null || m === undefined) return
  const end = p + len + m[0].length
  const from = m[1] === undefined ? p : end - m[1].length
  const isSeed = len === OTP_LENGTH && s.at(p) === 0x6f && s.at(p + 1) === 0x74
  if (!isFiller(s.b, from, end) && (isSeed || /\d/.test(m[1] ?? m[0])))
    s.found(active.type, from, end, active.rank)
}

/** What was read near a name is not read again for the next one. */
const NEAR_READ = new Progress()

/** Around the name of a vendor: keys of the form that the table says. */
export function matchNearForm(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const form = NEAR_FORMS.get(lowerText(s.b, p, p + len))
  if (form === undefined) return
  const from = Math.max(s.from, p - REACH, s.reached(NEAR_READ) - TOKEN_MAX)
  const to = Math.min(s.to, p + len + REACH)
  s.spend(to - from)
  s.advance(NEAR_READ, to)
  for (const m of latinText(s.b, from, to).matchAll(form))
    if (/\d/.test(m[0]))
      s.found(active.type, from + m.index, from + m.index + m[0].length, active.rank)
}
