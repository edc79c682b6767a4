// All rules over single events. A rule never throws.

import { CONTENT_RULES } from './content.ts'
import { ERROR_RULES } from './errors.ts'
import { LIMIT_RULES } from './limits.ts'
import type { SignalRule } from './rule.ts'

export const RULES: readonly SignalRule[] = [...LIMIT_RULES, ...ERROR_RULES, ...CONTENT_RULES]
