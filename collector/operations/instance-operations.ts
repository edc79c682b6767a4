// Implements the operations of an instance (`core/operations.ts`), which its operators use through the API, with the parts of the running
// service.

import { readFile } from 'node:fs/promises'
import { effectiveConfig } from '../../config/effective.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { InstanceSecrets } from '../../core/identity/pseudonym.ts'
import type { Metrics } from '../../core/metrics.ts'
import type {
  ConfigurationCheck,
  DeadLetters,
  EffectiveConfiguration,
  Explained,
  ExplainRequest,
  Operations,
  Replay,
  ReplayRequest,
  RuleInfo,
} from '../../core/operations.ts'
import type { DurableLog } from '../log/log.ts'
import { registry } from '../registry.ts'
import { parsedSettings, rulesOf, signalsConfigOf } from '../rules/rule-list.ts'
import { RuleReplay } from '../rules/rule-replay.ts'
import { keysConfigOf } from '../service/authenticators.ts'
import { chainRunSettings } from './chain-run-settings.ts'
import { checkConfiguration } from './check-configuration.ts'
import { Explainer } from './explainer.ts'
import { StoredDeadLetters } from './stored-dead-letters.ts'

export interface InstanceOperationsSettings {
  /** The running configuration. A reload replaces it. */
  readonly config: () => ObservaConfig
  readonly secrets: () => InstanceSecrets
  readonly log: DurableLog
  readonly queueDir: string
  readonly nowMs: () => number
  readonly metrics: Metrics
}

export class InstanceOperations implements Operations {
  readonly deadLetters: DeadLetters
  readonly #settings: InstanceOperationsSettings
  readonly #explainer: Explainer
  /** One at a time: each takes a core. */
  #isReplaying = false

  constructor(settings: InstanceOperationsSettings) {
    this.#settings = settings
    this.deadLetters = new StoredDeadLetters(settings.queueDir, settings.log, settings.nowMs)
    this.#explainer = new Explainer(settings.metrics)
  }

  configuration(): EffectiveConfiguration {
    const config = this.#settings.config()
    return { effective: effectiveConfig(config, registry), written: config.printable }
  }

  async checkConfiguration(text: string): Promise<ConfigurationCheck> {
    return await checkConfiguration(text, this.#settings.config(), (path) => readFile(path, 'utf8'))
  }

  async explain(request: ExplainRequest): Promise<Explained | null> {
    const options = { pipelineId: null, explain: true, isEncoding: false }
    const settings = chainRunSettings(this.#settings.config(), options, this.#settings.secrets())
    return await this.#explainer.explain({ settings, request })
  }

  rules(): readonly RuleInfo[] {
    const settings = signalsConfigOf(this.#settings.config())
    return settings === null ? [] : rulesOf(settings)
  }

  replayRules(request: ReplayRequest): ReturnType<Operations['replayRules']> {
    const running = signalsConfigOf(this.#settings.config())
    const settings = request.settings === null ? running : parsedSettings(request.settings)
    if (settings === null) return ['settings: no pipeline has a `signals` processor']
    if (!('disabled' in settings)) return settings
    if (this.#isReplaying) return null
    return this.#replay(new RuleReplay(settings, request.rule), request)
  }

  async *#replay(replay: RuleReplay, { pages }: ReplayRequest): AsyncGenerator<number, Replay> {
    this.#isReplaying = true
    try {
      return yield* replay.run(pages)
    } finally {
      this.#isReplaying = false
    }
  }

  configuredTenants(): readonly string[] {
    const keys = keysConfigOf(this.#settings.config())?.keys ?? []
    return [...new Set(keys.map((key) => key.tenant))]
  }

  async stop(): Promise<void> {
    await this.#explainer.stop()
  }
}
