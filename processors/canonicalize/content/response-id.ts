// The provider's id of a response, wherever a body has it: on top, or where frameworks put the provider's answer within
// objects of their own.

import { isRecord } from '../json/values.ts'

type Body = Record<string, unknown>

/** Ids that frameworks give their own objects: no provider knows them. */
const OWN_ID = /^(?:lc_)?run-/

export function responseIdOf(body: Body): string | null {
  return idIn(body) ?? idIn(body['llm_output']) ?? idOfGeneration(body) ?? idOfMessage(body)
}

function idIn(x: unknown): string | null {
  if (!isRecord(x)) return null
  for (const key of ['id', 'response_id', 'responseId'] as const) {
    const id = x[key]
    if (typeof id === 'string' && id !== '' && !OWN_ID.test(id)) return id
  }
  return null
}

/** `{generations: [[{message: {kwargs: {response_metadata: {id}}}}]]}`, nested once or twice. */
function idOfGeneration(body: Body): string | null {
  let first: unknown = body['generations']
  for (let depth = 0; depth < 2 && Array.isArray(first); depth++) first = first[0]
  return isRecord(first) ? idOfMessage(first['message']) : null
}

/** A message as it is serialised, `{kwargs: {response_metadata, id}}` or `{data: ..}`, or as it is. */
function idOfMessage(x: unknown): string | null {
  if (!isRecord(x)) return null
  const inner = x['kwargs'] ?? x['data'] ?? x
  if (!isRecord(inner)) return null
  return idIn(inner['response_metadata']) ?? (inner === x ? null : idIn(inner))
}
