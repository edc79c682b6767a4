// Expressions of users' own rules, in CEL (https://cel.dev). They are checked once, with types, and can take neither long nor much: the
// length, nodes and depth of an expression are bounded; regular expressions are those of RE2, which take time linear in the text, on
// texts that are cut; CEL's own `matches`, which is the backtracking one of JavaScript, is refused; macros may not nest.

import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { EXPRESSION_FIELDS } from './expression-fields.ts'

export const EXPRESSION_CHARS_MAX = 2000
const NODES_MAX = 200
const DEPTH_MAX = 30
const LIST_MAX = 1000
const PATTERN_CHARS_MAX = 500

/** A mistake in an expression; `offset` counts characters from its beginning. */
export interface ExpressionMistake {
  readonly message: string
  readonly offset: number
}

export interface Expression {
  /** Names of the fields that it reads. */
  readonly fields: readonly string[]
  /** Values of `kind` of which it needs one to be true; null when it may be true for any. */
  readonly kinds: readonly string[] | null
  /** False also where the expression has no value, which `onError` is told of. */
  isTrue(values: Readonly<Record<string, string | number>>, onError: () => void): boolean
}

export type Compiled =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly mistake: ExpressionMistake }

export function compile(text: string): Compiled {
  const patterns = new Map<string, RE2JS>()
  const environment = environmentOf(patterns)
  try {
    const program = environment.parse(text)
    const checked = program.check()
    if (!checked.valid) return wrong(summaryOf(checked.error), offsetOf(checked.error))
    if (checked.type !== 'bool')
      return wrong(`the expression is a ${checked.type ?? 'value'} and must be a condition`, 0)
    const walk = new Walk(patterns)
    walk.visit(program.ast, 0)
    if (walk.mistake !== null) return { ok: false, mistake: walk.mistake }
    const fields = [...walk.fields]
    return {
      ok: true,
      expression: {
        fields,
        kinds: kindsOf(program.ast),
        isTrue(values, onError) {
          try {
            return program({ ...values }) === true
          } catch {
            // Such as an index beyond the end of a list: the expression has no value for this event.
            onError()
            return false
          }
        },
      },
    }
  } catch (thrown) {
    return wrong(summaryOf(thrown), offsetOf(thrown))
  }
}

const wrong = (message: string, offset: number): Compiled => ({
  ok: false,
  mistake: { message, offset },
})

/** The compiled patterns are looked up by their text, because a function is given values alone. */
function environmentOf(patterns: ReadonlyMap<string, RE2JS>): Environment {
  const environment = new Environment({
    limits: {
      maxAstNodes: NODES_MAX,
      maxDepth: DEPTH_MAX,
      maxListElements: LIST_MAX,
      maxMapEntries: 0,
      maxCallArguments: 8,
    },
  })
  for (const { name, type } of EXPRESSION_FIELDS) environment.registerVariable(name, type)
  environment.registerFunction(
    're(string, string): bool',
    (text: string, pattern: string) => patterns.get(pattern)?.matcher(text).find() === true,
  )
  // Whole numbers are written without a point; everybody writes `total_tokens == 100`.
  environment.registerOperator('double == int', (a: number, b: bigint) => a === Number(b))
  return environment
}

const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/** Looks at every node: which fields are read, which patterns are used, and what is not allowed. */
class Walk {
  readonly fields = new Set<string>()
  mistake: ExpressionMistake | null = null
  readonly #patterns: Map<string, RE2JS>

  constructor(patterns: Map<string, RE2JS>) {
    this.#patterns = patterns
  }

  visit(node: ASTNode, macros: number): void {
    if (node.op === 'id' && FIELD_NAMES.has(node.args)) this.fields.add(node.args)
    if (node.op === 'call' && node.args[0] === 're') this.#pattern(node.args[1][1])
    let inside = macros
    if (node.op === 'rcall') {
      const [name] = node.args
      if (name === 'matches')
        this.#refuse(
          node,
          'matches is not allowed, because some patterns never end: use re(text, "pattern")',
        )
      if (MACROS.has(name) && ++inside > 1)
        this.#refuse(node, `${name} may not stand inside another macro`)
    }
    for (const child of childrenOf(node.args)) this.visit(child, inside)
  }

  #pattern(node: ASTNode | undefined): void {
    if (node === undefined || node.op !== 'value' || typeof node.args !== 'string') {
      this.#refuse(node, 're needs its pattern as a text in quotation marks')
      return
    }
    if (node.args.length > PATTERN_CHARS_MAX)
      this.#refuse(node, `a pattern has at most ${PATTERN_CHARS_MAX} characters`)
    try {
      this.#patterns.set(node.args, RE2JS.compile(node.args))
    } catch (thrown) {
      this.#refuse(node, `the pattern is not one of RE2: ${summaryOf(thrown)}`)
    }
  }

  #refuse(node: ASTNode | undefined, message: string): void {
    this.mistake ??= { message, offset: node?.range.start ?? 0 }
  }
}

const FIELD_NAMES: ReadonlySet<string> = new Set(EXPRESSION_FIELDS.map((f) => f.name))

function* childrenOf(args: unknown): Generator<ASTNode> {
  if (isNode(args)) yield args
  else if (Array.isArray(args)) for (const a of args as readonly unknown[]) yield* childrenOf(a)
}

const isNode = (x: unknown): x is ASTNode =>
  typeof x === 'object' && x !== null && 'op' in x && 'args' in x

/** Of conditions that must all hold, one that says what `kind` is: a rule is tried only on events of that kind. */
function kindsOf(node: ASTNode): readonly string[] | null {
  if (node.op === '&&') return kindsOf(node.args[0]) ?? kindsOf(node.args[1])
  if (node.op === '==') {
    const [a, b] = node.args
    if (isKind(a)) return textsOf([b])
    return isKind(b) ? textsOf([a]) : null
  }
  if (node.op !== 'in') return null
  const [value, list] = node.args
  return isKind(value) && list.op === 'list' ? textsOf(list.args) : null
}

const isKind = (node: ASTNode): boolean => node.op === 'id' && node.args === 'kind'

function textsOf(nodes: readonly ASTNode[]): readonly string[] | null {
  const texts = nodes.map((n) => (n.op === 'value' && typeof n.args === 'string' ? n.args : null))
  return texts.every((t) => t !== null) ? texts : null
}

function summaryOf(thrown: unknown): string {
  const { summary, message } = (thrown ?? {}) as { summary?: unknown; message?: unknown }
  const text =
    typeof summary === 'string' ? summary : typeof message === 'string' ? message : 'not valid'
  return text.split('\n', 1)[0] ?? text
}

function offsetOf(thrown: unknown): number {
  const { range, node } = (thrown ?? {}) as {
    range?: { start?: unknown }
    node?: { pos?: unknown }
  }
  if (typeof range?.start === 'number') return range.start
  return typeof node?.pos === 'number' ? node.pos : 0
}
