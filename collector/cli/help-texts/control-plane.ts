// Help texts: the control plane.

import { DATABASE_HELP } from './shared-options.ts'

export const CONTROL_PLANE_HELP = {
  keys: `observa keys create|list|rotate|revoke [options]

Manages API keys. Without --database these are keys of the keys extension: create prints the key once, with its row for the
configuration, and writes nothing. With --database they are keys of the control plane, which work at once on every instance.

      --tenant T, --project P   owner of the key (control plane: default)
      --kind sk|pk              secret key for servers, or publishable key for web pages (default: sk)
      --mode live|test          a word in the key (default: live)
      --scope S                 ingest, query, content or admin; may be repeated (default: ingest, query, content; pk: ingest)
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

  tenants: `observa tenants list | create NAME [--id ID] | rename ID NAME

Manages tenants of the control plane. A new tenant gets a UUID as its id unless --id is given: 1 to 64 of a-z, 0-9, _ and -.
${DATABASE_HELP}
observa tenants create "Acme Inc." --id acme
observa tenants list --json
`,

  projects: `observa projects list | create NAME | rename ID NAME | archive ID | restore ID [options]

Manages projects of a tenant. Keys of an archived project are refused until it is restored. Its data stays.

      --tenant T        tenant of the projects (default: default)
      --id ID           create: id of the project (default: a UUID)
      --environment E   create: an environment of the project; may be repeated
      --all             list: includes archived projects
${DATABASE_HELP}
observa projects create Shop --tenant acme --id shop --environment prod --environment dev
observa projects archive shop --tenant acme
`,

  users: `observa users list | create EMAIL | role USER ROLE | remove USER | password USER | reset USER | disable USER
      | enable USER | unlink USER [options]

Manages people, by e-mail address or id, and their roles in tenants. A person may belong to several tenants. \`reset\` prints a
link, or without \`notifications.external_url\` a token, with which the person sets a new password within 30 minutes.
\`unlink\` forgets who the person is at the OpenID provider (\`oidc\`); the next sign-in there with the address of the account
links it again.

      --tenant T    tenant (default: default; list: all)
      --role ROLE   create: owner, admin, member (default) or viewer
      --name TEXT   create: the person's name
      --stdin       password: reads the password from standard input; without it a password is made and printed once
      --project P   role: the role in this project only: admin, member, viewer, none, or inherit for that of the tenant
${DATABASE_HELP}
observa users create ada@example.com --tenant acme --role owner
observa users password ada@example.com
observa users reset ada@example.com --json
observa users role ada@example.com viewer --tenant acme --project shop
`,

  quota: `observa quota list | show PROJECT | set PROJECT [options]

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

  targets: `observa targets list | test ID [options]

Where issues are told to. test sends a message to a target and waits for the outcome; the exit code is 0 when it arrived.

      --tenant T      of this tenant (default: default)
${DATABASE_HELP}
observa targets test 0b6f0d3e-6f0c-4c8e-9a59-2f1f9e5a2d11
`,

  deliveries: `observa deliveries list | retry ID [options]

What was told to targets, newest first, and what became of it. retry sends one again.

      --tenant T      of this tenant (default: default)
      --status S      list: pending, delivered, failed or cancelled
      --target ID     list: of one target
${DATABASE_HELP}
observa deliveries list --status failed
`,

  audit: `observa audit [options]

Prints who changed accounts, projects, members and keys, newest first.

      --tenant T      changes in this tenant (default: all)
      --action A      changes of one kind, such as key.create, key.revoke, member.role
      --actor ID      changes by this user, key or login
      --resource ID   changes of this user, key or project
      --since TIME    changes since then, such as 2026-11-01T00:00:00Z
${DATABASE_HELP}
observa audit --tenant acme --action key.revoke
`,

  retention: `observa retention list | set [options]

How long what is stored is kept, in days from receipt, by class of data. What a project does not say its tenant does, then the
configuration. What is too old goes within the hour.

      --tenant T      of this tenant (default: default)
      --project P     set: of this project (default: of the tenant)
      --content N     set: prompts, answers, what tools were given and gave; none takes the word back, here as in the others
      --events N      set: events, traces, conversations, sessions, users, scores
      --figures N     set: sums of usage
      --signals N     set: signals and issues
      --metrics N     set: points of metrics
      --archive C,C   set: of content, events, signals those that are archived before they are removed; none: nothing
${DATABASE_HELP}
observa retention set --tenant acme --project shop --content 30 --events 180
observa retention list --tenant acme --json
`,

  archive: `observa archive list | restore | restores [options]

What retention has written to the archive of the configuration before it removed it, day by day, and bringing it back. A running instance or
\`observa worker\` does it; what is there already is left as it is.

      --tenant T      of this tenant (default: default)
      --project P     of this project
      --class C       content, events or signals
      --from DAY      restore: the first day, such as 2026-01-31 (UTC)
      --to DAY        restore: the last day (default: the first)
      --days N        restore: so long retention leaves it alone (default: 7)
${DATABASE_HELP}
observa archive list --tenant acme --class events
observa archive restore --tenant acme --project shop --class events --from 2026-01-01 --to 2026-01-31 --days 14
`,

  delete: `observa delete user|session|conversation|trace|tenant ID [options]
observa delete list | show DELETION | retry DELETION [options]

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
}
