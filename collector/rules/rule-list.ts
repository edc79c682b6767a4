// The rules of a configuration, as `observa rules` and the API show them.

import type { ObservaConfig } from '../../config/root.ts'
import type { RuleInfo } from '../../core/operations.ts'
import {
  RULE_CATALOGUE,
  type SignalsConfig,
  signalsSchema,
} from '../../processors/signals/index.ts'

/** The settings of the first `signals` processor that a pipeline has; null without one. */
export function signalsConfigOf(config: ObservaConfig): SignalsConfig | null {
  for (const { processors } of config.service.pipelines.values())
    for (const id of processors) {
      const processor = config.processors.get(id)
      // Its schema has made the settings.
      if (processor?.factory.type === 'signals') return processor.settings as SignalsConfig
    }
  return null
}

/** Settings from options as they are written in a configuration, or what is wrong with them. */
export function parsedSettings(written: unknown): SignalsConfig | readonly string[] {
  const parsed = signalsSchema.safeParse(written)
  if (parsed.success) return parsed.data
  return parsed.error.issues.map((i) => `${i.path.join('.') || 'settings'}: ${i.message}`)
}

export function rulesOf(config: SignalsConfig): RuleInfo[] {
  const { disabled, trends } = config
  const builtIn = RULE_CATALOGUE.map((rule): RuleInfo => {
    const isOn = rule.types.some((type) => !disabled.includes(type))
    return {
      id: rule.id,
      types: rule.types,
      severity: rule.severity,
      over: rule.over,
      finds: rule.finds,
      limits: Object.fromEntries(rule.limits.map((name) => [name, config[name]])),
      enabled: isOn && (rule.over !== 'series' || trends),
      own: false,
    }
  })
  const own = config.rules.map(
    (rule): RuleInfo => ({
      id: `own.${rule.id}@1`,
      types: [rule.type],
      severity: rule.severity,
      over: 'event',
      finds: rule.when,
      limits: rule.threshold === undefined ? {} : { threshold: rule.threshold },
      enabled: rule.enabled && !disabled.includes(rule.type),
      own: true,
    }),
  )
  return [...builtIn, ...own]
}

/** A rule by its id, with or without version; null for none. */
export const ruleNamed = (rules: readonly RuleInfo[], name: string): RuleInfo | null =>
  rules.find((r) => r.id === name || r.id.split('@')[0] === name) ?? null
