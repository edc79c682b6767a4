// Help texts: commands that need no running instance.

import { CONFIG_HELP } from './shared-options.ts'

export const OFFLINE_HELP = {
  pipe: `observa pipe [options] [FILE|-]...

Runs the processors of a configuration over files or standard input, without network or stores, and prints one
JSON object a line: "record":"event", "signal" or "rejected". Several files are one stream in order.

${CONFIG_HELP}      --input FORM    otlp-proto, otlp-json, ndjson or auto (default)
      --signal S      telemetry kind: traces, logs or auto (default: recognised by the data)
      --pipeline ID   pipeline of the configuration to run (default: the first of the telemetry kind)
      --explain       adds to each event which source key and rule filled each field, and what was scrubbed where;
                      spans that an action dropped are printed as "record":"dropped"
      --tenant ID     tenant that the data belongs to (default: default); in a running instance the API key decides
`,

  test: `observa test [options] [NAME]

Runs the unit tests that the configuration has under "tests:" (all, or those with NAME in their name) through its
own processors, without network or stores, and prints what differs. The exit code is 1 if a test fails.

${CONFIG_HELP}      --json          prints the results as one JSON object
`,

  scrub: `observa scrub [options] [FILE|-]

Removes secrets and personal data from a text stream, line by line, as the scrub processor of the configuration does; without
a configuration, as it does by default. A private key is held back until its last line. Line ends stay as they are, also
CRLF. Bytes that are not UTF-8 stay as they are where no secret is. Lines of more than 16 MiB are cut.

${CONFIG_HELP}      --jsonl         reads {id, field, text} lines, writes {id, text, spans: [{start, end, type}]};
                      any other line becomes {error, line, text}, and the exit code is 1
      --tenant ID     uses the settings of this tenant
      --processor ID  uses this scrub processor of the configuration (default: the first)

observa scrub < app.log > clean.log
`,

  prices: `observa prices [options] MODEL...
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

  eval: `observa eval [options] [FILE.jsonl]...

Measures checks of quality and rubrics of judges on labels of your own: precision and recall with 95 % intervals, agreement and kappa.
A line of a file: {"name": "refusal", "fault": true, "ask": "..", "answer": "..", "documents": [".."]}; the name is that of a check or a
rubric, "recorded" is what a judge answered. Without a file: the labels of this version. Reads no store and writes nothing.

      --ask           asks the endpoint of semantic.judges about lines of rubrics without "recorded"
      --usd N         most that this may cost, in USD; the worst case is never above it (default: 1)
      --json          one JSON object a line
${CONFIG_HELP}
observa eval --config observa.yaml --ask labels.jsonl
`,

  reconcile: `observa reconcile [options] FILE|-

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
}
