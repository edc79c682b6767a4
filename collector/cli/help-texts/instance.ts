// Help texts: the data and state of an instance.

import { CONFIG_HELP } from './shared-options.ts'

const READ_HELP = `      --from T --to T  the time, such as 2026-11-29T10:00:00Z
      --model M, --route R, --environment E
                      only calls of these
      --json          prints JSON
      --url URL       the instance (default: OBSERVA_URL, else http://127.0.0.1:3000)
`

export const INSTANCE_HELP = {
  rules: `observa rules list|describe RULE|replay [RULE] [options]

list prints the rules of the configuration, and describe one of them with its limits; both need no instance. replay asks a
running instance what a rule (its id, a type of signals, or all of them) would have found in its stored events. Nothing
is stored, and the same events give the same answer. The key of an instance that needs one is read from OBSERVA_API_KEY.

${CONFIG_HELP}                      replay: tries the rules of this configuration instead of those that run
      --json          prints JSON

replay only:
      --days N        the last N days (default: 7; 90 at most)
      --from T --to T times instead, such as 2026-11-29T10:00:00Z
      --url URL       the instance (default: OBSERVA_URL, else http://127.0.0.1:3000)

observa rules replay latency --days 3 --config changed.yaml
`,

  search: `observa search [options] TEXT
       observa search [options] --like TRACE

Finds exchanges that mean something near the text, or traces near a trace, in what was sampled and embedded, the nearest first. With
--words it finds calls whose prompt or answer has all of the words, in everything that is stored. The key of an instance that needs one is
read from OBSERVA_API_KEY.

      --words         searches by words
      --like TRACE    traces like this one, instead of a text
${READ_HELP}      --limit N       at most so many

observa search customers who want their money back
`,

  topics: `observa topics [list | show ID | drift | duplicates] [options]

list prints the topics of what was sampled and embedded, with their shares and trend. show prints the most typical traces of one. drift
compares the last day, or the time of --from and --to, with the time before it: whether it differs by more than chance, which topics grew
and shrank, and which exchanges are typical of each time. duplicates prints groups of exchanges that say nearly the same. The key of an
instance that needs one is read from OBSERVA_API_KEY.

${READ_HELP}      --limit N       show, duplicates: at most so many

drift only:
      --base-from T --base-to T  the time to compare with
      --seed TEXT     draws other traces where there are more than can be compared

observa topics drift --from 2026-11-29 --to 2026-11-30
`,

  tap: `observa tap [options]

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

  queue: `observa queue stats|verify|dump [options]

Shows the durable log of a data directory, also while an instance runs. verify reads everything and prints what is damaged.

${CONFIG_HELP}      --json          stats: prints JSON
      --exporter ID   dump: only the parts of this exporter
      --from N        dump: begins at this sequence number
      --limit N       dump: prints at most N records
      --payload       dump: prints the bytes too, which hold scrubbed text of users
`,

  dlq: `observa dlq list|show|retry|drop [options] [EXPORTER] [ID]

Manages dead letters: items that a destination refused for good, with the reason. Stop the instance before retry, which
appends to the log. The others work while it runs.

${CONFIG_HELP}      --all           retry, drop: all dead letters of the exporter instead of ids
`,

  drill: `observa drill [NAME] [options]

Runs a fault drill against temporary instances and prints how many items were issued, acknowledged, delivered,
dead-lettered, lost, doubled and corrupt. Without a name it lists the drills. Needs a checkout: docs/drills.md.
The exit code is 1 if something was lost, doubled or corrupt. Ctrl-C ends it early and prints the counts so far.

      --cycles N      how many cycles; the list explains what a cycle is
      --seconds N     ends after this time
      --seed N        seed of the random moments (default: 1)
      --state FILE    adds the counts to those in this file
      --json          prints the result as one JSON object
`,

  pseudonyms: `observa pseudonyms [list | rotate | drop KEY_ID] [options]

Manages the keys with which ids that contain personal data become pseudonyms (\`[email:4f1c..]\`). list prints the ids of the
keys. rotate makes a new key for new data. drop deletes a retired key: do so once no data with its pseudonyms is kept.
Instances use a new key after a restart or SIGHUP. With embedded Postgres, stop the instance first.

${CONFIG_HELP}      --json          prints the keys as one JSON array
`,

  mcp: `observa mcp [options]

Serves the Model Context Protocol on standard input and output: tools with which a coding agent reads signals, traces, costs and
prompts of a running instance. The key in OBSERVA_API_KEY decides what it may read. The same is at /mcp of the instance.

      --url URL       REST API of the instance (default: $OBSERVA_URL, else http://127.0.0.1:3000)
`,
}
