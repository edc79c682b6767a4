// Responses that combine two stores while one of them is down: they have the part of the other store, and `degraded` names
// the missing one. A route that needs the missing store alone answers 503.

import { z } from 'zod'
import { unavailableStore } from '../storage/unavailable.ts'
import { ApiError } from './app.ts'

const STORES = ['clickhouse', 'postgres'] as const
export type StoreName = (typeof STORES)[number]

export const degradedSchema = z
  .array(z.enum(STORES))
  .optional()
  .describe('Stores that do not answer at present, so that their part of the answer is missing.')

/**
 * Returns the result of `read`, or `instead` when the store does not respond or is not configured. The store is then added to
 * `missing`.
 */
export async function unlessDown<T>(
  missing: StoreName[],
  store: StoreName,
  read: () => Promise<T>,
  instead: T,
): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const isAbsent = error instanceof ApiError && error.code === 'STORE_NOT_CONFIGURED'
    if (!isAbsent && unavailableStore(error)?.toLowerCase() !== store) throw error
    missing.push(store)
    return instead
  }
}

/** The field `degraded` for a response, absent when both stores responded. */
export const degradedBy = (missing: StoreName[]): { degraded?: StoreName[] } =>
  missing.length === 0 ? {} : { degraded: missing }
