// Recognises the span with the raw request and response of a call that another span reports.

import { R } from '../../../../core/fields.ts'
import type { Hooks } from '../../rules/dialect.ts'

export const hooks: Hooks = {
  isVirtual: (span) => span.fieldText(R.name) === 'raw_gen_ai_request',
}
