// Claims and kin rows as the one list of integers that a log record has room for: rows of three. A kin row takes
// four of them and begins with a negative number, which no claim does; records of older logs have none.

import { KIN_STRIDE } from '../../core/kin-rows.ts'
import type { EventFacts } from '../../core/task.ts'

const CLAIM_STRIDE = 3

export function packFacts({ claims, kin }: Pick<EventFacts, 'claims' | 'kin'>): Int32Array {
  if (kin.length === 0) return claims
  const packed = new Int32Array(claims.length + kin.length)
  packed.set(claims)
  packed.set(kin, claims.length)
  for (let at = claims.length; at < packed.length; at += KIN_STRIDE)
    packed[at] = -1 - (packed[at] as number)
  return packed
}

export function unpackFacts(packed: Int32Array): Pick<EventFacts, 'claims' | 'kin'> {
  let at = 0
  while (at < packed.length && (packed[at] as number) >= 0) at += CLAIM_STRIDE
  const kin = packed.slice(at)
  for (let i = 0; i < kin.length; i += KIN_STRIDE) kin[i] = -1 - (kin[i] as number)
  return { claims: packed.subarray(0, at), kin }
}
