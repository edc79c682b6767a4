// The commands: help text and how to load the code. One row each.

import type { FaultWatch } from '../fault.ts'
import type { Io } from './io.ts'

/** Returns the exit code. What runs on says to `faults` how it is drained. */
export type Command = (args: readonly string[], io: Io, faults: FaultWatch) => Promise<number>

export interface CommandEntry {
  readonly help: string
  /** Imports the command's code; nothing of it is loaded before. */
  readonly load: () => Promise<Command>
}

const CONFIG_HELP = `  -c, --config FILE   configuration; several are merged in order (default: the built-in one)
      --set a.b=c     overrides one value; may be repeated
`

const DATABASE_HELP = `
  -c, --config FILE   configuration whose Postgres is meant (default: the built-in one, with ./.observa)
      --set a.b=c     overrides one value of it; may be repeated
      --database URL  another Postgres; config: that of the configuration
      --json          prints JSON
      --limit N       lists: at most so many (default: 100)
`

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  [
    'run',
    {
      help: `observa run [options]

Starts the service. Ctrl-C or SIGTERM drains and stops. Without a configuration it runs on embedded
stores in ./.observa and listens on 127.0.0.1:4318 (OTLP) and 127.0.0.1:3000 (REST API, legacy events).
SIGHUP reads the configuration again: processors, keys and the log level change without a restart.

${CONFIG_HELP}`,
      load: async () => (await import('./run.ts')).run,
    },
  ],
  [
    'validate',
    {
      help: `observa validate [options] [FILE]...

Checks a configuration offline and prints every error with file, line and column. Exit code 1 when it is wrong.

${CONFIG_HELP}      --print         prints the merged configuration, secrets masked
      --strict        warnings count as errors
      --json          prints errors and warnings as JSON
`,
      load: async () => (await import('./config-commands.ts')).validate,
    },
  ],
  [
    'schema',
    {
      help: 'observa schema\n\nPrints the JSON Schema (draft 7) of the configuration, for editors.\n',
      load: async () => (await import('./config-commands.ts')).schema,
    },
  ],
  [
    'components',
    {
      help: `observa components [NAME] [--json] [--default-config]

Lists all components with their stability, or the options of one. --default-config prints the configuration
that runs when none is given.
`,
      load: async () => (await import('./config-commands.ts')).components,
    },
  ],
  [
    'pipe',
    {
      help: `observa pipe [options] [FILE|-]...

Runs the processors of a configuration over files or standard input, without network or stores, and prints one
JSON object a line: "record":"event", "signal" or "rejected". Several files are one stream in order.

${CONFIG_HELP}      --input FORM    otlp-proto, otlp-json, ndjson or auto (default)
      --signal S      telemetry kind: traces, logs or auto (default: what the data is)
      --pipeline ID   pipeline of the configuration to run (default: the first of the telemetry kind)
      --explain       adds to each event which source key and rule filled each field, and what was scrubbed where;
                      spans that an action dropped are printed as "record":"dropped"
      --tenant ID     whose data it is (default: default); a key says it otherwise
`,
      load: async () => (await import('./pipe.ts')).pipe,
    },
  ],
  [
    'test',
    {
      help: `observa test [options] [NAME]

Runs the unit tests that the configuration has under "tests:" (all, or those with NAME in their name) through its
own processors, without network or stores, and prints what differs. Exit code 1 when one fails.

${CONFIG_HELP}      --json          prints the results as one JSON object
`,
      load: async () => (await import('./test-command.ts')).testCommand,
    },
  ],
  [
    'scrub',
    {
      help: `observa scrub [options] [FILE|-]

Removes secrets and personal data from a text stream, line by line: what the scrub processor of the configuration
would do, without one what it does by default. A private key is held until its last line. Line ends stay as they
are, also CRLF; bytes that are no UTF-8 stay as they are where no secret is; lines of more than 16 MiB are cut.

${CONFIG_HELP}      --jsonl         reads {id, field, text} lines, writes {id, text, spans: [{start, end, type}]};
                      a line that is none becomes {error, line, text}, and the exit code is 1
      --tenant ID     with the settings of this tenant
      --processor ID  which scrub processor of the configuration (default: the first)

observa scrub < app.log > clean.log
`,
      load: async () => (await import('./scrub.ts')).scrub,
    },
  ],
  [
    'prices',
    {
      help: `observa prices [options] MODEL...
observa prices update [--output FILE]

Prints the price that applies to each model, one JSON object a line, as the cost processor would find it: the row of
the table and the prices at a time, in USD per million tokens. Exit code 1 when one has no price.

update compares the built-in table with the genai-prices package beside this installation (update that one with
npm) and prints every model that was added (+), changed (~) or removed (-).

      --provider P      provider of the models, as in events (openai, aws.bedrock, ...)
      --at TIME         ISO date or time; default: now
      --overrides FILE  prices of your own, as in the configuration of cost
      --output FILE     update: writes what is new as an override file
`,
      load: async () => (await import('./prices.ts')).pricesCommand,
    },
  ],
  [
    'reconcile',
    {
      help: `observa reconcile [options] FILE|-

Compares a provider's usage export (OpenAI, Anthropic, Bedrock, OpenRouter; CSV, JSON or JSON lines) with what was counted, by
UTC day, model and key, and names the events that a difference can come from. Exit code 1 when something differs.
docs/accounting.md lists the forms and explains every rule.

      --url URL         the instance that has the events (default: http://127.0.0.1:3000)
      --api-key KEY     key with the scope "query"; default: OBSERVA_API_KEY of the environment
      --events FILE     compares with events in a file, as "observa pipe" prints them, without an instance
      --provider P      openai, anthropic, bedrock or openrouter; default: told by the form of the export
      --key-field NAME  where events name the provider's key: service_name, environment, agent_name, user_id, route or
                        metadata.NAME. Without it the export's keys are added up
      --json            prints the comparison as one JSON object
`,
      load: async () => (await import('./reconcile/command.ts')).reconcileCommand,
    },
  ],
  [
    'keys',
    {
      help: `observa keys create|list|rotate|revoke [options]

Makes and manages API keys. Without --database they are those of the keys extension: create prints the key once, and the
YAML row to keep, and writes nothing. With it they are those of the control plane, and work at once on every instance.

      --tenant T, --project P   whose they are (control plane: default)
      --kind sk|pk              for servers, or for web pages (default: sk)
      --mode live|test          a word in the key (default: live)
      --scope S                 ingest, query or admin; may be repeated (default: ingest and query; pk: ingest)
      --origin URL              pk: a page that may send; may be repeated
      --environment E           of everything sent with it
      --name TEXT               what it is for
      --expires TIME            control plane: such as 2030-01-31T00:00:00Z; with rotate, of the old key
${DATABASE_HELP}
observa keys create --tenant acme --project shop
observa keys create --project shop --scope ingest --database config
observa keys create --kind pk --origin https://app.example.com --database postgres://observa@db/observa
observa keys rotate sk_live_4fZ0aQ1b --expires 2030-01-31T00:00:00Z --database config
observa keys revoke sk_live_4fZ0aQ1b --database config
`,
      load: async () => (await import('./keys.ts')).keysCommand,
    },
  ],
  [
    'tenants',
    {
      help: `observa tenants list | create NAME [--id ID] | rename ID NAME

Tenants of the control plane. The id of a new one is a UUID, unless given: 1 to 64 of a-z, 0-9, _ and -.
${DATABASE_HELP}
observa tenants create "Acme Inc." --id acme
observa tenants list --json
`,
      load: async () => (await import('./control/tenants.ts')).tenantsCommand,
    },
  ],
  [
    'projects',
    {
      help: `observa projects list | create NAME | rename ID NAME | archive ID | restore ID [options]

Projects of a tenant. Keys of an archived project are refused until it is restored; its data stay.

      --tenant T        default: default
      --id ID           of a new one; a UUID otherwise
      --environment E   create: may be repeated
      --all             list: archived ones too
${DATABASE_HELP}
observa projects create Shop --tenant acme --id shop --environment prod --environment dev
observa projects archive shop --tenant acme
`,
      load: async () => (await import('./control/tenants.ts')).projectsCommand,
    },
  ],
  [
    'users',
    {
      help: `observa users list | create EMAIL | role USER ROLE | remove USER | password USER | disable USER | enable USER
      [options]

People, by e-mail address or id, the tenants they belong to and what they may do there. A person may belong to several.

      --tenant T    default: default; list: of all
      --role ROLE   create: owner, admin, member (default) or viewer
      --name TEXT   create: for people
      --stdin       password: read it from standard input; without it one is made and printed once
      --project P   role: in this project only: admin, member, viewer, none, or inherit for that of the tenant
${DATABASE_HELP}
observa users create ada@example.com --tenant acme --role owner
observa users password ada@example.com
observa users role ada@example.com viewer --tenant acme --project shop
`,
      load: async () => (await import('./control/users.ts')).usersCommand,
    },
  ],
  [
    'audit',
    {
      help: `observa audit [options]

Who changed what, newest first: accounts, projects, members and keys.

      --tenant T      of this tenant (default: of all)
      --action A      such as key.create, key.revoke, member.role
      --actor ID      of a user, key or login
      --resource ID   what was changed
      --since TIME    such as 2026-11-01T00:00:00Z
${DATABASE_HELP}
observa audit --tenant acme --action key.revoke
`,
      load: async () => (await import('./control/audit.ts')).auditCommand,
    },
  ],
  [
    'queue',
    {
      help: `observa queue stats|verify|dump [options]

Looks into the durable log of a data directory, beside a running instance too.

${CONFIG_HELP}      --json          stats as JSON
      --exporter ID   dump: only the parts of this exporter
      --from N        dump: from this sequence number
      --limit N       dump: at most so many records
      --payload       dump: the bytes too (scrubbed text of users)
`,
      load: async () => (await import('./queue.ts')).queue,
    },
  ],
  [
    'dlq',
    {
      help: `observa dlq list|show|retry|drop [options] [EXPORTER] [ID]

The dead letters: what a destination refused for good, with the reason. retry needs the instance stopped.

${CONFIG_HELP}      --all           every letter of the exporter instead of ids
`,
      load: async () => (await import('./queue.ts')).dlq,
    },
  ],
  [
    'drill',
    {
      help: `observa drill [NAME] [options]

Runs a fault drill against instances that are thrown away and prints what was issued, acknowledged, delivered,
dead-lettered, lost, doubled and corrupt; without a name it lists the drills. Needs a checkout: docs/drills.md.
Exit code 1 when something was lost, doubled or corrupt. Ctrl-C ends it early; what was done counts.

      --cycles N      how many cycles; what a cycle is, the list says
      --seconds N     ends after this time
      --seed N        of the random moments (default: 1)
      --state FILE    adds up over runs in this file
      --json          prints the result as one JSON object
`,
      load: async () => (await import('./drill.ts')).drillCommand,
    },
  ],
  [
    'pseudonyms',
    {
      help: `observa pseudonyms [list | rotate | drop KEY_ID] [options]

The keys of the pseudonyms that stand for ids with something personal in them (\`[email:4f1c..]\`): list shows them, rotate makes
a new one for what comes, drop forgets a retired one once nothing that was stored under it is kept any more. Instances take
a new key with a restart or SIGHUP. With embedded Postgres the instance must be stopped.

${CONFIG_HELP}      --json          prints the keys as one JSON array
`,
      load: async () => (await import('./stores/pseudonyms.ts')).pseudonyms,
    },
  ],
  [
    'migrate',
    {
      help: `observa migrate [options]

Applies the schemas to the ClickHouse and Postgres of the configuration.

${CONFIG_HELP}`,
      load: async () => (await import('./stores/migrate.ts')).migrate,
    },
  ],
  [
    'version',
    {
      help: 'observa version\n\nPrints version, Node and platform.\n',
      load: async () => (await import('./version.ts')).versionCommand,
    },
  ],
])
