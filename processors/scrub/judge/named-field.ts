// The key-name rule: a value under `authorization`, `x-api-key`, `*password*` is a secret whatever it looks
// like. The scheme of a header and the names of cookies stay readable, markers and empty values are left.

import { isMarker } from '../detectors/marker.ts'
import { maskCookies } from '../matchers/headers.ts'
import type { Policy } from '../matchers/policy.ts'
import { ScannedValue } from '../matchers/scanned-value.ts'
import type { WorkBudget } from '../matchers/work-budget.ts'
import { latinText } from '../value/bytes.ts'
import { type Finding, mergeOverlaps } from '../value/finding.ts'
import type { KeyMeaning } from '../value/key-meaning.ts'
import type { ValueRange } from '../value/value-range.ts'

const LOOK_MAX = 200
const SCHEME =
  /^(bearer|basic|token|apikey|api-key|key|digest|negotiate|ntlm|hawk|aws4-hmac-sha256)[ \t]{1,4}/i
const EMPTY = /^(?:null|none|nil|undefined|true|false|\*+|<[^>]*>|\$\{[^}]*\}|-|\[\])$/i

/** The finder with its types and what values may cost. */
interface Detecting {
  readonly compiled: { readonly types: readonly string[] }
  readonly work: WorkBudget
}

/**
 * Adds to `found` what the name of the field demands, of the types that the policy looks for: one that is off would
 * swallow the secrets inside the value when overlapping findings become one. Offsets are positions in `b`.
 */
export function findInNamedField(
  { compiled: { types }, work }: Detecting,
  policy: Policy,
  value: ValueRange,
  found: Finding[],
): void {
  const { bytes: b, from, to, meaning } = value
  if (meaning.kind === 'none' || meaning.strength !== 'whole' || to <= from) return
  const head = latinText(b, from, Math.min(to, from + LOOK_MAX))
  const text = head.trim()
  if (text === '' || isMarker(text, policy.markers) || EMPTY.test(text)) return
  if (meaning.kind === 'cookie') {
    addCookies(types, work, policy, value, found)
    return
  }
  const scheme = meaning.kind === 'header' ? SCHEME.exec(head) : null
  const start = from + (scheme?.[0].length ?? 0)
  if (scheme !== null && isMarker(head.slice(scheme[0].length), policy.markers)) return
  const name = typeOf(meaning, scheme?.[1]?.toLowerCase(), wholeFinding(types, found, start, to))
  const type = types.indexOf(name)
  if (policy.off?.[type] === 1) return
  found.push({ start, end: to, type, rank: 10 })
  mergeOverlaps(found)
}

/** The type of an exact finding that fills the value, else what the name says. */
function typeOf(
  meaning: KeyMeaning,
  scheme: string | undefined,
  whole: string | undefined,
): string {
  if (scheme === 'bearer') return 'bearer_token'
  if (scheme === 'basic') return 'basic_auth_header'
  if (whole !== undefined) return whole
  return meaning.kind === 'password' ? 'password' : 'generic_api_key'
}

/** Type name of a finding that fills the value. */
function wholeFinding(
  types: readonly string[],
  found: readonly Finding[],
  from: number,
  to: number,
): string | undefined {
  const whole = found.find((f) => f.start <= from && f.end >= to)
  return whole === undefined ? undefined : types[whole.type]
}

function addCookies(
  types: readonly string[],
  work: WorkBudget,
  policy: Policy,
  value: ValueRange,
  found: Finding[],
): void {
  const { bytes: b, from, to } = value
  const type = types.indexOf('session_cookie')
  const cookies = new ScannedValue(work)
  cookies.open(policy, value)
  maskCookies(cookies, from, to, type, 10)
  const pairs = cookies.findings.length
  if (pairs === 0 && !latinText(b, from, Math.min(to, from + LOOK_MAX)).includes('='))
    cookies.found(type, from, to, 10)
  found.push(...cookies.findings)
  mergeOverlaps(found)
}
