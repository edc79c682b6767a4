import type { PayloadFormat } from '../core/task.ts'
import type { Intake } from './intake.ts'
import { Refusal } from './refusal.ts'

export function indexLegacy(_i: Intake, _f: PayloadFormat, _b: Uint8Array): void {
  throw new Refusal('unsupported', 'Legacy events are not there yet.')
}
