// Can a user's pattern run in bounded time? V8 backtracks, so a pattern is refused when two repetitions can
// share the same text: a repetition inside a repetition, or two in a row with nothing between them that
// only one of them can take. What passes is run with every open repetition bounded.

/** Open repetitions (`*`, `+`, `{n,}`) stop here. */
const REPEAT_MAX = 256
/** A counted repetition above this is judged like an open one. */
const SMALL = 8
const PATTERN_LENGTH_MAX = 1000

/** A character set as 256 bits. */
type CharSet = Uint8Array

interface Node {
  readonly kind: 'set' | 'group' | 'edge'
  readonly set: CharSet
  readonly alternatives: readonly (readonly Item[])[]
}

interface Item {
  readonly node: Node
  readonly min: number
  readonly max: number
}

/** Why the pattern is refused, as a sentence with what to do; null when it may run. */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > PATTERN_LENGTH_MAX)
    return `the pattern is longer than ${PATTERN_LENGTH_MAX} characters`
  try {
    new RegExp(pattern)
  } catch {
    return 'the pattern is not a valid regular expression'
  }
  try {
    const alternatives = new Parser(pattern).parse()
    if (alternatives.some((items) => items.every((i) => i.min === 0 || i.node.kind === 'edge')))
      return 'the pattern matches the empty text'
    for (const items of alternatives) checkSequence(items, false)
    return null
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown.message
    throw thrown
  }
}

class Refused extends Error {}

function refuse(reason: string): never {
  throw new Refused(`the pattern could take unbounded time: ${reason}`)
}

/** The pattern with its open repetitions bounded. */
export function boundedPattern(pattern: string): string {
  let out = ''
  let inClass = false
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string
    if (c === '\\') {
      out += c + (pattern[++i] ?? '')
      continue
    }
    if (c === '[') inClass = true
    else if (c === ']') inClass = false
    if (inClass) out += c
    else if (c === '*') out += `{0,${REPEAT_MAX}}`
    else if (c === '+') out += `{1,${REPEAT_MAX}}`
    else {
      const open = c === '{' ? /^\{(\d+),\}/.exec(pattern.slice(i)) : null
      if (open === null) out += c
      else {
        out += `{${open[1]},${Math.max(Number(open[1]), REPEAT_MAX)}}`
        i += open[0].length - 1
      }
    }
  }
  return out
}

function isLong(item: Item): boolean {
  return item.max > SMALL && item.max !== item.min
}

/** A long repetition, or a group with one inside. */
function holdsLong(item: Item): boolean {
  return isLong(item) || item.node.alternatives.some((a) => a.some(holdsLong))
}

function checkSequence(items: readonly Item[], insideLong: boolean): void {
  for (const [i, item] of items.entries()) {
    if (item.node.kind === 'group') checkGroup(item, insideLong)
    else if (insideLong && item.max !== item.min)
      refuse('a repetition stands inside a repetition; write one of them with a fixed count')
    if (holdsLong(item)) checkNeighbours(items, i)
  }
}

function checkGroup(item: Item, insideLong: boolean): void {
  const loops = item.max > 1
  const long = item.max > SMALL
  if (insideLong && item.max !== item.min)
    refuse('a repetition stands inside a repetition; write one of them with a fixed count')
  for (const items of item.node.alternatives) {
    if (loops && items.every((x) => x.min === 0)) refuse('a repeated group can match nothing')
    if (loops && !long && items.some((x) => isLong(x)))
      refuse('a repetition stands inside a repetition; write one of them with a fixed count')
    checkSequence(items, insideLong || long)
  }
  if (loops) checkAlternatives(item)
}

/** Alternatives of a repeated group must differ in their first character. */
function checkAlternatives(item: Item): void {
  const firsts = item.node.alternatives.map((a) => firstOf(a))
  for (let i = 0; i < firsts.length; i++)
    for (let j = i + 1; j < firsts.length; j++)
      if (overlaps(firsts[i] as CharSet, firsts[j] as CharSet))
        refuse('alternatives of a repeated group begin with the same character')
}

/** What a long repetition can take must be stopped by something before the next one can take it too. */
function checkNeighbours(items: readonly Item[], at: number): void {
  const own = allOf(items[at] as Item)
  for (let i = at + 1; i < items.length; i++) {
    const next = items[i] as Item
    if (next.node.kind === 'edge') continue
    const set = allOf(next)
    if (!overlaps(own, set)) {
      if (next.min > 0) return
      continue
    }
    if (holdsLong(next))
      refuse(
        'two repetitions can take the same text; put something between them that neither can take, or use a narrower set',
      )
  }
}

function allOf(item: Item): CharSet {
  if (item.node.kind === 'set') return item.node.set
  const all = new Uint8Array(256)
  for (const items of item.node.alternatives) for (const x of items) join(all, allOf(x))
  return all
}

function firstOf(items: readonly Item[]): CharSet {
  const all = new Uint8Array(256)
  for (const x of items) {
    if (x.node.kind === 'set') join(all, x.node.set)
    else for (const a of x.node.alternatives) join(all, firstOf(a))
    if (x.min > 0 && x.node.kind !== 'edge') break
  }
  return all
}

function join(into: CharSet, from: CharSet): void {
  for (let i = 0; i < 256; i++) if (from[i] === 1) into[i] = 1
}

function overlaps(a: CharSet, b: CharSet): boolean {
  for (let i = 0; i < 256; i++) if (a[i] === 1 && b[i] === 1) return true
  return false
}

function setOf(test: (c: string) => boolean): CharSet {
  const s = new Uint8Array(256)
  for (let i = 0; i < 256; i++) s[i] = test(String.fromCharCode(i)) ? 1 : 0
  return s
}

/** A reader of the common regular expression syntax; what it does not know is refused with its name. */
class Parser {
  readonly #p: string
  #i = 0
  #depth = 0

  constructor(pattern: string) {
    this.#p = pattern
  }

  parse(): Item[][] {
    const all = this.#alternatives()
    if (this.#i < this.#p.length) refuse('a bracket is closed that was not opened')
    return all
  }

  #alternatives(): Item[][] {
    if (++this.#depth > 20) refuse('groups are nested too deeply')
    const all: Item[][] = [[]]
    while (this.#i < this.#p.length && this.#p[this.#i] !== ')') {
      if (this.#p[this.#i] === '|') {
        this.#i++
        all.push([])
      } else (all[all.length - 1] as Item[]).push(this.#item())
    }
    this.#depth--
    return all
  }

  #item(): Item {
    const node = this.#node()
    const m = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#p.slice(this.#i))
    if (m === null) return { node, min: 1, max: 1 }
    this.#i += m[0].length
    if (m[1] === '?') return { node, min: 0, max: 1 }
    if (m[1] !== undefined) return { node, min: m[1] === '+' ? 1 : 0, max: REPEAT_MAX }
    const min = Number(m[2])
    const max = m[3] === undefined ? min : m[4] === '' ? Math.max(min, REPEAT_MAX) : Number(m[4])
    if (max > 10_000) refuse('a count is above 10000')
    return { node, min, max }
  }

  #node(): Node {
    const c = this.#p[this.#i] as string
    if (c === '(') return this.#group()
    this.#i++
    if (c === '[') return this.#class()
    if (c === '^' || c === '$') return edge()
    if (c === '.') return set(setOf((x) => x !== '\n'))
    if (c === '\\') return this.#escape()
    return set(setOf((x) => x.toLowerCase() === c.toLowerCase() || c.charCodeAt(0) > 255))
  }

  #group(): Node {
    const head = /^\((?:\?(?:([:=!])|<([=!])|<\w+>))?/.exec(
      this.#p.slice(this.#i),
    ) as RegExpExecArray
    if (head[1] === '=' || head[1] === '!' || head[2] !== undefined)
      refuse('lookahead and lookbehind are not supported')
    this.#i += head[0].length
    const alternatives = this.#alternatives()
    this.#i++
    return { kind: 'group', set: new Uint8Array(256), alternatives }
  }

  #class(): Node {
    let end = this.#i
    while (this.#p[end] !== ']' || end === this.#i) {
      if (this.#p[end] === '\\') end++
      end++
    }
    const test = new RegExp(`^[${this.#p.slice(this.#i, end)}]$`, 'is')
    this.#i = end + 1
    return set(setOf((x) => test.test(x)))
  }

  #escape(): Node {
    const c = this.#p[this.#i++] as string
    if (/[1-9]/.test(c) || c === 'k') refuse('references to groups are not supported')
    if (c === 'b' || c === 'B') return edge()
    let text = `\\${c}`
    const more = c === 'x' ? 2 : c === 'u' ? 4 : 0
    text += this.#p.slice(this.#i, this.#i + more)
    this.#i += more
    const test = new RegExp(`^${text}$`, 'is')
    return set(setOf((x) => test.test(x)))
  }
}

function set(s: CharSet): Node {
  return { kind: 'set', set: s, alternatives: [] }
}

function edge(): Node {
  return { kind: 'edge', set: new Uint8Array(256), alternatives: [] }
}
