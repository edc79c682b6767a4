// Reads indexed families of attributes (`llm.input_messages.2.message.role`) as lists, and converts such lists and
// other JSON forms to messages, tools, documents and annotations.

import { N, R } from '../../../../core/fields.ts'
import type { Message, Tool } from '../../content/content-types.ts'
import { messageOf } from '../../content/messages.ts'
import { toolsOf } from '../../content/tool-definitions.ts'
import { parseLoose } from '../../json/loose-json.ts'
import { isRecord } from '../../json/values.ts'
import { attrValue } from '../../span/any-value.ts'
import type { CurrentSpan } from '../../span/current-span.ts'
import { INDEX_MAX } from '../../span/indexed-families.ts'

/** The most elements of one span's family, so that a hostile span cannot cost more. */
const SLOTS_MAX = 10_001

type Node = Record<string, unknown>

/**
 * The attributes of a family as a list sorted by index. Each element is an object nested by the dotted rest of the
 * key.
 */
export function elementsOfFamily(
  span: CurrentSpan,
  rows: readonly number[],
  strip: number,
): unknown[] {
  const byIndex = new Map<number, unknown>()
  let slots = 0
  for (const attr of rows) {
    const path = pathOf(span, attr, strip)
    const index = Number(path[0])
    if (path.includes('__proto__')) continue
    if (++slots > SLOTS_MAX || index >= INDEX_MAX) continue
    if (path.length === 1) byIndex.set(index, attrValue(span.batch, attr))
    else {
      let node = byIndex.get(index)
      if (!isRecord(node)) {
        node = {}
        byIndex.set(index, node)
      }
      put(node as Node, path, 1, attrValue(span.batch, attr))
    }
  }
  return [...byIndex.entries()].sort((x, y) => x[0] - y[0]).map((x) => x[1])
}

/** The split paths by key id, because keys are interned and repeat in every span. Bounded like the keys. */
const paths: (string[] | undefined)[] = []

function pathOf(span: CurrentSpan, attr: number, strip: number): string[] {
  const id = span.batch.attrKey(attr)
  const known = id > 0 ? paths[id] : undefined
  if (known !== undefined) return known
  const off = span.batch.attrKeyOffset(attr)
  const len = span.batch.attrKeyLength(attr)
  const path = span.arena.text(off + strip, len - strip).split('.')
  if (id > 0) paths[id] = path
  return path
}

function put(node: Node, path: readonly string[], from: number, value: unknown): void {
  let at = node
  for (let i = from; i < path.length - 1; i++) {
    const name = path[i] as string
    let next = at[name]
    if (!Object.hasOwn(at, name) || !isRecord(next)) {
      next = {}
      at[name] = next
    }
    at = next as Node
  }
  at[path.at(-1) as string] = value
}

/** An object whose keys are indexes, as a list in numeric order. Null for anything else. */
function listOf(v: unknown): unknown[] | null {
  if (Array.isArray(v)) return v
  if (!isRecord(v)) return null
  const keys = Object.keys(v)
  if (keys.length === 0 || !keys.every((k) => /^\d{1,6}$/.test(k))) return null
  return keys.sort((x, y) => Number(x) - Number(y)).map((k) => v[k])
}

/** Messages whose members are directly below the index, or below `message.`. */
export function messagesOfFamily(list: readonly unknown[], role: string): Message[] {
  const out: Message[] = []
  for (const item of list) {
    if (!isRecord(item)) continue
    const body = isRecord(item['message']) ? item['message'] : item
    const m = messageOf(flatMessage(body), role)
    if (m !== null && (m.parts.length > 0 || m.finish_reason !== undefined)) out.push(m)
  }
  return out
}

/** Whether a message has a text, which is empty. */
export const hasEmptyText = (list: readonly unknown[]): boolean =>
  list.some((item) => {
    const body = isRecord(item) && isRecord(item['message']) ? item['message'] : item
    return isRecord(body) && body['content'] === ''
  })

function flatMessage(body: Node): Node {
  const flat: Node = { ...body }
  const contents = listOf(body['contents'])
  if (contents !== null) {
    // The blocks take precedence over plain content, and keep tool calls together with the text.
    flat['content'] = contents.map((x) =>
      isRecord(x) && isRecord(x['message_content']) ? x['message_content'] : x,
    )
    delete flat['contents']
  }
  const calls = listOf(body['tool_calls'])
  if (calls !== null)
    flat['tool_calls'] = calls.map((x) =>
      isRecord(x) && isRecord(x['tool_call']) ? x['tool_call'] : x,
    )
  if (typeof body['function_call_name'] === 'string')
    flat['function_call'] = {
      name: body['function_call_name'],
      arguments: body['function_call_arguments_json'],
    }
  return flat
}

/** The texts of `prompt.text`, `completion.text` and `embedding.text` elements. */
export function textsOfFamily(list: readonly unknown[]): string[] {
  const out: string[] = []
  for (const item of list) {
    const inner: unknown = isRecord(item)
      ? (item['prompt'] ?? item['completion'] ?? item['embedding'] ?? item)
      : item
    const text = isRecord(inner) ? inner['text'] : inner
    if (typeof text === 'string' && text !== '') out.push(text)
  }
  return out
}

/** `llm.tools.N.tool.json_schema` and `llm.request.functions.N.{name,description,parameters}`. */
export function toolsOfFamily(list: readonly unknown[]): Tool[] | null {
  const raw = list.map((x) => {
    const inner: unknown =
      isRecord(x) && isRecord(x['tool']) ? (x['tool']['json_schema'] ?? x['tool']) : x
    return typeof inner === 'string' ? (parseLoose(inner) ?? inner) : inner
  })
  return toolsOf(raw)
}

/** The first annotation fills the evaluation fields. The others are stored in metadata. */
export function annotationsOf(span: CurrentSpan, list: readonly unknown[]): boolean {
  const bodies = list
    .map((x) => (isRecord(x) ? (x['annotation'] ?? x['evaluation'] ?? x) : x))
    .filter(isRecord)
    .filter((x) => ['name', 'score', 'label', 'explanation'].some((k) => x[k] !== undefined))
  const first = bodies[0]
  if (first === undefined) return false
  span.offerText(R.evaluation_name, first['name'])
  span.offerNumber(
    N.evaluation_score,
    typeof first['score'] === 'number' ? first['score'] : Number.NaN,
  )
  span.offerText(R.evaluation_label, first['label'])
  span.offerText(R.evaluation_explanation, first['explanation'])
  if (bodies.length > 1) span.entries.addMetadataValue('evaluations', bodies.slice(1))
  return true
}
