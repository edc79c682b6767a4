// The commands: for each its help text and how to load its code. The help texts are in `help-texts/`.

import type { UncaughtErrors } from '../uncaught-errors.ts'
import { CONTROL_PLANE_HELP } from './help-texts/control-plane.ts'
import { INSTANCE_HELP } from './help-texts/instance.ts'
import { OFFLINE_HELP } from './help-texts/offline.ts'
import { SERVICE_HELP } from './help-texts/service.ts'
import type { Io } from './io.ts'

/** Returns the exit code. A command that keeps running tells `faults` how to drain it. */
export type Command = (args: readonly string[], io: Io, faults: UncaughtErrors) => Promise<number>

export interface CommandEntry {
  readonly help: string
  /** Imports the command's code. Nothing of it is loaded before, so that a short command starts quickly. */
  readonly load: () => Promise<Command>
}

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['run', { help: SERVICE_HELP.run, load: async () => (await import('./run.ts')).run }],
  [
    'worker',
    {
      help: SERVICE_HELP.worker,
      load: async () => (await import('./control/worker.ts')).workerVerb,
    },
  ],
  [
    'validate',
    {
      help: SERVICE_HELP.validate,
      load: async () => (await import('./config-commands.ts')).validate,
    },
  ],
  [
    'schema',
    { help: SERVICE_HELP.schema, load: async () => (await import('./config-commands.ts')).schema },
  ],
  [
    'components',
    {
      help: SERVICE_HELP.components,
      load: async () => (await import('./config-commands.ts')).components,
    },
  ],
  [
    'migrate',
    { help: SERVICE_HELP.migrate, load: async () => (await import('./stores/migrate.ts')).migrate },
  ],
  [
    'version',
    { help: SERVICE_HELP.version, load: async () => (await import('./version.ts')).versionCommand },
  ],
  ['pipe', { help: OFFLINE_HELP.pipe, load: async () => (await import('./pipe/pipe.ts')).pipe }],
  [
    'test',
    {
      help: OFFLINE_HELP.test,
      load: async () => (await import('./unit-tests/test-command.ts')).testCommand,
    },
  ],
  ['scrub', { help: OFFLINE_HELP.scrub, load: async () => (await import('./scrub.ts')).scrub }],
  [
    'prices',
    { help: OFFLINE_HELP.prices, load: async () => (await import('./prices.ts')).pricesCommand },
  ],
  ['eval', { help: OFFLINE_HELP.eval, load: async () => (await import('./eval.ts')).evalCommand }],
  [
    'reconcile',
    {
      help: OFFLINE_HELP.reconcile,
      load: async () => (await import('./reconcile/command.ts')).reconcileCommand,
    },
  ],
  [
    'keys',
    { help: CONTROL_PLANE_HELP.keys, load: async () => (await import('./keys.ts')).keysCommand },
  ],
  [
    'tenants',
    {
      help: CONTROL_PLANE_HELP.tenants,
      load: async () => (await import('./control/tenants.ts')).tenantsCommand,
    },
  ],
  [
    'projects',
    {
      help: CONTROL_PLANE_HELP.projects,
      load: async () => (await import('./control/tenants.ts')).projectsCommand,
    },
  ],
  [
    'users',
    {
      help: CONTROL_PLANE_HELP.users,
      load: async () => (await import('./control/users.ts')).usersCommand,
    },
  ],
  [
    'quota',
    {
      help: CONTROL_PLANE_HELP.quota,
      load: async () => (await import('./control/quota.ts')).quotaVerb,
    },
  ],
  [
    'targets',
    {
      help: CONTROL_PLANE_HELP.targets,
      load: async () => (await import('./control/targets.ts')).targetsVerb,
    },
  ],
  [
    'deliveries',
    {
      help: CONTROL_PLANE_HELP.deliveries,
      load: async () => (await import('./control/targets.ts')).deliveriesVerb,
    },
  ],
  [
    'audit',
    {
      help: CONTROL_PLANE_HELP.audit,
      load: async () => (await import('./control/audit.ts')).auditCommand,
    },
  ],
  [
    'retention',
    {
      help: CONTROL_PLANE_HELP.retention,
      load: async () => (await import('./control/retention.ts')).retentionVerb,
    },
  ],
  [
    'archive',
    {
      help: CONTROL_PLANE_HELP.archive,
      load: async () => (await import('./control/archive.ts')).archiveVerb,
    },
  ],
  [
    'delete',
    {
      help: CONTROL_PLANE_HELP.delete,
      load: async () => (await import('./control/delete.ts')).deleteVerb,
    },
  ],
  [
    'rules',
    {
      help: INSTANCE_HELP.rules,
      load: async () => (await import('./rules/command.ts')).rulesCommand,
    },
  ],
  [
    'search',
    {
      help: INSTANCE_HELP.search,
      load: async () => (await import('./semantic/search.ts')).searchCommand,
    },
  ],
  [
    'topics',
    {
      help: INSTANCE_HELP.topics,
      load: async () => (await import('./semantic/topics.ts')).topicsCommand,
    },
  ],
  ['tap', { help: INSTANCE_HELP.tap, load: async () => (await import('./tap.ts')).tapCommand }],
  ['queue', { help: INSTANCE_HELP.queue, load: async () => (await import('./queue.ts')).queue }],
  ['dlq', { help: INSTANCE_HELP.dlq, load: async () => (await import('./queue.ts')).dlq }],
  [
    'drill',
    { help: INSTANCE_HELP.drill, load: async () => (await import('./drill.ts')).drillCommand },
  ],
  [
    'pseudonyms',
    {
      help: INSTANCE_HELP.pseudonyms,
      load: async () => (await import('./stores/pseudonyms.ts')).pseudonyms,
    },
  ],
  ['mcp', { help: INSTANCE_HELP.mcp, load: async () => (await import('./mcp.ts')).mcpCommand }],
])
