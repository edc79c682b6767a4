// Builds what finds and replaces from settings: the one place where detectors, rules, actions and the allow
// list come together.

import { Replacer } from './actions.ts'
import { AllowList } from './allow.ts'
import { ByteScrubber } from './byte-scrubber.ts'
import { type ScrubSettings, scrubSchema, settingsOf } from './config.ts'
import { CustomRule } from './custom-rules.ts'
import { Engine } from './engine.ts'
import { Inspector } from './inspector.ts'
import { registerType } from './marker.ts'
import { TextScrubber } from './text.ts'

/** The settings of an empty configuration: all detectors that are on by default, masked. */
export function defaultSettings(): ScrubSettings {
  return settingsOf(scrubSchema.parse({}))
}

/** Everything that finds and replaces, for settings. */
export function createInspector(settings: ScrubSettings): Inspector {
  const rules = settings.rules.map((r) => new CustomRule(r))
  const extra = settings.rules.map((r, i) => {
    registerType(r.name)
    // With keys, the attribute must be known: such a rule looks at values, not at keywords alone.
    return (rules[i] as CustomRule).asExtra(r.keys.length === 0 ? r.keywords : [])
  })
  const isOn = (id: string, on: boolean): boolean =>
    settings.on.includes(id) || (on && !settings.off.includes(id))
  const engine = new Engine((d) => isOn(d.id, d.on), extra)
  const { types } = engine.compiled
  for (const rule of rules) rule.setType(types.indexOf(rule.name))
  const actions = types.map((t) => settings.actions[t] ?? settings.action)
  const replacer = new Replacer(engine.compiled, actions, settings.pseudonym)
  return new Inspector(engine, replacer, new AllowList(settings.allow), rules)
}

/** Scrubs strings. `field` is the name of the attribute or header the text stood in. */
export function createTextScrubber(settings: ScrubSettings = defaultSettings()): TextScrubber {
  return new TextScrubber(createInspector(settings))
}

/** Scrubs bytes one by one, for metrics. */
export function createByteScrubber(settings: ScrubSettings = defaultSettings()): ByteScrubber {
  return new ByteScrubber(createInspector(settings))
}
