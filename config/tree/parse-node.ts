// Parses a tree with a zod schema. The result is the value, or one problem for each mistake at its line. zod's issues are
// turned into the wording of this product. This file knows no key of any component.

import type { z } from 'zod'
import { nearest } from '../../core/config/nearest.ts'
import { placeInBlock } from './block-text.ts'
import { isSecretAt, jsonSchemaOf, knownKeys } from './json-schema.ts'
import type { Path, Position, Problems } from './problems.ts'
import { nodeAt, plainOf, positionAt, type ScalarNode, type TreeNode } from './tree.ts'

type Issue = z.core.$ZodIssue

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false }

/** `base` is the path of `node` in the whole configuration, for messages. */
export function parseNode<T>(
  schema: z.ZodType<T>,
  node: TreeNode,
  base: Path,
  problems: Problems,
): Parsed<T> {
  const parsed = parseRetyped(schema, node)
  if (parsed.success) return anyBroken(node) ? { ok: false } : { ok: true, value: parsed.data }
  const reporter = new IssueReporter(schema, node, base, problems)
  for (const issue of parsed.error.issues) reporter.report(issue, [])
  return { ok: false }
}

/**
 * If the schema refuses a value, tries two other readings of it. A text may stand for a number or boolean, because
 * `${env:PORT}` expands to text; texts are tried first, because a password may consist of digits. A key without a value
 * (`http:`) may stand for a map with all defaults. A reading counts only if the schema then accepts it.
 */
function parseRetyped<T>(schema: z.ZodType<T>, node: TreeNode): z.ZodSafeParseResult<T> {
  const first = schema.safeParse(plainOf(node))
  if (first.success) return first
  let mended = node
  for (const issue of first.error.issues) {
    const path = issue.path as Path
    const other = otherMeaning(nodeAt(node, path), issue)
    if (other !== null) mended = withReplaced(mended, path, other)
  }
  if (mended === node) return first
  const second = schema.safeParse(plainOf(mended))
  if (second.success || second.error.issues.length < first.error.issues.length) return second
  return first
}

function otherMeaning(node: TreeNode | null, issue: Issue): TreeNode | null {
  if (node?.kind !== 'scalar') return null
  if (node.retypable) return retype(node)
  const isEmptyMap =
    node.value === null && issue.code === 'invalid_type' && issue.expected === 'object'
  return isEmptyMap ? { kind: 'map', at: node.at, entries: new Map() } : null
}

function withReplaced(node: TreeNode, path: Path, other: TreeNode): TreeNode {
  const [part, ...rest] = path
  if (part === undefined) return other
  if (node.kind === 'list') {
    const items = node.items.map((item, i) => (i === part ? withReplaced(item, rest, other) : item))
    return { ...node, items }
  }
  if (node.kind !== 'map') return node
  const entries = new Map(node.entries)
  const entry = entries.get(String(part))
  if (entry !== undefined)
    entries.set(String(part), { ...entry, node: withReplaced(entry.node, rest, other) })
  return { ...node, entries }
}

function retype(node: ScalarNode): ScalarNode {
  const text = String(node.value)
  if (text === 'true' || text === 'false') return { ...node, value: text === 'true' }
  return /^[-+]?\d+(\.\d+)?$/.test(text) ? { ...node, value: Number(text) } : node
}

function anyBroken(node: TreeNode): boolean {
  if (node.kind === 'scalar') return node.broken
  if (node.kind === 'list') return node.items.some(anyBroken)
  return [...node.entries.values()].some((entry) => anyBroken(entry.node))
}

/** Reports zod issues in the wording of this product. */
class IssueReporter {
  readonly #schema: z.ZodType
  readonly #node: TreeNode
  readonly #base: Path
  readonly #problems: Problems

  constructor(schema: z.ZodType, node: TreeNode, base: Path, problems: Problems) {
    this.#schema = schema
    this.#node = node
    this.#base = base
    this.#problems = problems
  }

  report(issue: Issue, prefix: Path): void {
    const path: Path = [...prefix, ...(issue.path as Path)]
    const node = nodeAt(this.#node, path)
    if (node?.kind === 'scalar' && node.broken) return
    switch (issue.code) {
      case 'unrecognized_keys':
        for (const key of issue.keys) this.#unknownKey(path, key)
        return
      case 'invalid_type':
        this.#wrongType(issue, path, node)
        return
      case 'invalid_union':
        this.#union(issue, path, node)
        return
      case 'invalid_value':
        this.#notInList(issue, path, node)
        return
      case 'invalid_key':
        this.#bad(path, 'this key is not allowed here', null)
        return
      default:
        this.#bad(path, sentence(issue.message), node, offsetIn(issue))
    }
  }

  #unknownKey(path: Path, key: string): void {
    const known = knownKeys(jsonSchemaOf(this.#schema), path)
    const near = nearest(key, known)
    const suggestion =
      near !== null
        ? `Did you mean "${near}"?`
        : known.length === 0
          ? null
          : `Known here: ${known.join(', ')}.`
    const at = positionAt(this.#node, [...path, key])
    this.#problems.error('OBS_CONFIG_UNKNOWN_KEY', at, this.#full([...path, key]), 'unknown key', {
      suggestion,
    })
  }

  #wrongType(issue: z.core.$ZodIssueInvalidType, path: Path, node: TreeNode | null): void {
    if (node === null) {
      const at = positionAt(this.#node, path)
      this.#problems.error('OBS_CONFIG_MISSING', at, this.#full(path), 'this key is required')
      return
    }
    const own = issue.message.startsWith('Invalid input')
    const expected = own ? typeWords(issue.expected) : sentence(issue.message)
    this.#wrong(path, node, own ? expected : expected.replace(/^expected /, ''))
  }

  #wrong(path: Path, node: TreeNode, expected: string): void {
    const at = positionAt(this.#node, path)
    this.#problems.error('OBS_CONFIG_WRONG_TYPE', at, this.#full(path), 'wrong type', {
      expected,
      found: this.#found(node, path),
    })
  }

  #union(issue: z.core.$ZodIssueInvalidUnion, path: Path, node: TreeNode | null): void {
    if (!issue.message.startsWith('Invalid')) {
      if (node === null) this.#missing(path)
      else this.#wrong(path, node, sentence(issue.message).replace(/^expected /, ''))
      return
    }
    const closest = closestBranch(issue.errors)
    if (closest !== null) {
      for (const inner of closest) this.report(inner, path)
      return
    }
    if (node === null && issue.path.length > 0) {
      this.#missing(path)
      return
    }
    const expected = 'options' in issue ? `one of ${listOf(issue.options)}` : null
    this.#problems.error(
      'OBS_CONFIG_BAD_VALUE',
      positionAt(this.#node, path),
      this.#full(path),
      'not allowed here',
      { expected, found: node === null ? null : this.#found(node, path) },
    )
  }

  #missing(path: Path): void {
    const at = positionAt(this.#node, path)
    this.#problems.error('OBS_CONFIG_MISSING', at, this.#full(path), 'this key is required')
  }

  #notInList(issue: z.core.$ZodIssueInvalidValue, path: Path, node: TreeNode | null): void {
    if (node === null) {
      this.#missing(path)
      return
    }
    const names = issue.values.map(String)
    const near = node.kind === 'scalar' ? nearest(String(node.value), names) : null
    this.#problems.error(
      'OBS_CONFIG_BAD_VALUE',
      positionAt(this.#node, path),
      this.#full(path),
      'not one of the possible values',
      {
        expected: listOf(issue.values),
        found: this.#found(node, path),
        suggestion: near === null ? null : `Did you mean "${near}"?`,
      },
    )
  }

  #bad(path: Path, rule: string, node: TreeNode | null, offset: number | null = null): void {
    const at =
      offset !== null && node?.kind === 'scalar'
        ? positionInText(node, offset)
        : positionAt(this.#node, path)
    const found = node === null ? null : this.#found(node, path)
    this.#problems.error('OBS_CONFIG_BAD_VALUE', at, this.#full(path), rule, { found })
  }

  /** Describes the value that was found. The value itself is shown only when it cannot be a secret. */
  #found(node: TreeNode, path: Path): string {
    if (node.kind === 'list') return 'a list'
    if (node.kind === 'map') return 'a map'
    if (node.value === null) return 'nothing'
    if (typeof node.value !== 'string') return `the ${typeof node.value} ${node.value}`
    if (node.reference !== null) return 'a text from a reference'
    const isShown =
      node.value.length <= 40 &&
      !/[:@]/.test(node.value) &&
      !isSecretAt(jsonSchemaOf(this.#schema), path) &&
      !path.some((part) => /pass|secret|token|key|auth|cred|dsn|pepper/i.test(String(part)))
    return isShown ? `the text ${JSON.stringify(node.value)}` : 'a text'
  }

  #full(path: Path): Path {
    return [...this.#base, ...path]
  }
}

/** Where in a text a schema found a mistake, in characters; null for the text as a whole. */
function offsetIn(issue: Issue): number | null {
  const offset = issue.code === 'custom' ? issue.params?.['offset'] : undefined
  return typeof offset === 'number' ? offset : null
}

/** The place of a character of a text. Folded lines and escapes before it move it. */
function positionInText(node: ScalarNode, offset: number): Position {
  if (typeof node.style === 'object') {
    const { lines, column } = placeInBlock(node.style, String(node.value), offset)
    return { ...node.at, line: node.at.line + lines, column }
  }
  return { ...node.at, column: node.at.column + offset + (node.style === 'quoted' ? 1 : 0) }
}

/** The branch of a union that the user most likely meant: its errors lie deepest in the value, and are fewest. */
function closestBranch(errors: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const depth = (issues: readonly Issue[]): number =>
    Math.max(...issues.map((i) => i.path.length + (i.code === 'unrecognized_keys' ? 0.5 : 0)))
  const sorted = errors
    .filter((issues) => issues.length > 0)
    .toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)
  const best = sorted[0]
  if (best === undefined) return null
  const second = sorted[1]
  const isTie = second !== undefined && depth(second) === depth(best) && depth(best) === 0
  return isTie && errors.every((e) => e.length === 1) ? mergedTypes(errors) : best
}

/** Combines branches that differ only in the type of the value into one message: `expected a number or a text`. */
function mergedTypes(errors: readonly (readonly Issue[])[]): readonly Issue[] {
  const issues = errors.map((e) => e[0] as Issue)
  const first = issues[0] as Issue
  const words = issues.map((i) =>
    i.code === 'invalid_type'
      ? typeWords(i.expected)
      : i.code === 'invalid_value'
        ? listOf(i.values)
        : sentence(i.message).replace(/^expected /, ''),
  )
  const message = `expected ${[...new Set(words)].join(' or ')}`
  if (first.code === 'invalid_type') return [{ ...first, message }]
  return [{ code: 'custom', path: first.path, message, input: first.input }]
}

function typeWords(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    record: 'a map',
    null: 'nothing',
  }
  return words[expected] ?? expected
}

function listOf(values: readonly unknown[]): string {
  return values.map((v) => (typeof v === 'string' ? v : JSON.stringify(v))).join(', ')
}

/** Shortens zod's own message so that it reads well after the path. */
function sentence(message: string): string {
  return message.replace(/^Too (?:small|big): /, '').replace(/^Invalid (?:input|string): /, '')
}
