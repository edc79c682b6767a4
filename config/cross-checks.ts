// Checks how the sections of a configuration fit together: pipelines name existing components, which support the telemetry
// kind and come in a working order; no two listeners use the same port. Single options are checked by their schemas.

import { splitHostPort } from '../core/config/config-types.ts'
import { nearest } from '../core/config/nearest.ts'
import { isLoopback } from '../core/http/host-name.ts'
import type { TelemetryKind } from '../core/task.ts'
import { typeOfId } from './configure-components.ts'
import type { Registry, Section } from './registry-type.ts'
import type { Configured } from './root.ts'
import { type Path, type Problems, pathText } from './tree/problems.ts'
import { nodeAt, positionAt, type TreeNode } from './tree/tree.ts'

const TELEMETRY_KINDS: readonly TelemetryKind[] = ['traces', 'logs', 'metrics']

/** Processors that read canonical events, and exporters that store them. Both need `canonicalize` before them. */
const NEEDS_EVENTS: ReadonlySet<string> = new Set(['cost', 'signals'])
const STORES_EVENTS: ReadonlySet<string> = new Set(['clickhouse', 'postgres', 'kafka'])

/** The telemetry kind in a pipeline id: `traces` for `traces/eu`; null when the id does not begin with one. */
export function telemetryOfPipeline(id: string): TelemetryKind | null {
  const type = typeOfId(id)
  return TELEMETRY_KINDS.find((kind) => kind === type) ?? null
}

/** The components that were parsed successfully. */
export type ConfiguredSections = Readonly<
  Record<'receivers' | 'extensions', ReadonlyMap<string, Configured<unknown>>>
>

/** Runs every check over the merged tree. Values that a schema refused are skipped. */
export function crossCheck(
  root: TreeNode,
  registry: Registry,
  configured: ConfiguredSections,
  problems: Problems,
  isOffline: boolean,
): void {
  const checker = new CrossChecker(root, registry, problems)
  checker.pipelines()
  checker.extensions()
  checker.lagLimits()
  checker.unused()
  checker.controlPlane()
  checker.scoresTopics()
  const listeners = checker.listeners(configured)
  checker.authentication(configured, listeners, isOffline)
  checker.clashes(listeners)
}

class CrossChecker {
  readonly #root: TreeNode
  readonly #registry: Registry
  readonly #problems: Problems
  readonly #used = new Set<string>()

  constructor(root: TreeNode, registry: Registry, problems: Problems) {
    this.#root = root
    this.#registry = registry
    this.#problems = problems
  }

  pipelines(): void {
    const path: Path = ['service', 'pipelines']
    const node = nodeAt(this.#root, path)
    if (nodeAt(this.#root, ['service']) === null || node === null) return
    if (node.kind !== 'map' || node.entries.size === 0) {
      const expected = 'at least one, such as traces: {receivers: [otlp], exporters: [clickhouse]}'
      this.#error('OBS_CONFIG_PIPELINE', path, 'there is no pipeline', { expected })
      return
    }
    for (const id of node.entries.keys()) this.#pipeline(id, [...path, id])
  }

  /** The keys of `queue.max_lag` are ids of exporters. */
  lagLimits(): void {
    const path: Path = ['queue', 'max_lag']
    const node = nodeAt(this.#root, path)
    const exporters = nodeAt(this.#root, ['exporters'])
    if (node?.kind !== 'map' || exporters?.kind !== 'map') return
    const configured = [...exporters.entries.keys()]
    for (const id of node.entries.keys())
      if (!configured.includes(id))
        this.#unknownReference('exporters', id, configured, [...path, id])
  }

  #pipeline(id: string, path: Path): void {
    const telemetry = telemetryOfPipeline(id)
    if (telemetry === null) {
      const near = nearest(typeOfId(id), TELEMETRY_KINDS)
      this.#error('OBS_CONFIG_PIPELINE', path, 'not a pipeline', {
        expected: 'traces, logs or metrics, also with a name such as traces/eu',
        suggestion: near === null ? null : `Did you mean "${near}"?`,
      })
    }
    for (const section of ['receivers', 'processors', 'exporters'] as const) {
      const ids = this.#references(section, [...path, section])
      if (ids.length === 0 && section !== 'processors' && this.#isEmpty([...path, section]))
        this.#error('OBS_CONFIG_PIPELINE', [...path, section], `a pipeline needs ${section}`)
      if (telemetry !== null) this.#telemetrySupport(section, ids, telemetry, [...path, section])
    }
    if (telemetry === 'traces' || telemetry === 'logs') this.#order(path)
  }

  /** Reports an empty list. A missing list is reported by the schema. */
  #isEmpty(path: Path): boolean {
    const node = nodeAt(this.#root, path)
    return node?.kind === 'list' && node.items.length === 0
  }

  /** The ids listed at `path` that are configured. Reports those that are not configured or are listed twice. */
  #references(section: Section, path: Path): string[] {
    const node = nodeAt(this.#root, path)
    if (node?.kind !== 'list') return []
    const configured = this.#configured(section)
    const ids: string[] = []
    for (const [i, item] of node.items.entries()) {
      if (item.kind !== 'scalar' || typeof item.value !== 'string') continue
      const id = item.value
      this.#used.add(`${section} ${id}`)
      if (ids.includes(id))
        this.#error('OBS_CONFIG_PIPELINE', [...path, i], `${id} is listed twice`)
      else if (configured.includes(id)) ids.push(id)
      else this.#unknownReference(section, id, configured, [...path, i])
    }
    return ids
  }

  #unknownReference(section: Section, id: string, configured: string[], path: Path): void {
    const near = nearest(id, configured)
    const isKnownType = this.#registry[section].has(typeOfId(id))
    const suggestion =
      near !== null
        ? `Did you mean "${near}"?`
        : isKnownType
          ? `Add "${id}: {}" under ${section}.`
          : `Configured: ${configured.join(', ') || 'none'}.`
    const rule = `${id} is not configured under ${section}`
    this.#error('OBS_CONFIG_UNKNOWN_REFERENCE', path, rule, { suggestion })
  }

  #configured(section: Section): string[] {
    const node = nodeAt(this.#root, [section])
    return node?.kind === 'map' ? [...node.entries.keys()] : []
  }

  #telemetrySupport(
    section: Section,
    ids: readonly string[],
    telemetry: TelemetryKind,
    path: Path,
  ): void {
    for (const id of ids) {
      const factory = this.#registry[section].get(typeOfId(id))
      const supported =
        factory !== undefined && 'telemetry' in factory ? factory.telemetry : undefined
      if (supported === undefined || supported.includes(telemetry)) continue
      const rule = `${id} does not support ${telemetry}`
      this.#error('OBS_CONFIG_TELEMETRY', path, rule, { expected: supported.join(', ') })
    }
  }

  #order(pipeline: Path): void {
    const path: Path = [...pipeline, 'processors']
    const types = this.#types(path)
    const canonicalize = types.indexOf('canonicalize')
    for (const [i, type] of types.entries()) {
      if (!NEEDS_EVENTS.has(type) || (canonicalize >= 0 && canonicalize < i)) continue
      const rule = `${type} works on canonical events: it must come after canonicalize`
      this.#error('OBS_CONFIG_ORDER', [...path, i], rule)
    }
    const scrub = types.indexOf('scrub')
    if (scrub < 0) this.#warning(path, 'without scrub, secrets in the data are stored and sent on')
    else if (scrub > canonicalize && canonicalize >= 0)
      this.#error('OBS_CONFIG_ORDER', [...path, scrub], 'scrub must come before canonicalize')
    if (types.includes('signals') && types.indexOf('cost') > types.indexOf('signals'))
      this.#warning([...path, types.indexOf('signals')], 'signals before cost sees no costs')
    const stores = this.#types([...pipeline, 'exporters']).filter((t) => STORES_EVENTS.has(t))
    if (canonicalize < 0 && stores.length > 0)
      this.#warning(path, `without canonicalize no events are made for ${stores.join(', ')}`)
  }

  #types(path: Path): string[] {
    const node = nodeAt(this.#root, path)
    if (node?.kind !== 'list') return []
    return node.items.map((item) => (item.kind === 'scalar' ? typeOfId(String(item.value)) : ''))
  }

  extensions(): void {
    this.#references('extensions', ['service', 'extensions'])
  }

  /** Warns about unused components. Skipped when the pipelines could not be read, because everything would seem unused. */
  unused(): void {
    const pipelines = nodeAt(this.#root, ['service', 'pipelines'])
    if (pipelines?.kind !== 'map' || pipelines.entries.size === 0) return
    for (const section of ['receivers', 'processors', 'exporters', 'extensions'] as const)
      for (const id of this.#configured(section)) {
        if (this.#used.has(`${section} ${id}`)) continue
        const place = section === 'extensions' ? 'service.extensions' : 'any pipeline'
        const rule = `configured but not in ${place}: it does not run`
        const at = positionAt(this.#root, [section, id])
        this.#problems.warning('OBS_CONFIG_UNUSED', at, [section, id], rule)
      }
  }

  /**
   * Reports `auth: keys` without any keys, which would refuse everybody, and an open listener without keys, which accepts
   * everybody.
   */
  authentication(
    configured: ConfiguredSections,
    listeners: readonly Listener[],
    isOffline: boolean,
  ): void {
    const auth = nodeAt(this.#root, ['auth'])
    const wanted = auth?.kind === 'scalar' ? auth.value : null
    const started = this.#types(['service', 'extensions']).includes('keys')
    const asking: Path[] = [...configured.receivers]
      .filter(([, { config }]) => asksForKeys(config))
      .map(([id]) => ['receivers', id, 'auth'])
    if (!started && !this.#hasControlPlane())
      for (const path of wanted === 'keys' ? [['auth'], ...asking] : asking)
        this.#error('OBS_CONFIG_AUTH', path, 'there is nothing that knows keys', {
          suggestion:
            'Put a postgres exporter into a pipeline, which keeps the control plane, or a `keys` extension into service.extensions, or name a control plane in control.url.',
        })
    if (wanted === 'keys' || (started && wanted !== 'none')) {
      for (const listener of this.#metricsListener()) this.#openMetrics(listener)
      return
    }
    for (const listener of [...listeners, ...this.#metricsListener()]) {
      const { path } = listener
      const isAsking = asking.some((other) => other[0] === path[0] && other[1] === path[1])
      if (!isAsking) this.#openListener(listener, wanted === 'none' || isOffline)
    }
  }

  /** Sections that nothing reads without a control plane: whoever wrote them counts on what they promise. */
  controlPlane(): void {
    if (this.#hasControlPlane()) return
    const suggestion =
      'Put a postgres exporter into a pipeline, which keeps people and their sessions.'
    for (const name of ['oidc', 'accounts', 'bootstrap', 'notifications']) {
      const at = nodeAt(this.#root, [name])
      if (at === null) continue
      const rule = 'without a control plane it does nothing'
      if (name === 'oidc') this.#error('OBS_CONFIG_MISSING', [name], rule, { suggestion })
      else this.#problems.warning('OBS_CONFIG_UNUSED', at.at, [name], rule, { suggestion })
    }
  }

  /** Scores wait in Postgres, so a topic for them gets none without it. */
  scoresTopics(): void {
    if (this.#hasControlPlane()) return
    for (const id of this.#configured('exporters')) {
      const path: Path = ['exporters', id, 'scores_topic']
      const at = nodeAt(this.#root, path)
      if (at === null || !this.#used.has(`exporters ${id}`)) continue
      const suggestion = 'Put a postgres exporter into a pipeline.'
      const rule = 'without Postgres no scores are sent'
      this.#problems.warning('OBS_CONFIG_UNUSED', at.at, path, rule, { suggestion })
    }
  }

  /**
   * Whether there is a control plane. It stores the API keys in the Postgres database to which a pipeline exports, or which `control`
   * names.
   */
  #hasControlPlane(): boolean {
    if (nodeAt(this.#root, ['control', 'url']) !== null) return true
    return [...this.#used].some(
      (used) =>
        used.startsWith('exporters ') && typeOfId(used.slice('exporters '.length)) === 'postgres',
    )
  }

  /**
   * An open listener without keys is a warning if `auth: none` is written out, because then it is intended. Otherwise it is
   * an error, because the user has probably forgotten about keys.
   */
  #openListener({ path, endpoint }: Listener, isMeant: boolean): void {
    if (isLoopback(splitHostPort(endpoint)?.host ?? '')) return
    const rule = `${endpoint} is open to other machines, and no key is needed`
    const suggestion = isMeant
      ? 'Start the `keys` extension, or listen on 127.0.0.1.'
      : 'Start the `keys` extension, listen on 127.0.0.1, or write `auth: none` if that is meant.'
    const at = positionAt(this.#root, path)
    if (isMeant) this.#problems.warning('OBS_CONFIG_NO_AUTH', at, path, rule, { suggestion })
    else this.#error('OBS_CONFIG_NO_AUTH', path, rule, { suggestion })
  }

  /** API keys do not protect `/metrics`, because a scraper has no key. */
  #openMetrics({ path, endpoint }: Listener): void {
    if (isLoopback(splitHostPort(endpoint)?.host ?? '')) return
    const rule = `/metrics on ${endpoint} is open to other machines, and asks for no key`
    const suggestion = 'Listen on 127.0.0.1, or let only the scraper reach that port.'
    const at = positionAt(this.#root, path)
    this.#problems.warning('OBS_CONFIG_NO_AUTH', at, path, rule, { suggestion })
  }

  /** The metrics listener if the user configured it. The default one listens on loopback only. */
  #metricsListener(): Listener[] {
    const path: Path = ['telemetry', 'metrics', 'endpoint']
    const endpoint = nodeAt(this.#root, path)
    const enabled = nodeAt(this.#root, ['telemetry', 'metrics', 'enabled'])
    if (endpoint?.kind !== 'scalar' || typeof endpoint.value !== 'string') return []
    if (enabled?.kind === 'scalar' && enabled.value === false) return []
    return splitHostPort(endpoint.value) === null ? [] : [{ path, endpoint: endpoint.value }]
  }

  /** The addresses that the configured components will listen on. */
  listeners(configured: ConfiguredSections): Listener[] {
    return (['receivers', 'extensions'] as const).flatMap((section) =>
      [...configured[section]]
        .filter(([id]) => this.#used.has(`${section} ${id}`))
        .flatMap(([id, { config }]) => listenersIn(config, [section, id])),
    )
  }

  /** Components that name the same `host:port` share one server. The same port on another host is a conflict. */
  clashes(listeners: readonly Listener[]): void {
    for (const [i, listener] of listeners.entries()) {
      const mine = splitHostPort(listener.endpoint)
      if (mine === null || mine.port === 0) continue
      for (const other of listeners.slice(0, i)) {
        const theirs = splitHostPort(other.endpoint)
        if (theirs?.port !== mine.port) continue
        const rule = clash(listener, other, mine.host, theirs.host)
        const suggestion = `The other is ${pathText(other.path)}.`
        if (rule !== null) this.#error('OBS_CONFIG_ENDPOINT', listener.path, rule, { suggestion })
      }
    }
  }

  #error(
    code: `OBS_CONFIG_${string}`,
    path: Path,
    rule: string,
    details?: { expected?: string | null; suggestion?: string | null },
  ): void {
    this.#problems.error(code, positionAt(this.#root, path), path, rule, details)
  }

  #warning(path: Path, rule: string): void {
    this.#problems.warning('OBS_CONFIG_ORDER', positionAt(this.#root, path), path, rule)
  }
}

/** Whether a receiver requires keys through its own `auth` option, which overrides the root's. */
function asksForKeys(config: unknown): boolean {
  return typeof config === 'object' && config !== null && 'auth' in config && config.auth === 'keys'
}

interface Listener {
  readonly path: Path
  readonly endpoint: string
}

/** Every `endpoint: host:port` in a parsed component configuration, defaults included. */
export function listenersIn(config: unknown, path: Path): Listener[] {
  if (typeof config !== 'object' || config === null) return []
  return Object.entries(config).flatMap(([name, value]): Listener[] => {
    const at = [...path, name]
    if (name === 'endpoint' && typeof value === 'string' && splitHostPort(value) !== null)
      return [{ path: at, endpoint: value.toLowerCase() }]
    return listenersIn(value, at)
  })
}

function clash(a: Listener, b: Listener, hostA: string, hostB: string): string | null {
  const typeOf = (l: Listener): string => `${l.path[0]} ${typeOfId(String(l.path[1]))}`
  if (a.endpoint === b.endpoint)
    return typeOf(a) === typeOf(b) ? `two of a kind listen on ${a.endpoint}` : null
  const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::'
  return isAny(hostA) || isAny(hostB)
    ? `${a.endpoint} and ${b.endpoint} cannot both be listened on`
    : null
}
