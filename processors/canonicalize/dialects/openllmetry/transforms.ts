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

/** URLs by their bytes. An application uses few hosts. */
const urlMemo = new ByteMemo<UrlParts>()

/** On such spans the entity is the agent or the tool. It always names the event. */
const entityName: Transform = (span, attr, rule) => {
  if (!span.setText(attr, rule.range)) return false
  if (span.kind === 'agent' && !span.hasRange(R.agent_name)) span.setText(attr, R.agent_name)
  if (span.kind === 'tool' && !span.hasRange(R.tool_name)) span.setText(attr, R.tool_name)
  return true
}

/** A guardrail with the result FAILED was triggered. */
const failed: Transform = (span, attr, rule) => {
  const word = span.text(attr)
  const isTriggered = /^(?:failed|fail|blocked|triggered|true)$/i.test(word)
  if (!isTriggered && !/^(?:passed|pass|allowed|ok|success|false)$/i.test(word)) return false
  span.events.setNum(span.event, rule.number, isTriggered ? 1 : 0)
  return true
}

/** `https://host:port/path` fills server_address and server_port. */
const url: Transform = (span, attr, rule) => {
  const isText = span.type(attr) === VALUE.STRING
  const known = isText ? urlMemo.find(span.arena.bytes, span.off(attr), span.len(attr)) : undefined
  if (known !== undefined) {
    span.events.setRange(span.event, rule.range, span.off(attr) + known.at, known.host.length)
    span.offerNumber(N.server_port, known.port)
    return true
  }
  const text = span.text(attr)
  const parts = urlParts(text)
  if (parts === null) return false
  // In ASCII text the host has the same position in the bytes as in the string.
  if (isText && text.length === span.len(attr))
    urlMemo.add(span.arena.bytes, span.off(attr), span.len(attr), parts)
  span.setString(rule.range, parts.host)
  span.offerNumber(N.server_port, parts.port)
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
