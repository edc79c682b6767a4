import { createHash } from 'node:crypto'
import { EVENT_COLUMNS, SIGNAL_COLUMNS } from '../exporters/clickhouse/columns.ts'
for (const l of [EVENT_COLUMNS, SIGNAL_COLUMNS])
  console.log(
    createHash('sha256')
      .update(l.map((c) => `${c.name} ${c.type.replace(/ CODEC\(.*$/, '')}`).join('\n'))
      .digest('hex')
      .slice(0, 16),
  )
