// A configuration as a tree that knows where each key and value was written. YAML text is parsed into such a tree within
// bounds on size, depth, nodes and aliases. This file does not know what the keys mean.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml'
import { type BlockText, blockText } from './block-text.ts'
import type { Path, Position, Problems } from './problems.ts'

export type ScalarValue = string | number | boolean | null

export type TextStyle = 'plain' | 'quoted' | BlockText

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly at: Position
  readonly value: ScalarValue
  /** The value as written if it contained a `${...}` reference; printed in place of the expanded value. */
  readonly reference: string | null
  /** True when the whole value was one reference, whose text may therefore also be read as a number or boolean. */
  readonly retypable: boolean
  /** True when a reference failed. That was reported, so nothing more is reported about this value. */
  readonly broken: boolean
  /** How a text is written in the file. It is needed to find the line and column of a place inside the text. */
  readonly style?: TextStyle
}

export interface MapNode {
  readonly kind: 'map'
  readonly at: Position
  readonly entries: ReadonlyMap<string, { readonly keyAt: Position; readonly node: TreeNode }>
}

export interface ListNode {
  readonly kind: 'list'
  readonly at: Position
  readonly items: readonly TreeNode[]
}

export type TreeNode = ScalarNode | MapNode | ListNode

const TEXT_CHARS_MAX = 1024 * 1024
const DEPTH_MAX = 64
const NODES_MAX = 50_000
const ALIASES_MAX = 100
const BRACKETS_MAX = 1000
const SYNTAX_ERRORS_SHOWN = 20

const CORE_TAGS: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'null', 'bool', 'int', 'float'].map((t) => `tag:yaml.org,2002:${t}`),
)

/** Parses YAML text; null after a mistake that leaves nothing to check. */
export function parseTree(text: string, file: string, problems: Problems): TreeNode | null {
  const start: Position = { file, line: 1, column: 1 }
  if (text.length > TEXT_CHARS_MAX) {
    problems.error('OBS_CONFIG_TOO_LARGE', start, [], 'the file is larger than 1 MiB')
    return null
  }
  const lines = new LineCounter()
  const doc = parseOne(text, file, lines, problems)
  if (doc === null) return null
  const root = doc.contents
  if (root === null || (isScalar(root) && root.value === null)) {
    const suggestion = 'Leave out --config to run with the defaults.'
    problems.error('OBS_CONFIG_EMPTY', start, [], 'the file is empty', { suggestion })
    return null
  }
  return new TreeBuilder(doc, text, file, lines, problems).build(root)
}

function parseOne(
  text: string,
  file: string,
  lines: LineCounter,
  problems: Problems,
): Document<ParsedNode> | null {
  const start: Position = { file, line: 1, column: 1 }
  if (bracketDepth(text) > BRACKETS_MAX) {
    problems.error('OBS_CONFIG_TOO_DEEP', start, [], `nested deeper than ${DEPTH_MAX} levels`)
    return null
  }
  let docs: Document<ParsedNode>[]
  try {
    docs = [
      ...parseAllDocuments(text, {
        schema: 'core',
        merge: false,
        customTags: [],
        // Checked in this file instead, in linear time: the library compares each key with all others.
        uniqueKeys: false,
        strict: true,
        prettyErrors: false,
        lineCounter: lines,
      }),
    ] as Document<ParsedNode>[]
  } catch (thrown) {
    // The parser is recursive, so thousands of nested brackets would overflow its stack; they are reported as too deep.
    if (!(thrown instanceof RangeError)) throw thrown
    problems.error('OBS_CONFIG_TOO_DEEP', start, [], `nested deeper than ${DEPTH_MAX} levels`)
    return null
  }
  if (docs.length === 0) {
    const suggestion = 'Leave out --config to run with the defaults.'
    problems.error('OBS_CONFIG_EMPTY', start, [], 'the file is empty', { suggestion })
    return null
  }
  const doc = docs[0] as Document<ParsedNode>
  if (docs.length > 1) {
    const second = docs[1] as Document<ParsedNode>
    const at = positionOf(file, lines, second.range?.[0] ?? 0)
    const suggestion = 'Give several files, --config for each; they are merged in order.'
    problems.error('OBS_CONFIG_SYNTAX', at, [], 'a second document in one file', { suggestion })
  }
  for (const error of doc.errors.slice(0, SYNTAX_ERRORS_SHOWN))
    reportSyntax(error, positionOf(file, lines, error.pos[0]), problems)
  return doc.errors.length === 0 ? doc : null
}

/**
 * The deepest nesting of brackets, including those in strings and comments: a cheap check before the recursive parser runs.
 */
function bracketDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x5b || c === 0x7b) deepest = Math.max(deepest, ++depth)
    else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--
  }
  return deepest
}

function reportSyntax(error: YAMLParseError, at: Position, problems: Problems): void {
  if (/call stack|Stack overflow/.test(error.message)) {
    problems.error('OBS_CONFIG_TOO_DEEP', at, [], `nested deeper than ${DEPTH_MAX} levels`)
    return
  }
  // Some messages of the library end with a piece of the text, which may be half a password.
  const rule = error.message.replace(/: ["'\s][\s\S]*$/, '').replace(/\n[\s\S]*$/, '')
  problems.error('OBS_CONFIG_SYNTAX', at, [], `not valid YAML: ${rule.slice(0, 200)}`)
}

function positionOf(file: string, lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** Converts the nodes of one YAML document into nodes of this tree, within the bounds. */
class TreeBuilder {
  readonly #doc: Document<ParsedNode>
  readonly #text: string
  readonly #file: string
  readonly #lines: LineCounter
  readonly #problems: Problems
  #nodes = 0
  #aliases = 0
  #stopped = false

  constructor(
    doc: Document<ParsedNode>,
    text: string,
    file: string,
    lines: LineCounter,
    problems: Problems,
  ) {
    this.#doc = doc
    this.#text = text
    this.#file = file
    this.#lines = lines
    this.#problems = problems
  }

  build(root: Node): TreeNode | null {
    const tree = this.#node(root, [])
    return this.#stopped ? null : tree
  }

  #node(node: Node | null, path: Path): TreeNode {
    const at = this.#at(node)
    if (this.#stopped || !this.#withinBounds(at, path)) return nullNode(at)
    if (node === null) return nullNode(at)
    if (isAlias(node)) return this.#alias(node, at, path)
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) return this.#refuseTag(node, at, path)
    if (isMap(node)) return this.#map(node, at, path)
    if (isSeq(node)) {
      const items = node.items.map((item, i) => this.#node(item as Node | null, [...path, i]))
      return { kind: 'list', at, items }
    }
    if (isScalar(node))
      return { ...nullNode(at), value: scalarValue(node.value), style: this.#style(node) }
    return nullNode(at)
  }

  #style({ type, range }: Scalar): TextStyle {
    if (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') return 'quoted'
    if (type !== 'BLOCK_LITERAL' && type !== 'BLOCK_FOLDED') return 'plain'
    const [start = 0, end = start] = range ?? []
    return blockText(this.#text.slice(start, end), type === 'BLOCK_FOLDED')
  }

  #withinBounds(at: Position, path: Path): boolean {
    if (path.length > DEPTH_MAX)
      return this.#stop('OBS_CONFIG_TOO_DEEP', at, `nested deeper than ${DEPTH_MAX} levels`)
    if (++this.#nodes > NODES_MAX)
      return this.#stop('OBS_CONFIG_TOO_LARGE', at, `more than ${NODES_MAX} keys and values`)
    return true
  }

  #stop(code: 'OBS_CONFIG_TOO_DEEP' | 'OBS_CONFIG_TOO_LARGE', at: Position, rule: string): false {
    this.#stopped = true
    this.#problems.error(code, at, [], rule)
    return false
  }

  #alias(node: Node, at: Position, path: Path): TreeNode {
    if (++this.#aliases > ALIASES_MAX) {
      this.#stop('OBS_CONFIG_TOO_LARGE', at, `more than ${ALIASES_MAX} aliases, all expanded`)
      return nullNode(at)
    }
    const target = isAlias(node) ? node.resolve(this.#doc) : undefined
    if (target !== undefined) return this.#node(target as Node, path)
    this.#problems.error('OBS_CONFIG_SYNTAX', at, path, 'an alias of an anchor that is not there')
    return { ...nullNode(at), broken: true }
  }

  #refuseTag(node: Node & { tag?: string }, at: Position, path: Path): TreeNode {
    const rule = `the tag ${node.tag ?? ''} is not allowed`
    const suggestion = 'A configuration is data: maps, lists, texts, numbers, true and false.'
    this.#problems.error('OBS_CONFIG_TAG', at, path, rule, { suggestion })
    return { ...nullNode(at), broken: true }
  }

  #map(node: YAMLMap, at: Position, path: Path): TreeNode {
    const entries = new Map<string, { keyAt: Position; node: TreeNode }>()
    for (const pair of node.items) {
      const key = pair.key as Node | null
      const keyAt = this.#at(key)
      if (!isScalar(key)) {
        this.#problems.error('OBS_CONFIG_SYNTAX', keyAt, path, 'a key must be a text')
        continue
      }
      const name = String(scalarValue(key.value) ?? '')
      if (entries.has(name)) {
        const suggestion = 'The second would silently replace the first: keep one.'
        const rule = 'this key is given twice'
        this.#problems.error('OBS_CONFIG_DUPLICATE_KEY', keyAt, [...path, name], rule, {
          suggestion,
        })
        continue
      }
      entries.set(name, { keyAt, node: this.#node(pair.value as Node | null, [...path, name]) })
    }
    return { kind: 'map', at, entries }
  }

  #at(node: Node | null): Position {
    return positionOf(this.#file, this.#lines, node?.range?.[0] ?? 0)
  }
}

function scalarValue(value: unknown): ScalarValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  return value === null || value === undefined ? null : String(value as bigint)
}

function nullNode(at: Position): ScalarNode {
  return { kind: 'scalar', at, value: null, reference: null, retypable: false, broken: false }
}

/**
 * Plain values of the tree, to be parsed by a schema. Objects have no prototype, so that `__proto__` is a key like any other.
 */
export function plainOf(node: TreeNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plainOf)
    case 'map': {
      const plain = Object.create(null) as Record<string, unknown>
      for (const [name, entry] of node.entries) plain[name] = plainOf(entry.node)
      return plain
    }
  }
}

/** The node at `path`, or null. */
export function nodeAt(root: TreeNode, path: Path): TreeNode | null {
  let node: TreeNode | undefined = root
  for (const part of path) {
    if (node.kind === 'map') node = node.entries.get(String(part))?.node
    else if (node.kind === 'list') node = node.items[Number(part)]
    else node = undefined
    if (node === undefined) return null
  }
  return node
}

/** Position of the key at the end of `path`, or of the nearest node around it. */
export function positionAt(root: TreeNode, path: Path): Position {
  let node: TreeNode = root
  let at = root.at
  for (const part of path) {
    if (node.kind === 'map') {
      const entry = node.entries.get(String(part))
      if (entry === undefined) return at
      at = entry.keyAt
      node = entry.node
    } else if (node.kind === 'list') {
      const item = node.items[Number(part)]
      if (item === undefined) return at
      at = item.at
      node = item
    } else return at
  }
  return at
}

/** Calls `visit` for every scalar of the tree. */
export function eachScalar(
  node: TreeNode,
  path: Path,
  visit: (scalar: ScalarNode, path: Path) => void,
): void {
  if (node.kind === 'scalar') visit(node, path)
  else if (node.kind === 'list')
    for (const [i, item] of node.items.entries()) eachScalar(item, [...path, i], visit)
  else for (const [name, entry] of node.entries) eachScalar(entry.node, [...path, name], visit)
}
