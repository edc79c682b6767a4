// The list of drills, one row each.

import type { Drill } from './drill.ts'
import { backupDrill } from './drills/backup.ts'
import { bitFlip } from './drills/bit-flip.ts'
import { containerRestartDrill } from './drills/container-restart.ts'
import { fullDiskDrill, syncDelayDrill, syncFailDrill } from './drills/disk.ts'
import { kill, killStores } from './drills/kill.ts'
import { killCollector, killSink } from './drills/kill-sink.ts'
import { overloadDrill } from './drills/overload.ts'
import { powerCutDrill } from './drills/power-cut.ts'
import { reload } from './drills/reload.ts'
import { stalledUploadsDrill } from './drills/stalled-uploads.ts'
import { storeRestartDrill } from './drills/store-restart.ts'

export const DRILLS: readonly Drill[] = [
  kill,
  killStores,
  killSink,
  killCollector,
  powerCutDrill,
  syncDelayDrill,
  syncFailDrill,
  fullDiskDrill,
  bitFlip,
  storeRestartDrill,
  backupDrill,
  stalledUploadsDrill,
  overloadDrill,
  reload,
  containerRestartDrill,
]
