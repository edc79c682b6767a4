// What judging is built from: plain settings that can be cloned to a worker. Made of the configuration by `config.ts`.

import type { AllowSettings } from './allow-list.ts'
import type { RuleSettings } from './custom-rules.ts'
import type { Action } from './judge.ts'
import type { PseudonymSettings } from './replacer.ts'

/** What holds for one tenant, or for all that have nothing of their own. */
export interface PolicySettings {
  readonly action: Action
  readonly off: readonly string[]
  readonly on: readonly string[]
  /** By detector id. */
  readonly actions: Readonly<Record<string, Action>>
  readonly rules: readonly RuleSettings[]
  readonly allow: AllowSettings
}

/** What workers get. */
export interface ScrubSettings extends PolicySettings {
  readonly pseudonym: PseudonymSettings | null
  /** Fields that name somebody or something take pseudonyms instead of markers. */
  readonly keepsIdsApart: boolean
  /** Complete policies by tenant id: what the processor says is in them. */
  readonly tenants: Readonly<Record<string, PolicySettings>>
}
