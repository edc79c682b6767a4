// All commands by name. Each family of commands has a table in `commands/`.

import type { CommandEntry } from './commands/command.ts'
import { CONTROL_PLANE_COMMANDS } from './commands/control-plane.ts'
import { INSTANCE_COMMANDS } from './commands/instance.ts'
import { OFFLINE_COMMANDS } from './commands/offline.ts'
import { SERVICE_COMMANDS } from './commands/service.ts'

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map([
  ...SERVICE_COMMANDS,
  ...OFFLINE_COMMANDS,
  ...CONTROL_PLANE_COMMANDS,
  ...INSTANCE_COMMANDS,
])
