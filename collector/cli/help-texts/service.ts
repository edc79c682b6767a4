// Help texts: the service and its configuration.

import { CONFIG_HELP } from './shared-options.ts'

export const SERVICE_HELP = {
  run: `observa run [options]

Starts the service. Ctrl-C or SIGTERM drains and stops it. Without a configuration it uses embedded stores in ./.observa
and listens on 127.0.0.1:4317 (OTLP/gRPC), 127.0.0.1:4318 (OTLP/HTTP) and 127.0.0.1:3000 (REST API, legacy events).
SIGHUP reads the configuration again: processors, keys and the log level change without a restart.

${CONFIG_HELP}`,

  worker: `observa worker [options]

Works jobs (clean-up, deletions, notices) in a process of its own, for the Postgres of the configuration. Any number may run.
Ctrl-C or SIGTERM lets running jobs finish, for 20 s at most, and gives the others back. Instances that are not to work
jobs themselves say \`jobs: { in_process: false }\`. What needs an embedded ClickHouse is left to the instance that has it.

${CONFIG_HELP}      --database URL  another Postgres
      --metrics A     address for /metrics, such as 127.0.0.1:8889 (default: none)

observa worker --config observa.yaml --metrics 127.0.0.1:8889
`,

  validate: `observa validate [options] [FILE]...

Checks a configuration offline and prints every error with file, line and column. The exit code is 1 if there is one.

${CONFIG_HELP}      --print         prints the merged configuration, secrets masked
      --strict        warnings count as errors
      --json          prints errors and warnings as JSON
`,

  schema: 'observa schema\n\nPrints the JSON Schema (draft 7) of the configuration, for editors.\n',

  components: `observa components [NAME] [--json] [--default-config]

Lists all components with their stability, or the options of one. --default-config prints the configuration
that runs when none is given.
`,

  migrate: `observa migrate [options]

Brings the schemas of the configuration's ClickHouse and Postgres up to date. A start of the service does the same, unless the exporter has
\`migrate: false\`.

  --check              change nothing, and say which migrations would be applied. Exit code 0: none, 2: some, 1: the stores were migrated by
                       a newer version, and a downgrade needs a backup from before

${CONFIG_HELP}`,

  version: 'observa version\n\nPrints version, Node and platform.\n',
}
