// Answers of two stores while one of them does not answer: the part of the other, and `degraded` says which is missing. A route
// that needs one store alone answers 503.

import { z } from 'zod'
import { unavailableStore } from '../storage/unavailable.ts'
import { ApiError } from './app.ts'

const STORES = ['clickhouse', 'postgres'] as const
export type StoreName = (typeof STORES)[number]

export const degradedSchema = z
  .array(z.enum(STORES))
  .optional()
  .describe('Stores that do not answer at present, so that their part of the answer is missing.')

/** What `read` gives, or `instead` when the store does not answer or is not configured; it is then among `missing`. */
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

/** To be spread into an answer: nothing when both stores answered. */
export const degradedBy = (missing: StoreName[]): { degraded?: StoreName[] } =>
  missing.length === 0 ? {} : { degraded: missing }
