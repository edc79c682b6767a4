// Timers and hours: what is due when, in which time zone, and what waits. No stores.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInWindow, localTime, nextAt } from '../core/signals/timetable.ts'
import type { MemberRow, NotifiedIssue } from '../storage/control/notification-groups.ts'
import { dueOf, groupOf, settle } from './grouping.ts'
import { AddressGuard } from './http/address-guard.ts'
import { inhibitorOf, labelsOf, PROVIDER_OUTAGE } from './matching.ts'
import { type Target, targetOf } from './target.ts'

const at = (text: string): number => Date.parse(text)

function target(timing: Record<string, unknown>): Target {
  const made = targetOf({
    tenant_id: 'acme', target_id: 't', project_id: null, name: 'a', kind: 'webhook', settings: { url: 'https://example.com' }, secrets: {},
    filter: {}, timing, is_enabled: true, disabled_reason: null, created_at: new Date(), created_by: 'x', updated_at: new Date(),
  }) // biome-ignore format: a row
  assert.ok(made !== null)
  return made
}

function issue(more: Partial<NotifiedIssue> = {}): NotifiedIssue {
  return {
    tenant_id: 'acme', project_id: 'shop', issue_id: 'i', fingerprint: 'v1:i', type: 'tool_error', severity: 'high', title: 't', status: 'open',
    substatus: 'new', count: 1, first_seen: new Date(0), last_seen: new Date(0), traces: 0, users: 0, cost_usd: 0, environment: null,
    rule: 'error@1', evidence: {}, trace_id: null, assignee: null, status_at: new Date(0), ...more,
  } // biome-ignore format: a row
}

const member = (more: Partial<MemberRow> = {}): MemberRow => ({
  tenant_id: 'acme', target_id: 't', group_key: 'k', project_id: 'shop', issue_id: 'i', pending: 'opened', told: null, told_at: null,
  told_last_seen: null, ...more,
}) // biome-ignore format: a row

test('hours over midnight, of given days, in a time zone with summer time', () => {
  const night = { days: ['fri' as const], from: '22:00', to: '06:00' }
  assert.equal(isInWindow(night, at('2026-11-27T22:30:00Z'), 'UTC'), true)
  assert.equal(isInWindow(night, at('2026-11-28T05:59:00Z'), 'UTC'), true)
  assert.equal(isInWindow(night, at('2026-11-28T06:00:00Z'), 'UTC'), false)
  assert.equal(isInWindow(night, at('2026-11-28T22:30:00Z'), 'UTC'), false)
  assert.deepEqual(localTime(at('2026-07-01T12:00:00Z'), 'Europe/Berlin'), {
    day: 2,
    minute: 14 * 60,
  })
  assert.equal(nextAt('09:00', at('2026-11-27T08:00:00Z'), 'UTC'), at('2026-11-27T09:00:00Z'))
  assert.equal(nextAt('09:00', at('2026-11-27T09:00:00Z'), 'UTC'), at('2026-11-28T09:00:00Z'))
  // The clock goes back in this night: nine o'clock is an hour later than 24 hours after nine o'clock.
  assert.equal(
    nextAt('09:00', at('2026-10-24T07:30:00Z'), 'Europe/Berlin'),
    at('2026-10-25T08:00:00Z'),
  )
})

test('in quiet hours only what is excepted is told; the rest is told when they end', () => {
  const t = target({ quiet_hours: { from: '22:00', to: '07:00' } })
  const nowMs = at('2026-11-27T23:00:00Z')
  const due = {
    group: { ...member(), labels: {}, due_at: null, last_told_at: null },
    target: t,
    isHeld: () => false,
    nowMs,
  }
  const issues = [issue(), issue({ issue_id: 'm', severity: 'medium' })]
  const settled = settle({ ...due, members: [member(), member({ issue_id: 'm' })], issues })
  assert.deepEqual(
    settled.changes.map((i) => i.issue_id),
    ['i'],
  )
  assert.equal(settled.dueAtMs, at('2026-11-28T07:00:00Z'))
})

test('low ones wait for the digest of the day, others for their group', () => {
  const t = target({ digest: { at: '09:00' } })
  const low = issue({ severity: 'low' })
  const group = groupOf(t, low, labelsOf(low))
  assert.equal(group.group_key, 'digest')
  const nowMs = at('2026-11-27T10:00:00Z')
  assert.equal(dueOf(t, group, 'opened', nowMs).firstAtMs, at('2026-11-28T09:00:00Z'))
  const high = groupOf(t, issue(), labelsOf(issue()))
  assert.equal(high.group_key, 'project_id=shop,type=tool_error')
  assert.equal(dueOf(t, high, 'opened', nowMs).firstAtMs, nowMs + 30_000)
})

test('an end is told where the beginning was, and nothing of what somebody ignores', () => {
  const t = target({})
  const due = {
    group: { ...member(), labels: {}, due_at: null, last_told_at: null },
    target: t,
    isHeld: () => false,
    nowMs: 0,
  }
  const told = (m: Partial<MemberRow>, i: Partial<NotifiedIssue>) =>
    settle({ ...due, members: [member(m)], issues: [issue(i)] }).changes.length
  assert.equal(told({ pending: 'resolved', told: 'firing' }, { status: 'resolved' }), 1)
  assert.equal(told({ pending: 'resolved' }, { status: 'resolved' }), 0)
  assert.equal(told({ pending: 'opened' }, { status: 'resolved' }), 0)
  assert.equal(told({ pending: 'opened' }, { status: 'acknowledged' }), 0)
  assert.equal(told({ pending: 'acknowledged', told: 'firing' }, { status: 'acknowledged' }), 1)
  for (const status of ['ignored', 'snoozed'])
    assert.equal(told({ pending: 'opened' }, { status }), 0)
})

test('of two issues that could silence each other one is told; a small rate silences nothing', () => {
  const rate = (id: string, now: string, first: number): NotifiedIssue =>
    issue({
      issue_id: id,
      type: 'error_rate',
      first_seen: new Date(first),
      evidence: { now, series: { provider: 'p' } },
    })
  const [a, b] = [rate('a', '80 %', 1), rate('b', '90 %', 2)] as const
  const by = (i: NotifiedIssue, sources: readonly NotifiedIssue[]) =>
    inhibitorOf([PROVIDER_OUTAGE], sources, i, labelsOf(i))?.issue_id ?? null
  assert.equal(by(a, [a, b]), null)
  assert.equal(by(b, [a, b]), 'a')
  const error = issue({ issue_id: 'e', type: 'llm_error', evidence: { provider: 'p' } })
  assert.equal(by(error, [rate('c', '20 %', 1)]), null)
  assert.equal(by(error, [a]), 'a')
  assert.equal(by(issue({ issue_id: 'e', type: 'llm_error', evidence: {} }), [a]), null)
})

test('networks that are not of the public internet are refused unless they are permitted; metadata services always are', () => {
  const guard = new AddressGuard(['10.1.0.0/16', 'alerts.internal', 'fd12::/16'])
  const refused = [
    '127.0.0.1',
    '10.2.0.1',
    '172.31.255.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.2.0.1',
    '64:ff9b::a00:1',
    '::ffff:0:7f00:1',
    '5f00::1',
    '2002:7f00:1::',
    '169.254.169.254',
    'fd00:ec2::254',
  ]
  for (const address of refused) assert.equal(guard.permits('example.com', address), false, address)
  for (const address of ['10.1.2.3', '8.8.8.8', '2606:4700::1111', 'fd12::1'])
    assert.equal(guard.permits('example.com', address), true, address)
  assert.equal(guard.permits('alerts.internal', '192.168.1.1'), true)
  assert.equal(guard.permits('alerts.internal', '169.254.169.254'), false)
})
