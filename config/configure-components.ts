// Checks the component sections: ids, known types, each configuration against its factory's schema, link-local targets,
// secrets written inline. How components are connected is checked in `cross-checks.ts`.

import { isLinkLocalHost } from '../core/config/config-types.ts'
import { nearest } from '../core/config/nearest.ts'
import { isUnverifiedPostgres } from '../core/config/unverified-tls.ts'
import type { AnyComponent, Section } from './registry-type.ts'
import type { Configured } from './root.ts'
import { isSecretAt, jsonSchemaOf, knownKeys } from './tree/json-schema.ts'
import { parseNode } from './tree/parse-node.ts'
import type { Path, Problems } from './tree/problems.ts'
import { eachScalar, type MapNode, nodeAt, type TreeNode } from './tree/tree.ts'

const ID = /^([a-z][a-z0-9_]*)(\/[A-Za-z0-9][A-Za-z0-9_.-]*)?$/

/** The valid components of one section. What is wrong with the others is added to `problems`. */
export function configureSection<F extends AnyComponent>(
  section: Section,
  root: TreeNode,
  factories: ReadonlyMap<string, F>,
  problems: Problems,
): Map<string, Configured<F>> {
  const configured = new Map<string, Configured<F>>()
  const node = nodeAt(root, [section])
  if (node?.kind !== 'map') return configured
  for (const [id, entry] of node.entries) {
    const factory = factoryOf(section, id, entry.keyAt, factories, problems)
    const body = asMap(entry.node)
    if (body === null) {
      problems.error('OBS_CONFIG_WRONG_TYPE', entry.node.at, [section, id], 'wrong type', {
        expected: 'a map of options',
        found: entry.node.kind === 'list' ? 'a list' : 'a single value',
      })
      continue
    }
    refuseLinkLocal([section, id], body, problems)
    if (factory === null) continue
    warnOfInlineSecrets(section, id, body, factory, problems)
    warnOfUnverifiedTls([section, id], body, problems)
    const parsed = parseNode(
      factory.schema,
      withoutCommonKeys(body, factory),
      [section, id],
      problems,
    )
    if (parsed.ok) configured.set(id, { id, factory, config: parsed.value })
  }
  return configured
}

/** The component type in an id: `otlp` for `otlp/eu`. */
export function typeOfId(id: string): string {
  return id.split('/', 1)[0] ?? ''
}

function factoryOf<F>(
  section: Section,
  id: string,
  at: TreeNode['at'],
  factories: ReadonlyMap<string, F>,
  problems: Problems,
): F | null {
  if (!ID.test(id)) {
    const expected = '`type` or `type/name`, such as otlp or otlp/eu'
    problems.error('OBS_CONFIG_BAD_ID', at, [section, id], 'not an id of a component', { expected })
    return null
  }
  const type = typeOfId(id)
  const factory = factories.get(type)
  if (factory !== undefined) return factory
  const near = nearest(type, factories.keys())
  const known = [...factories.keys()].join(', ')
  const suggestion = near === null ? `Known here: ${known || 'none'}.` : `Did you mean "${near}"?`
  const rule = `there is no ${section.slice(0, -1)} of type ${type}`
  problems.error('OBS_CONFIG_UNKNOWN_COMPONENT', at, [section, id], rule, { suggestion })
  return null
}

/** The node as a map. An empty value (`scrub:`) counts as an empty map, which means all defaults. */
function asMap(node: TreeNode): MapNode | null {
  if (node.kind === 'map') return node
  if (node.kind === 'scalar' && node.value === null)
    return { kind: 'map', at: node.at, entries: new Map() }
  return null
}

/** Removes `allow_link_local` for a component whose schema does not have it, because every component accepts that key. */
function withoutCommonKeys(body: MapNode, factory: AnyComponent): MapNode {
  const named = knownKeys(jsonSchemaOf(factory.schema), []).includes('allow_link_local')
  if (named || !body.entries.has('allow_link_local')) return body
  const entries = new Map(body.entries)
  entries.delete('allow_link_local')
  return { ...body, entries }
}

/** Reports a link-local target unless it is explicitly allowed. Cloud providers hand out credentials at such addresses. */
export function refuseLinkLocal(base: Path, body: TreeNode, problems: Problems): void {
  const allowed = nodeAt(body, ['allow_link_local'])
  if (allowed?.kind === 'scalar' && allowed.value === true) return
  eachScalar(body, base, (scalar, path) => {
    const hosts = typeof scalar.value === 'string' ? hostsIn(scalar.value) : []
    const host = hosts.find((name) => isLinkLocalHost(name))
    if (host === undefined) return
    problems.error(
      'OBS_CONFIG_LINK_LOCAL',
      scalar.at,
      path,
      `${scalar.reference === null ? host : 'the address'} is link-local or a cloud metadata address`,
      { suggestion: 'If that is what you want, write "allow_link_local: true" beside it.' },
    )
  })
}

/**
 * The hosts in a URL or in `host:port`; none for any other text. Parameters of a Postgres URL may name further hosts, which
 * take precedence.
 */
function hostsIn(text: string): string[] {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    // URL normalises numeric addresses (0xA9FEA9FE, 2852039166) only for http, so every scheme is parsed as http.
    const http = text.replace(/^[a-z][a-z0-9+.-]*:/i, 'http:')
    if (!URL.canParse(http)) return []
    const url = new URL(http)
    const named = ['host', 'hostaddr'].flatMap((name) => url.searchParams.getAll(name))
    return [url.hostname, ...named.flatMap((list) => list.split(',').map(normalised))]
  }
  // A list of brokers may stand in one text.
  return text.split(',').flatMap((entry) => {
    const m = /^(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9.-]+):\d{1,5}$/.exec(entry.trim())
    return m === null ? [] : [m[1] ?? '']
  })
}

/** The host in the form that `URL` gives it, so that numeric forms of an address are recognised too. */
function normalised(host: string): string {
  const url = `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}`
  return URL.canParse(url) ? new URL(url).hostname : host
}

function warnOfInlineSecrets(
  section: Section,
  id: string,
  body: MapNode,
  factory: AnyComponent,
  problems: Problems,
): void {
  const schema = jsonSchemaOf(factory.schema)
  eachScalar(body, [], (scalar, path) => {
    if (typeof scalar.value !== 'string' || scalar.reference !== null) return
    const password = passwordIn(scalar.value)
    if (!isSecretAt(schema, path) && password === null) return
    problems.hide(password ?? scalar.value)
    problems.warning(
      'OBS_CONFIG_INLINE_SECRET',
      scalar.at,
      [section, id, ...path],
      'a secret is written in the file',
      { suggestion: 'Use ${env:NAME} or ${file:path}, so that the file can be shared.' },
    )
  })
}

/**
 * Warns at every start, for every component, because anybody on the network path can read the data and impersonate the
 * server.
 */
function warnOfUnverifiedTls(base: Path, body: MapNode, problems: Problems): void {
  eachScalar(body, base, (scalar, path) => {
    const isSkipped = path.at(-1) === 'insecure_skip_verify' && scalar.value === true
    const isInUrl = typeof scalar.value === 'string' && isUnverifiedPostgres(scalar.value)
    if (!isSkipped && !isInUrl) return
    problems.warning(
      'OBS_CONFIG_UNVERIFIED_TLS',
      scalar.at,
      path,
      'the certificate of the server is not verified: anybody on the network path can read the data',
      { suggestion: 'Trust the authority of that certificate with ca_file instead.' },
    )
  })
}

/** The password in a URL, as written; null when there is none. */
export function passwordIn(text: string): string | null {
  const m = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]+)@/i.exec(text)
  return m === null ? null : (m[1] ?? '')
}
