// Finds the provider's id of a response in a body: at the top level, or where frameworks put the provider's response
// within their own objects.

import { isRecord } from '../json/values.ts'

type Body = Record<string, unknown>

/** Ids that frameworks give to their own objects. No provider knows them. */
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

/** A message in serialised form, `{kwargs: {response_metadata, id}}` or `{data: ..}`, or unchanged. */
function idOfMessage(x: unknown): string | null {
  if (!isRecord(x)) return null
  const inner = x['kwargs'] ?? x['data'] ?? x
  if (!isRecord(inner)) return null
  return idIn(inner['response_metadata']) ?? (inner === x ? null : idIn(inner))
}
