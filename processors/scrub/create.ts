// Builds what finds and replaces from settings: the one place where detectors, rules, actions and the allow
// list come together.

import { type PolicySettings, type ScrubSettings, scrubSchema, settingsOf } from './config.ts'
import { DETECTORS } from './detectors/table.ts'
import { LineScrubber } from './inputs/lines.ts'
import { ByteScrubber } from './inputs/metrics.ts'
import { TextScrubber } from './inputs/text.ts'
import { Replacer } from './judge/actions.ts'
import { AllowList } from './judge/allow-list.ts'
import { CustomRule, type RuleSettings } from './judge/custom-rules.ts'
import { Engine } from './judge/engine.ts'
import { Inspector } from './judge/inspector.ts'
import { numbersOf } from './matchers/policy.ts'

/** The settings of an empty configuration: all detectors that are on by default, masked. */
export function defaultSettings(): ScrubSettings {
  return settingsOf(scrubSchema.parse({}))
}

/** What finds and replaces for each tenant: one engine, one set of tables, a policy for each tenant that has one. */
export class Inspectors {
  readonly base: Inspector
  readonly #byTenant: ReadonlyMap<string, Inspector>

  constructor(settings: ScrubSettings) {
    const policies = [settings, ...Object.values(settings.tenants)]
    const isOn = (p: PolicySettings, id: string, on: boolean): boolean =>
      p.on.includes(id) || (on && !p.off.includes(id))
    // Rules of the processor are the first of every policy: the same objects, so the same types.
    const own = [...settings.rules, ...policies.slice(1).flatMap((p) => ownRules(settings, p))]
    const rules = own.map((r, i) => new CustomRule(r, i))
    const extra = own.map((r, i) => {
      // With keys, the attribute must be known: such a rule looks at values, not at keywords alone.
      return (rules[i] as CustomRule).asExtra(r.keys.length === 0 ? r.keywords : [])
    })
    const engine = new Engine((d) => policies.some((p) => isOn(p, d.id, d.on)), extra)
    const { types, extraFrom } = engine.compiled
    for (const [i, rule] of rules.entries()) rule.setType(extraFrom + i)
    const inspectorOf = (p: PolicySettings): Inspector => {
      const kept = own.map((r) => p.rules.includes(r))
      const off = new Uint8Array(types.length)
      for (const d of DETECTORS) if (!isOn(p, d.id, d.on)) off[types.indexOf(d.id)] = 1
      for (const [i, is] of kept.entries()) if (!is) off[extraFrom + i] = 1
      const actions = types.map((t, i) =>
        i < extraFrom ? (p.actions[t] ?? p.action) : (own[i - extraFrom]?.action ?? p.action),
      )
      const policy = off.includes(1)
        ? {
            off,
            numbers: numbersOf(engine.compiled.numbers, off),
            markers: new Set(types.filter((_, i) => i < extraFrom || kept[i - extraFrom] === true)),
          }
        : engine.everything
      return new Inspector(
        engine,
        new Replacer(engine.compiled, actions, settings.pseudonym),
        new AllowList(p.allow),
        rules.filter((_, i) => kept[i] === true),
        policy,
      )
    }
    this.base = inspectorOf(settings)
    this.#byTenant = new Map(
      Object.entries(settings.tenants).map(([id, p]) => [id, inspectorOf(p)]),
    )
  }

  /** True when it matters whose data a value is. */
  get varies(): boolean {
    return this.#byTenant.size > 0
  }

  of(tenant: string): Inspector {
    return this.#byTenant.get(tenant) ?? this.base
  }
}

/** Rules a tenant has besides those of the processor. */
function ownRules(base: PolicySettings, p: PolicySettings): RuleSettings[] {
  return p.rules.filter((r) => !base.rules.includes(r))
}

/** Everything that finds and replaces, for those without settings of their own. */
export function createInspector(settings: ScrubSettings): Inspector {
  return new Inspectors(settings).base
}

/** Scrubs strings of a tenant. `field` is the name of the attribute or header the text stood in. */
export function createTextScrubber(
  settings: ScrubSettings = defaultSettings(),
  tenant = '',
): TextScrubber {
  return new TextScrubber(new Inspectors(settings).of(tenant), tenant)
}

/** Scrubs the lines of a stream, as bytes. */
export function createLineScrubber(settings: ScrubSettings, tenant: string): LineScrubber {
  return new LineScrubber(new Inspectors(settings).of(tenant), tenant)
}

/** Scrubs bytes one by one, for metrics. */
export function createByteScrubber(settings: ScrubSettings = defaultSettings()): ByteScrubber {
  return new ByteScrubber(new Inspectors(settings))
}
