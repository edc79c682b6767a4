// Builds what finds and replaces from settings: the one place where detectors, rules, actions and the allow list come
// together.

import type { Arena } from '../../../core/arena.ts'
import {
  type InstanceSecrets,
  keyFingerprint,
  NO_SECRETS,
  Pseudonyms,
} from '../../../core/identity/pseudonym.ts'
import type { Detector } from '../detectors/detector.ts'
import { keyMark } from '../detectors/marker.ts'
import { DETECTORS } from '../detectors/table.ts'
import type { Policy } from '../matchers/policy.ts'
import { numbersOf } from '../matchers/policy.ts'
import { matcherOf } from '../matchers/table.ts'
import type { WorkBudget } from '../matchers/work-budget.ts'
import { compile } from '../search/compile.ts'
import type { Scanner } from '../search/scanner.ts'
import { ValueRange } from '../value/value-range.ts'
import { AllowList } from './allow-list.ts'
import { CustomRule, type RuleSettings } from './custom-rules.ts'
import type { Judge, Judges } from './judge.ts'
import { Replacer } from './replacer.ts'
import { SecretFinder } from './secret-finder.ts'
import { type PolicySettings, type ScrubSettings } from './settings.ts'
import { TenantJudge } from './tenant-judge.ts'

/** What finds and replaces for each tenant, within `work`: one finder, one set of tables, a policy for each tenant that has one. */
export function createJudges(
  settings: ScrubSettings,
  secrets: InstanceSecrets = NO_SECRETS,
  work?: WorkBudget,
): Judges {
  const ids = idPseudonyms(settings, secrets)
  const { finder, own, rules, keyMarks } = build(settings, secrets, work)
  const judgeOf = (p: PolicySettings): Judge => {
    const kept = own.map((r) => p.rules.includes(r))
    const { types, isGuessable, extraFrom } = finder.compiled
    const actions = types.map((t, i) =>
      i < extraFrom ? (p.actions[t] ?? p.action) : (own[i - extraFrom]?.action ?? p.action),
    )
    return new TenantJudge(
      finder,
      new Replacer({ types, isGuessable, actions, pseudonym: settings.pseudonym, ids }),
      new AllowList(p.allow),
      rules.filter((_, i) => kept[i] === true),
      policyFor(finder, p, kept, keyMarks),
    )
  }
  const tenants = Object.entries(settings.tenants)
  const byTenant = new Map(tenants.map(([id, p]) => [id, judgeOf(p)]))
  return new SharedJudges(finder, judgeOf(settings), byTenant, ids)
}

/** With the configured key, else with that of the instance; without one ids are masked like everything else. */
function idPseudonyms(settings: ScrubSettings, secrets: InstanceSecrets): Pseudonyms | null {
  const [key] = pseudonymKeys(settings, secrets)
  return key === undefined || !settings.keepsIdsApart ? null : new Pseudonyms(key)
}

/** Judges that make pseudonyms with the current key, with the newest of the retired ones, and so on. */
export function judgesByKey(settings: ScrubSettings, secrets: InstanceSecrets): Judges[] {
  const keys = pseudonymKeys(settings, secrets).map((key) => ({ id: '', key }))
  if (keys.length === 0 || !settings.keepsIdsApart) return [createJudges(settings)]
  // All keys are known each time, so that a pseudonym that is asked for stays what it is.
  return keys.map((current) =>
    createJudges({ ...settings, pseudonym: null }, { pseudonymKeys: { current, retired: keys } }),
  )
}

/** The configured keys, or those of the instance: the current one first. */
function pseudonymKeys(settings: ScrubSettings, secrets: InstanceSecrets): string[] {
  if (settings.pseudonym !== null) return [settings.pseudonym.key, ...settings.pseudonym.retired]
  const ring = secrets.pseudonymKeys
  return ring === null ? [] : [ring.current, ...ring.retired].map((k) => k.key)
}

/** The finder alone, for whoever looks at its tables. */
export function createFinder(settings: ScrubSettings): SecretFinder {
  return build(settings, NO_SECRETS).finder
}

interface Built {
  readonly finder: SecretFinder
  /** Rules of users, of the processor first. */
  readonly own: readonly RuleSettings[]
  readonly rules: readonly CustomRule[]
  /** Of the keys that pseudonyms of ids may have been made with. */
  readonly keyMarks: readonly string[]
}

function build(settings: ScrubSettings, secrets: InstanceSecrets, work?: WorkBudget): Built {
  const keyMarks = pseudonymKeys(settings, secrets).map((key) => keyMark(keyFingerprint(key)))
  const policies = [settings, ...Object.values(settings.tenants)]
  // Rules of the processor are the first of every policy: the same objects, so the same types.
  const own = [...settings.rules, ...policies.slice(1).flatMap((p) => ownRules(settings, p))]
  const rules = own.map((r, i) => new CustomRule(r, i))
  // With keys, the attribute must be known: such a rule looks at values, not at keywords alone.
  const extra = own.map((r, i) =>
    (rules[i] as CustomRule).asExtra(r.keys.length === 0 ? r.keywords : []),
  )
  const isOnForAny = (d: Detector): boolean => policies.some((p) => isOn(p, d))
  const finder = new SecretFinder(
    (inner) => compile({ isOn: isOnForAny, extra, matcherOf, inner }),
    keyMarks,
    work,
  )
  for (const [i, rule] of rules.entries()) rule.setType(finder.compiled.extraFrom + i)
  return { finder, own, rules, keyMarks }
}

function isOn(p: PolicySettings, d: Detector): boolean {
  return p.on.includes(d.id) || (d.on && !p.off.includes(d.id))
}

/** The types that count; `kept` are the rules of users that do. */
function policyFor(
  finder: SecretFinder,
  p: PolicySettings,
  kept: readonly boolean[],
  keyMarks: readonly string[],
): Policy {
  const { types, extraFrom, numbers } = finder.compiled
  const off = new Uint8Array(types.length)
  for (const d of DETECTORS) if (!isOn(p, d)) off[types.indexOf(d.id)] = 1
  for (const [i, is] of kept.entries()) if (!is) off[extraFrom + i] = 1
  if (!off.includes(1)) return finder.everything
  const markers = types.filter((_, i) => i < extraFrom || kept[i - extraFrom] === true)
  return { off, numbers: numbersOf(numbers, off), markers: new Set([...markers, ...keyMarks]) }
}

class SharedJudges implements Judges {
  readonly base: Judge
  readonly #finder: SecretFinder
  readonly ids: Pseudonyms | null
  readonly #byTenant: ReadonlyMap<string, Judge>

  constructor(
    finder: SecretFinder,
    base: Judge,
    byTenant: ReadonlyMap<string, Judge>,
    ids: Pseudonyms | null,
  ) {
    this.ids = ids
    this.#finder = finder
    this.base = base
    this.#byTenant = byTenant
  }

  of(tenant: string): Judge {
    return this.#byTenant.get(tenant) ?? this.base
  }

  get work(): WorkBudget {
    return this.#finder.work
  }

  scanner(arena: Arena): Scanner {
    return this.#finder.scanner(arena)
  }

  holdsSecret(bytes: Uint8Array): boolean {
    const value = new ValueRange().set(bytes, 0, bytes.length)
    this.#finder.work.openValue(bytes.length)
    try {
      return this.#finder.find(this.#finder.everything, value).length > 0
    } catch {
      // The judge of the tenant fails in the same way, and closed.
      return true
    }
  }
}

/** Rules a tenant has besides those of the processor. */
function ownRules(base: PolicySettings, p: PolicySettings): RuleSettings[] {
  return p.rules.filter((r) => !base.rules.includes(r))
}
