// Commands for the service and its configuration: the help text of each and how to load its code.

import type { CommandEntry } from './command.ts'
import { CONFIG_HELP } from './shared-options.ts'

export const SERVICE_COMMANDS: readonly (readonly [string, CommandEntry])[] = [
  [
    'run',
    {
      help: `observa run [options]

Starts the service. Ctrl-C or SIGTERM drains and stops it. Without a configuration it uses embedded stores in ./.observa
and listens on 127.0.0.1:4317 (OTLP/gRPC), 127.0.0.1:4318 (OTLP/HTTP) and 127.0.0.1:3000 (REST API, legacy events).
SIGHUP reads the configuration again: processors, keys and the log level change without a restart.

${CONFIG_HELP}`,
      load: async () => (await import('../run.ts')).run,
    },
  ],
  [
    'worker',
    {
      help: `observa worker [options]

Works jobs (clean-up, deletions, notices) in a process of its own, for the Postgres of the configuration. Any number may run.
Ctrl-C or SIGTERM lets running jobs finish, for 20 s at most, and gives the others back. Instances that are not to work
jobs themselves say \`jobs: { in_process: false }\`. What needs an embedded ClickHouse is left to the instance that has it.

${CONFIG_HELP}      --database URL  another Postgres
      --metrics A     address for /metrics, such as 127.0.0.1:8889 (default: none)

observa worker --config observa.yaml --metrics 127.0.0.1:8889
`,
      load: async () => (await import('../control/worker.ts')).workerVerb,
    },
  ],
  [
    'validate',
    {
      help: `observa validate [options] [FILE]...

Checks a configuration offline and prints every error with file, line and column. The exit code is 1 if there is one.

${CONFIG_HELP}      --print         prints the merged configuration, secrets masked
      --strict        warnings count as errors
      --json          prints errors and warnings as JSON
`,
      load: async () => (await import('../config-commands.ts')).validate,
    },
  ],
  [
    'schema',
    {
      help: 'observa schema\n\nPrints the JSON Schema (draft 7) of the configuration, for editors.\n',
      load: async () => (await import('../config-commands.ts')).schema,
    },
  ],
  [
    'components',
    {
      help: `observa components [NAME] [--json] [--default-config]

Lists all components with their stability, or the options of one. --default-config prints the configuration
that runs when none is given.
`,
      load: async () => (await import('../config-commands.ts')).components,
    },
  ],
  [
    'migrate',
    {
      help: `observa migrate [options]

Brings the schemas of the configuration's ClickHouse and Postgres up to date. A start of the service does the same.

${CONFIG_HELP}`,
      load: async () => (await import('../stores/migrate.ts')).migrate,
    },
  ],
  [
    'version',
    {
      help: 'observa version\n\nPrints version, Node and platform.\n',
      load: async () => (await import('../version.ts')).versionCommand,
    },
  ],
]
