// Small inputs of real clients, and calls of every kind, through real instances: as recorded, logs first and reversed, each twice.
// Each client's input has a project of its own, as it would have.

import assert from 'node:assert/strict'
import test from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance } from '../instance.ts'
import { ARRIVALS, assertExpected, type Case, eventsByCase, readCases } from '../usage/cases.ts'

const clients = readCases('clients').map((one) => ({
  ...one,
  key: keyForTests('sk', { tenant: 'clients', project: one.name.toLowerCase() }),
}))
const calls = readCases('calls')
const callsKey = keyForTests('sk', { tenant: 'calls', project: 'calls' })
const keys = [...clients.map((one) => one.key), callsKey]

const CONFIG = `
auth: keys
extensions:
  keys: { keys: ${JSON.stringify(keys.map((k) => k.row))} }
service:
  extensions: [keys, api]
`
/** Cases sent at a time; the requests of one case follow each other. */
const AT_A_TIME = 8

async function sendCase(
  instance: Instance,
  one: Case,
  arrive: (typeof ARRIVALS)[string],
  key: string,
): Promise<void> {
  for (const { telemetry, body } of arrive(one.requests)) {
    const res = await instance.post(`/v1/${telemetry}`, JSON.stringify(body), {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
    })
    assert.equal(res.status, 200, one.name)
  }
}

async function sendAll(instance: Instance, arrive: (typeof ARRIVALS)[string]): Promise<void> {
  const jobs = [
    ...clients.map((one) => () => sendCase(instance, one, arrive, one.key.key)),
    ...calls.map((one) => () => sendCase(instance, one, arrive, callsKey.key)),
  ]
  const worker = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job()
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

for (const [order, arrive] of Object.entries(ARRIVALS))
  test(`a real instance, ${order}, twice: sums, costs and signals of every case`, async (t) => {
    const dir = await Instance.directory(t, 'cases')
    const instance = await Instance.start({ config: CONFIG, dir })
    await sendAll(instance, arrive)
    await instance.drained()
    const events = await instance.events()
    const records = await instance.records()
    for (const { name, expect, key } of clients) {
      const isOwn = (r: Record<string, unknown>): boolean => r['project_id'] === key.row.project
      assertExpected(events.filter(isOwn), expect, `${name}, ${order}`)
      const signals = records.filter((r) => r['record'] === 'signal' && isOwn(r))
      const types = new Set(signals.map((s) => s['type']))
      for (const type of expect.signals ?? []) assert.ok(types.has(type), `${name}: no ${type}`)
    }
    const own = events.filter((e) => e['project_id'] === callsKey.row.project)
    for (const [one, list] of eventsByCase(calls, own))
      assertExpected(list, one.expect, `${one.name}, ${order}`)
  })
