// Entities, guardrails and base URLs of OpenLLMetry.

import { VALUE } from '../../../../core/batch.ts'
import { N, R } from '../../../../core/fields.ts'
import { ByteMemo } from '../../bytes/byte-memo.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

interface UrlParts {
  readonly host: string
  readonly at: number
  readonly port: number
}

/** An application talks to few hosts. */
const urlMemo = new ByteMemo<UrlParts>()

/** The entity is the agent or the tool on such spans, and names the event anyway. */
const entityName: Transform = (w, attr, rule) => {
  if (!w.setText(attr, rule.range)) return false
  if (w.kind === 'agent' && !w.hasRange(R.agent_name)) w.setText(attr, R.agent_name)
  if (w.kind === 'tool' && !w.hasRange(R.tool_name)) w.setText(attr, R.tool_name)
  return true
}

/** A guardrail that FAILED has triggered. */
const failed: Transform = (w, attr, rule) => {
  const word = w.text(attr)
  const isTriggered = /^(?:failed|fail|blocked|triggered|true)$/i.test(word)
  if (!isTriggered && !/^(?:passed|pass|allowed|ok|success|false)$/i.test(word)) return false
  w.events.setNum(w.e, rule.number, isTriggered ? 1 : 0)
  return true
}

/** `https://host:port/path` -> server_address and server_port. */
const url: Transform = (w, attr, rule) => {
  const isText = w.type(attr) === VALUE.STRING
  const known = isText ? urlMemo.find(w.arena.bytes, w.off(attr), w.len(attr)) : undefined
  if (known !== undefined) {
    w.events.setRange(w.e, rule.range, w.off(attr) + known.at, known.host.length)
    w.offerNumber(N.server_port, known.port)
    return true
  }
  const text = w.text(attr)
  const parts = urlParts(text)
  if (parts === null) return false
  // Of ASCII the host's place among the bytes is its place in the string.
  if (isText && text.length === w.len(attr))
    urlMemo.add(w.arena.bytes, w.off(attr), w.len(attr), parts)
  w.setString(rule.range, parts.host)
  w.offerNumber(N.server_port, parts.port)
  return true
}

function urlParts(text: string): UrlParts | null {
  const m = /^([a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?)(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?/i.exec(text)
  if (m === null) return null
  const [, before = '', host = '', port] = m
  return { host, at: before.length, port: port === undefined ? Number.NaN : Number(port) }
}

export const transforms = {
  'entity-name': { fills: 'text', read: entityName },
  failed: { fills: 'bool', read: failed },
  url: { fills: 'text', read: url },
} as const satisfies Readonly<Record<string, OwnTransform>>
