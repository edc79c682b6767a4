import type { Signals } from '../core/task.ts'
import type { DecodeLimits } from './limits.ts'
import { Refusal } from './refusal.ts'

export function convertOtlpJson(_b: Uint8Array, _s: Signals, _l: DecodeLimits): Uint8Array {
  throw new Refusal('unsupported', 'OTLP JSON is not there yet.')
}
export function looksLikeOtlpJson(_bytes: Uint8Array): boolean {
  return true
}
