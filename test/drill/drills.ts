// The drills there are. One row each.

import type { Drill } from './drill.ts'
import { kill, killStores } from './drills/kill.ts'
import { powerCutDrill } from './drills/power-cut.ts'

export const DRILLS: readonly Drill[] = [kill, killStores, powerCutDrill]
