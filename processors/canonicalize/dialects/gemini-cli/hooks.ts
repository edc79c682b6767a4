// Gemini CLI writes two log records about each answer: one with all counts and names of its own, and one of the general
// convention with two of the counts, which is no call of its own.

import { R } from '../../../../core/fields.ts'
import type { Hooks } from '../../rules/dialect.ts'

export const hooks: Hooks = {
  isVirtual: (span) => span.fieldText(R.name) === 'gen_ai.client.inference.operation.details',
}
