// The commands, one row each: the help text and how to load the code.

import type { UncaughtErrors } from '../uncaught-errors.ts'
import type { Io } from './io.ts'

/** Returns the exit code. A command that keeps running tells `faults` how to drain it. */
export type Command = (args: readonly string[], io: Io, faults: UncaughtErrors) => Promise<number>

export interface CommandEntry {
  readonly help: string
  /** Imports the command's code. Nothing of it is loaded before, so that a short command starts quickly. */
  readonly load: () => Promise<Command>
}

const CONFIG_HELP = `  -c, --config FILE   configuration; several are merged in order (default: the built-in one)
      --set a.b=c     overrides one value; may be repeated
`

const DATABASE_HELP = `
  -c, --config FILE   uses the Postgres of this configuration (default: the built-in one, with ./.observa)
      --set a.b=c     overrides one value of the configuration; may be repeated
      --database URL  uses this Postgres; "config" is that of the configuration
      --json          prints JSON
      --limit N       lists: prints at most N rows (default: 100)
`

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  [
    'run',
    {
      help: `observa run [options]

Starts the service. Ctrl-C or SIGTERM drains and stops it. Without a configuration it uses embedded stores in ./.observa
and listens on 127.0.0.1:4317 (OTLP/gRPC), 127.0.0.1:4318 (OTLP/HTTP) and 127.0.0.1:3000 (REST API, legacy events).
SIGHUP reads the configuration again: processors, keys and the log level change without a restart.

${CONFIG_HELP}`,
      load: async () => (await import('./run.ts')).run,
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
      load: async () => (await import('./control/worker.ts')).workerVerb,
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
      --signal S      telemetry kind: traces, logs or auto (default: recognised by the data)
      --pipeline ID   pipeline of the configuration to run (default: the first of the telemetry kind)
      --explain       adds to each event which source key and rule filled each field, and what was scrubbed where;
                      spans that an action dropped are printed as "record":"dropped"
      --tenant ID     tenant that the data belongs to (default: default); in a running instance the API key decides
`,
      load: async () => (await import('./pipe.ts')).pipe,
    },
  ],
  [
    'test',
    {
      help: `observa test [options] [NAME]

Runs the unit tests that the configuration has under "tests:" (all, or those with NAME in their name) through its
own processors, without network or stores, and prints what differs. The exit code is 1 if a test fails.

${CONFIG_HELP}      --json          prints the results as one JSON object
`,
      load: async () => (await import('./unit-tests/test-command.ts')).testCommand,
    },
  ],
  [
    'scrub',
    {
      help: `observa scrub [options] [FILE|-]

Removes secrets and personal data from a text stream, line by line, as the scrub processor of the configuration does; without
a configuration, as it does by default. A private key is held back until its last line. Line ends stay as they are, also
CRLF. Bytes that are not UTF-8 stay as they are where no secret is. Lines of more than 16 MiB are cut.

${CONFIG_HELP}      --jsonl         reads {id, field, text} lines, writes {id, text, spans: [{start, end, type}]};
                      any other line becomes {error, line, text}, and the exit code is 1
      --tenant ID     uses the settings of this tenant
      --processor ID  uses this scrub processor of the configuration (default: the first)

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
the table and the prices at a time, in USD per million tokens. The exit code is 1 if a model has no price.

update compares the built-in table with the installed genai-prices package (npm updates that one) and prints every
model that was added (+), changed (~) or removed (-).

      --provider P      provider of the models, as in events (openai, aws.bedrock, ...)
      --at TIME         ISO date or time (default: now)
      --overrides FILE  your own prices, as in the configuration of the cost processor
      --output FILE     update: writes the new prices to a file for --overrides
`,
      load: async () => (await import('./prices.ts')).pricesCommand,
    },
  ],
  [
    'eval',
    {
      help: `observa eval [options] [FILE.jsonl]...

Measures checks of quality and rubrics of judges on labels of your own: precision and recall with 95 % intervals, agreement and kappa.
A line of a file: {"name": "refusal", "fault": true, "ask": "..", "answer": "..", "documents": [".."]}; the name is that of a check or a
rubric, "recorded" is what a judge answered. Without a file: the labels of this version. Reads no store and writes nothing.

      --ask           asks the endpoint of semantic.judges about lines of rubrics without "recorded"
      --usd N         most that this may cost, in USD; the worst case is never above it (default: 1)
      --json          one JSON object a line
${CONFIG_HELP}
observa eval --config observa.yaml --ask labels.jsonl
`,
      load: async () => (await import('./eval.ts')).evalCommand,
    },
  ],
  [
    'reconcile',
    {
      help: `observa reconcile [options] FILE|-

Compares a provider's usage export (OpenAI, Anthropic, Bedrock, OpenRouter; CSV, JSON or JSON lines) with what was counted, by
UTC day, model and key, and names the events that can explain a difference. The exit code is 1 if something differs.
docs/accounting.md lists the forms and explains every rule.

      --url URL         the instance that has the events (default: http://127.0.0.1:3000)
      --api-key KEY     key with the scope "query" (default: OBSERVA_API_KEY of the environment)
      --events FILE     compares with events in a file, as "observa pipe" prints them, without an instance
      --provider P      openai, anthropic, bedrock or openrouter (default: recognised by the form of the export)
      --key-field NAME  field of events that names the provider's key: service_name, environment, agent_name, user_id,
                        route or metadata.NAME; without it the keys of the export are added up
      --json            prints the comparison as one JSON object
`,
      load: async () => (await import('./reconcile/command.ts')).reconcileCommand,
    },
  ],
  [
    'keys',
    {
      help: `observa keys create|list|rotate|revoke [options]

Manages API keys. Without --database these are keys of the keys extension: create prints the key once, with its row for the
configuration, and writes nothing. With --database they are keys of the control plane, which work at once on every instance.

      --tenant T, --project P   owner of the key (control plane: default)
      --kind sk|pk              secret key for servers, or publishable key for web pages (default: sk)
      --mode live|test          a word in the key (default: live)
      --scope S                 ingest, query or admin; may be repeated (default: ingest and query; pk: ingest)
      --origin URL              pk: origin of a page that may send; may be repeated
      --environment E           environment of everything that is sent with the key
      --name TEXT               a name for people
      --expires TIME            control plane: when the key expires, such as 2030-01-31T00:00:00Z; rotate: when the old key does
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

Manages tenants of the control plane. A new tenant gets a UUID as its id unless --id is given: 1 to 64 of a-z, 0-9, _ and -.
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

Manages projects of a tenant. Keys of an archived project are refused until it is restored. Its data stays.

      --tenant T        tenant of the projects (default: default)
      --id ID           create: id of the project (default: a UUID)
      --environment E   create: an environment of the project; may be repeated
      --all             list: includes archived projects
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

Manages people, by e-mail address or id, and their roles in tenants. A person may belong to several tenants.

      --tenant T    tenant (default: default; list: all)
      --role ROLE   create: owner, admin, member (default) or viewer
      --name TEXT   create: the person's name
      --stdin       password: reads the password from standard input; without it a password is made and printed once
      --project P   role: the role in this project only: admin, member, viewer, none, or inherit for that of the tenant
${DATABASE_HELP}
observa users create ada@example.com --tenant acme --role owner
observa users password ada@example.com
observa users role ada@example.com viewer --tenant acme --project shop
`,
      load: async () => (await import('./control/users.ts')).usersCommand,
    },
  ],
  [
    'quota',
    {
      help: `observa quota list | show PROJECT | set PROJECT [options]

What projects may use in a month (UTC) and what they have used. Requests beyond are answered 429 with the limit and the time at which
it resets. Instances know of a change within 5 s.

      --tenant T      of this tenant (default: default)
      --events N      set: distinct events a month; none takes the limit away, here as in the others
      --bytes N       set: bytes of requests a month
      --usd N         set: cost of model calls a month
      --rate N        set: events a second
${DATABASE_HELP}
observa quota set shop --tenant acme --events 1000000 --usd 500
observa quota list --tenant acme --json
`,
      load: async () => (await import('./control/quota.ts')).quotaVerb,
    },
  ],
  [
    'tap',
    {
      help: `observa tap [options]

Prints a live sample of what a running instance stores, scrubbed, one JSON object a line ("record": event or signal). Records
that did not fit are counted on standard error. The key of an instance that needs one is read from OBSERVA_API_KEY.

      --url URL       the instance (default: OBSERVA_URL, else http://127.0.0.1:3000)
      --component ID  what goes through this receiver, processor, exporter or pipeline
      --record R      event, signal or all (default: all)
      --where F=V     only records with this field: kind, status, service_name, environment, route, provider,
                      request_model, tool_name, trace_id; type and severity of signals; may be repeated
      --rate N        records a second at most (default: 50)
      --limit N       ends after so many records
      --seconds N     ends after so long (default: 3600)

observa tap --where kind=llm --where status=error
`,
      load: async () => (await import('./tap.ts')).tapCommand,
    },
  ],
  [
    'targets',
    {
      help: `observa targets list | test ID [options]

Where issues are told to. test sends a message to a target and waits for the outcome; the exit code is 0 when it arrived.

      --tenant T      of this tenant (default: default)
${DATABASE_HELP}
observa targets test 0b6f0d3e-6f0c-4c8e-9a59-2f1f9e5a2d11
`,
      load: async () => (await import('./control/targets.ts')).targetsVerb,
    },
  ],
  [
    'deliveries',
    {
      help: `observa deliveries list | retry ID [options]

What was told to targets, newest first, and what became of it. retry sends one again.

      --tenant T      of this tenant (default: default)
      --status S      list: pending, delivered, failed or cancelled
      --target ID     list: of one target
${DATABASE_HELP}
observa deliveries list --status failed
`,
      load: async () => (await import('./control/targets.ts')).deliveriesVerb,
    },
  ],
  [
    'audit',
    {
      help: `observa audit [options]

Prints who changed accounts, projects, members and keys, newest first.

      --tenant T      changes in this tenant (default: all)
      --action A      changes of one kind, such as key.create, key.revoke, member.role
      --actor ID      changes by this user, key or login
      --resource ID   changes of this user, key or project
      --since TIME    changes since then, such as 2026-11-01T00:00:00Z
${DATABASE_HELP}
observa audit --tenant acme --action key.revoke
`,
      load: async () => (await import('./control/audit.ts')).auditCommand,
    },
  ],
  [
    'retention',
    {
      help: `observa retention list | set [options]

How long what is stored is kept, in days from receipt, by class of data. What a project does not say its tenant does, then the
configuration. What is too old goes within the hour.

      --tenant T      of this tenant (default: default)
      --project P     set: of this project (default: of the tenant)
      --content N     set: prompts, answers, what tools were given and gave; none takes the word back, here as in the others
      --events N      set: events, traces, conversations, sessions, users, scores
      --figures N     set: sums of usage
      --signals N     set: signals and issues
      --metrics N     set: points of metrics
${DATABASE_HELP}
observa retention set --tenant acme --project shop --content 30 --events 180
observa retention list --tenant acme --json
`,
      load: async () => (await import('./control/retention.ts')).retentionVerb,
    },
  ],
  [
    'delete',
    {
      help: `observa delete user|session|conversation|trace|tenant ID [options]
observa delete list | show DELETION [options]

Deletes what was stored of somebody or something, in every store, and proves it. ID is the plain value, also of a user whose e-mail address
is stored as a pseudonym. The command asks for it; a running instance or \`observa worker\` does it. What comes later of the same is dropped.

      --tenant T      of this tenant (default: default)
      --project P     only in this project (default: in all of the tenant)
      --days N        how long what comes later is dropped (default: 90)
      --state S       list: waiting, deleting, erasing, done or failed
      --yes           tenant: deletes it with its projects, keys and members
${DATABASE_HELP}
observa delete user ada@example.com --tenant acme
observa delete trace 4bf92f3577b34da6a3ce929d0e0e4736 --tenant acme --json
observa delete show 7f1c9a52-8a39-4a64-9a53-0f3c5c1f9f5e --tenant acme
`,
      load: async () => (await import('./control/delete.ts')).deleteVerb,
    },
  ],
  [
    'queue',
    {
      help: `observa queue stats|verify|dump [options]

Shows the durable log of a data directory, also while an instance runs. verify reads everything and prints what is damaged.

${CONFIG_HELP}      --json          stats: prints JSON
      --exporter ID   dump: only the parts of this exporter
      --from N        dump: begins at this sequence number
      --limit N       dump: prints at most N records
      --payload       dump: prints the bytes too, which hold scrubbed text of users
`,
      load: async () => (await import('./queue.ts')).queue,
    },
  ],
  [
    'dlq',
    {
      help: `observa dlq list|show|retry|drop [options] [EXPORTER] [ID]

Manages dead letters: items that a destination refused for good, with the reason. Stop the instance before retry, which
appends to the log.

${CONFIG_HELP}      --all           retry, drop: all dead letters of the exporter instead of ids
`,
      load: async () => (await import('./queue.ts')).dlq,
    },
  ],
  [
    'drill',
    {
      help: `observa drill [NAME] [options]

Runs a fault drill against temporary instances and prints how many items were issued, acknowledged, delivered,
dead-lettered, lost, doubled and corrupt. Without a name it lists the drills. Needs a checkout: docs/drills.md.
The exit code is 1 if something was lost, doubled or corrupt. Ctrl-C ends it early and prints the counts so far.

      --cycles N      how many cycles; the list explains what a cycle is
      --seconds N     ends after this time
      --seed N        seed of the random moments (default: 1)
      --state FILE    adds the counts to those in this file
      --json          prints the result as one JSON object
`,
      load: async () => (await import('./drill.ts')).drillCommand,
    },
  ],
  [
    'pseudonyms',
    {
      help: `observa pseudonyms [list | rotate | drop KEY_ID] [options]

Manages the keys with which ids that contain personal data become pseudonyms (\`[email:4f1c..]\`). list prints the ids of the
keys. rotate makes a new key for new data. drop deletes a retired key: do so once no data with its pseudonyms is kept.
Instances use a new key after a restart or SIGHUP. With embedded Postgres, stop the instance first.

${CONFIG_HELP}      --json          prints the keys as one JSON array
`,
      load: async () => (await import('./stores/pseudonyms.ts')).pseudonyms,
    },
  ],
  [
    'migrate',
    {
      help: `observa migrate [options]

Brings the schemas of the configuration's ClickHouse and Postgres up to date. A start of the service does the same.

${CONFIG_HELP}`,
      load: async () => (await import('./stores/migrate.ts')).migrate,
    },
  ],
  [
    'mcp',
    {
      help: `observa mcp [options]

Serves the Model Context Protocol on standard input and output: tools with which a coding agent reads signals, traces, costs and
prompts of a running instance. The key in OBSERVA_API_KEY decides what it may read. The same is at /mcp of the instance.

      --url URL       REST API of the instance (default: $OBSERVA_URL, else http://127.0.0.1:3000)
`,
      load: async () => (await import('./mcp.ts')).mcpCommand,
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
