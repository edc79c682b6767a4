// `observa targets` and `observa deliveries`: where issues are told to, a test, and what became of what was told.

import { sendAgain, testTarget } from '../../../notifications/manage.ts'
import {
  type DeliveryRow,
  findDelivery,
  listDeliveries,
} from '../../../storage/control/deliveries.ts'
import { listTargets, type TargetRow } from '../../../storage/control/notification-targets.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withControl } from './database.ts'
import { allPages, type Line, printRow, printRows, usageOf } from './print.ts'

const WAIT_MS = 12_000
const LOOK_MS = 1000

export async function targetsVerb(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('targets', args, CONTROL_OPTIONS)
  const [action, id = ''] = positionals
  const run = (work: (s: ControlSession) => Promise<void>): Promise<number> =>
    withControl('targets', values, io, work)
  switch (`${action} ${positionals.length}`) {
    case 'list 1':
      return await run(async (s) => {
        const { tenantId } = s.change()
        const rows = await allPages(values.limit, (w) => listTargets(s.client, { ...w, tenantId }))
        printRows(io, rows, values.json, targetLine)
      })
    case 'test 2':
      return await tested(run, id, io, values.json)
    default:
      return usageOf('targets', 'list | test ID  [--tenant T]', io)()
  }
}

/** The exit code is 0 only when the test arrived. */
async function tested(
  run: (work: (s: ControlSession) => Promise<void>) => Promise<number>,
  id: string,
  io: Io,
  isJson: boolean | undefined,
): Promise<number> {
  let delivery = ''
  const begun = await run(async (s) => {
    delivery = await testTarget(s.change(), id)
  })
  if (begun !== 0) return begun
  const end = performance.now() + WAIT_MS
  for (;;) {
    let found: DeliveryRow | null = null
    const code = await run(async (s) => {
      found = await findDelivery(s.client, s.change().tenantId, delivery)
    })
    // Assigned in the callback, which the type checker does not follow.
    const row = found as DeliveryRow | null
    if (code !== 0 || row === null) return 1
    const isOver = row.attempts > 0 && (row.status !== 'pending' || row.error_code !== null)
    if (isOver || performance.now() > end) {
      printRow(io, row, isJson, deliveryLine)
      if (!isOver) io.err('nobody has sent it yet: does an instance or `observa worker` run?\n')
      return row.status === 'delivered' ? 0 : 1
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

export async function deliveriesVerb(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('deliveries', args, {
    ...CONTROL_OPTIONS,
    status: { type: 'string' },
    target: { type: 'string' },
  })
  const [action, id = ''] = positionals
  const run = (work: (s: ControlSession) => Promise<void>): Promise<number> =>
    withControl('deliveries', values, io, work)
  switch (`${action} ${positionals.length}`) {
    case 'list 1':
      return await run(async (s) => {
        // A word that is no status fits nothing.
        const status = values.status as DeliveryRow['status'] | undefined
        const rows = await allPages(values.limit, (w) =>
          listDeliveries(s.client, {
            ...w,
            tenantId: s.change().tenantId,
            status,
            targetId: values.target,
          }),
        )
        printRows(io, rows, values.json, deliveryLine)
      })
    case 'retry 2':
      return await run(async (s) => {
        await sendAgain(s.change(), id)
        io.err(`${id} is sent again\n`)
      })
    default:
      return usageOf('deliveries', 'list [--status S] [--target ID] | retry ID  [--tenant T]', io)()
  }
}

const targetLine = (t: TargetRow): Line => ({
  TARGET: t.target_id,
  KIND: t.kind,
  NAME: t.name,
  PROJECT: t.project_id ?? '(all)',
  STATE: t.is_enabled ? 'on' : `off: ${t.disabled_reason ?? 'switched off'}`,
})

const deliveryLine = (d: DeliveryRow): Line => ({
  DELIVERY: d.delivery_id,
  AT: d.created_at.toISOString().slice(0, 19),
  TARGET: d.target_id,
  REASON: d.reason,
  STATUS: d.status,
  TRIES: String(d.attempts),
  ANSWER: d.response_status === null ? '' : String(d.response_status),
  ERROR: d.error_code === null ? '' : `${d.error_code} ${d.error ?? ''}`.slice(0, 120),
})
