// Makes changes of targets and mutes for people and programs, each with its entry in the audit log. No entry contains a
// secret.

import { randomBytes, randomUUID } from 'node:crypto'
import { type Change, nameOf, record } from '../accounts/audited-change.ts'
import { ControlError } from '../accounts/control-error.ts'
import { projectOf } from '../accounts/tenants.ts'
import type { WeekWindow } from '../core/signals/timetable.ts'
import { findDelivery, insertDelivery, retryDelivery } from '../storage/control/deliveries.ts'
import {
  countMutes,
  countTargets,
  deleteTarget,
  endMute,
  findMute,
  findTarget,
  insertMute,
  insertTarget,
  type MuteRow,
  type TargetRow,
  updateTarget,
} from '../storage/control/notification-targets.ts'
import {
  checkSettings,
  dividedSettings,
  type NewTargetInput,
  type TargetFilter,
  type TargetTiming,
} from './target.ts'

const TARGETS_MAX = 100
const MUTES_MAX = 1000

export interface MadeTarget {
  readonly target: TargetRow
  /** For a webhook: the secret with which its receiver checks signatures. It is shown once. */
  readonly secret: string | null
}

export async function createTarget(change: Change, input: NewTargetInput): Promise<MadeTarget> {
  const { client, tenantId, actor } = change
  if ((await countTargets(client, tenantId)) >= TARGETS_MAX)
    throw new ControlError(
      'CONFLICT',
      `A tenant has at most ${TARGETS_MAX} targets.`,
      'Delete one.',
    )
  const { kind, name, project_id, filter, timing, ...own } = input
  if (project_id !== null) await projectOf(change, project_id)
  const { settings, secrets } = dividedSettings(kind, own)
  if (kind === 'webhook') secrets['secret'] ??= `whsec_${randomBytes(32).toString('base64')}`
  const target_id = randomUUID()
  await insertTarget(client, {
    tenant_id: tenantId,
    target_id,
    project_id,
    name,
    kind,
    settings,
    secrets,
    filter,
    timing,
    created_by: nameOf(actor),
  })
  await record(change, { action: 'target.create', resource: target_id, metadata: { kind, name } })
  return {
    target: await targetNamed(change, target_id),
    secret: kind === 'webhook' ? (secrets['secret'] ?? null) : null,
  }
}

export interface TargetInput {
  readonly name?: string | undefined
  readonly filter?: TargetFilter | undefined
  readonly timing?: TargetTiming | undefined
  readonly enabled?: boolean | undefined
  /** The settings of the kind: address, recipients, keys. If any secret is given, all must be, because missing ones are removed. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

export async function changeTarget(
  change: Change,
  targetId: string,
  { name, filter, timing, enabled, settings: own }: TargetInput,
): Promise<TargetRow> {
  const before = await targetNamed(change, targetId)
  const divided = own === undefined ? null : dividedSettings(before.kind, own)
  const settings = divided === null ? undefined : { ...before.settings, ...divided.settings }
  const isMoved = divided !== null && settings?.['url'] !== before.settings['url']
  const losesSecrets = isMoved && SENDS_SECRET.has(before.kind)
  const hasSecrets = divided !== null && Object.keys(divided.secrets).length > 0
  const secrets = hasSecrets || losesSecrets ? divided?.secrets : undefined
  if (own !== undefined) {
    const unknown = Object.keys(own).find(
      (k) => !(k in (divided?.settings ?? {})) && !(k in (divided?.secrets ?? {})),
    )
    if (unknown !== undefined)
      throw new ControlError(
        'INVALID',
        `A target of the kind ${before.kind} has no ${unknown}.`,
        '',
      )
    // Stored secrets are not known here. A missing required secret is noticed when it is replaced.
    if (secrets !== undefined) checkSettings(before.kind, settings, secrets)
    else checkSettings(before.kind, settings, REQUIRED_SECRETS[before.kind] ?? {})
  }
  await updateTarget(change.client, change.tenantId, targetId, {
    name,
    filter,
    timing,
    settings,
    secrets,
    is_enabled: enabled,
  })
  const metadata = {
    kind: before.kind,
    changed: changedNames({ name, filter, timing, enabled, settings: own }),
  }
  await record(change, { action: 'target.update', resource: targetId, metadata })
  return await targetNamed(change, targetId)
}

/**
 * Kinds whose secret is sent to their address. Whoever changes the address may not know the secret, and would have it sent to a
 * place of their own, so a new address gets only a secret that is given with it.
 */
const SENDS_SECRET: ReadonlySet<TargetRow['kind']> = new Set([
  'alertmanager',
  'alertmanager_webhook',
  'pagerduty',
])

/** Placeholders for secrets that are stored and remain. */
const REQUIRED_SECRETS: Readonly<Partial<Record<TargetRow['kind'], Record<string, string>>>> = {
  slack: { url: 'https://example.com' },
  pagerduty: { routing_key: 'x' },
}

const changedNames = (given: TargetInput): readonly string[] =>
  Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key)

export async function removeTarget(change: Change, targetId: string): Promise<void> {
  const { name, kind } = await targetNamed(change, targetId)
  await deleteTarget(change.client, change.tenantId, targetId)
  await record(change, { action: 'target.delete', resource: targetId, metadata: { kind, name } })
}

export async function targetNamed(
  change: Pick<Change, 'client' | 'tenantId'>,
  targetId: string,
): Promise<TargetRow> {
  const found = await findTarget(change.client, change.tenantId, targetId)
  if (found === null) throw new ControlError('NOT_FOUND', `There is no target ${targetId}.`, '')
  return found
}

/** Enqueues a test message, also for a disabled target. Returns the id of the delivery. */
export async function testTarget(change: Change, targetId: string): Promise<string> {
  const target = await targetNamed(change, targetId)
  if (!target.is_enabled)
    throw new ControlError(
      'CONFLICT',
      `The target ${targetId} is switched off.`,
      'Switch it on first: {"enabled": true}.',
    )
  const delivery_id = randomUUID()
  await insertDelivery(change.client, {
    tenant_id: change.tenantId,
    delivery_id,
    target_id: targetId,
    project_id: target.project_id,
    group_key: '',
    labels: {},
    reason: 'test',
    issues: [],
    notice: {
      title: `Test of ${target.name}`,
      text: 'This is a test of a notification target of Observa. Nothing has happened.',
      severity: 'low',
      details: { target_id: targetId },
    },
  })
  await record(change, { action: 'target.test', resource: targetId, metadata: { delivery_id } })
  return delivery_id
}

/** Sends a delivery again, whatever its outcome was. */
export async function sendAgain(change: Change, deliveryId: string): Promise<void> {
  const found = await findDelivery(change.client, change.tenantId, deliveryId)
  if (found === null) throw new ControlError('NOT_FOUND', `There is no delivery ${deliveryId}.`, '')
  await retryDelivery(change.client, change.tenantId, deliveryId)
  await record(change, {
    action: 'delivery.retry',
    resource: deliveryId,
    metadata: { target_id: found.target_id },
  })
}

// ---------------------------------------------------------------- mutes

export interface NewMute {
  readonly projectId: string | null
  readonly matchers: MuteRow['matchers']
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  readonly windows: readonly WeekWindow[] | null
  readonly timeZone: string
  readonly reason: string
}

export async function createMute(change: Change, m: NewMute): Promise<MuteRow> {
  const { client, tenantId, actor } = change
  if ((await countMutes(client, tenantId)) >= MUTES_MAX)
    throw new ControlError('CONFLICT', `A tenant has at most ${MUTES_MAX} mutes.`, 'End one.')
  if (m.endsAt === null && m.windows === null)
    throw new ControlError(
      'INVALID',
      'A mute needs an end.',
      'Give ends_at, or windows for hours that come again.',
    )
  const starts_at = m.startsAt ?? new Date()
  if (m.endsAt !== null && m.endsAt <= starts_at)
    throw new ControlError('INVALID', 'The end of the mute is before its beginning.', '')
  if (m.projectId !== null) await projectOf(change, m.projectId)
  const mute_id = randomUUID()
  await insertMute(client, {
    tenant_id: tenantId,
    mute_id,
    project_id: m.projectId,
    matchers: m.matchers,
    starts_at,
    ends_at: m.endsAt,
    windows: m.windows,
    time_zone: m.timeZone,
    reason: m.reason,
    created_by: nameOf(actor),
  })
  const metadata = {
    matchers: m.matchers,
    reason: m.reason,
    ends_at: m.endsAt?.toISOString() ?? null,
  }
  await record(change, { action: 'mute.create', resource: mute_id, metadata })
  return await muteNamed(change, mute_id)
}

export async function muteNamed(
  change: Pick<Change, 'client' | 'tenantId'>,
  muteId: string,
): Promise<MuteRow> {
  const found = await findMute(change.client, change.tenantId, muteId)
  if (found === null) throw new ControlError('NOT_FOUND', `There is no mute ${muteId}.`, '')
  return found
}

export async function removeMute(change: Change, muteId: string): Promise<void> {
  await muteNamed(change, muteId)
  await endMute(change.client, change.tenantId, muteId)
  await record(change, { action: 'mute.end', resource: muteId, metadata: {} })
}
