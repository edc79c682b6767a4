// Help texts of options that several commands share.

export const CONFIG_HELP = `  -c, --config FILE   configuration; several are merged in order (default: the built-in one)
      --set a.b=c     overrides one value; may be repeated
`

export const DATABASE_HELP = `
  -c, --config FILE   uses the Postgres of this configuration (default: the built-in one, with ./.observa)
      --set a.b=c     overrides one value of the configuration; may be repeated
      --database URL  uses this Postgres; "config" is that of the configuration
      --json          prints JSON
      --limit N       lists: prints at most N rows (default: 100)
`
