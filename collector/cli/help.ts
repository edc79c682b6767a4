// The overview that `observa` and `observa --help` print.

export const HELP = `Observa: an OpenTelemetry-native collector for LLM applications.

  observa run [--config FILE]... [--set a.b=c]...   start; Ctrl-C drains
  observa worker [--config FILE]...                 works jobs in a process of its own
  observa validate [--config FILE]...               check a configuration, offline
  observa pipe [--explain] [FILE|-]...              run the processors over files, print events as JSON lines
  observa test [--config FILE]... [NAME]            run the unit tests written in a configuration
  observa scrub [--jsonl] [FILE|-]                  remove secrets from any text stream
  observa components [NAME]                         list components, or the options of one
  observa schema                                    JSON Schema of the configuration, for editors
  observa prices [--provider P] MODEL...            which price applies to a model
  observa eval FILE                                 measure checks, rubrics and judges on labels of your own
  observa reconcile FILE                            compare a provider's usage export with what was counted
  observa keys create|list|rotate|revoke            API keys
  observa tenants list|create|rename                tenants of the control plane
  observa projects list|create|rename|archive       projects of a tenant
  observa users list|create|role|remove|disable     people and their roles
  observa quota list|show|set                       what projects may use in a month
  observa rules list|describe RULE|replay [RULE]    the rules, and what they would find in stored events
  observa search TEXT|--like TRACE                  calls that mean something near, or have these words
  observa topics [show ID|drift|duplicates]         what calls are about, how that changes, what repeats
  observa tap [--where FIELD=VALUE]                 live sample of what an instance stores
  observa targets list|test                         where issues are told to
  observa deliveries list|retry                     what was told to whom
  observa audit                                     who changed what
  observa retention list|set                        how long what is stored is kept
  observa archive list|restore|restores             what was archived, and bringing it back
  observa delete user|trace|..|list|show            delete what was stored of somebody, with a proof
  observa queue stats|verify|dump                   the durable log
  observa dlq list|show|retry|drop                  dead letters
  observa drill [NAME]                              fault drills against temporary instances, in a checkout
  observa pseudonyms list|rotate|drop               keys with which ids become pseudonyms
  observa migrate [--config FILE]...                apply the schemas to ClickHouse and Postgres
  observa mcp [--url URL]                           tools for coding agents, on standard input and output
  observa version                                   version of this build

observa COMMAND --help prints the options of a command.
`
