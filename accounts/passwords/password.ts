// The rules for passwords, and their hashes. bcrypt uses only 72 bytes and stops at a NUL, so it is given a digest of
// the whole password. Hashes are made on system threads, few at a time, because otherwise sign-ins would delay file
// operations.

import { createHash } from 'node:crypto'
import { hash, verify } from '@node-rs/bcrypt'
import { ControlError } from '../control-error.ts'
import { isCommonPassword } from './common-password.ts'

const COST = 10
const CHARS_MIN = 10
const BYTES_MAX = 4096
/** How many hashes are made at a time, and how many may wait. At 0.1 s each, the last one waits about 10 s. */
const PARALLEL_MAX = 2
const WAITING_MAX = 200

/** Throws if the text may not be a password. */
export function checkPassword(password: string, email: string): void {
  if (Array.from(password).length < CHARS_MIN)
    throw invalid(`A password has at least ${CHARS_MIN} characters.`, 'Several words are fine.')
  if (Buffer.byteLength(password) > BYTES_MAX) throw invalid('The password is too long.', '')
  if (isCommonPassword(password, email))
    throw invalid('This password is among the first that anybody would try.', 'Take another.')
}

export async function hashPassword(password: string): Promise<string> {
  return await inTurn(() => hash(digestOf(password), COST))
}

/** Takes the same time for an unknown person and for one without a password. */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const against = stored ?? (await nobodysHash())
  const isRight = await inTurn(() => verify(digestOf(password), against))
  return isRight && stored !== null
}

/** A digest of 44 characters without NUL for a password of any length. */
const digestOf = (password: string): string =>
  createHash('sha256').update(password, 'utf8').digest('base64')

let nobody: Promise<string> | null = null
const nobodysHash = (): Promise<string> => {
  nobody ??= hashPassword('nobody has this one')
  return nobody
}

let running = 0
const waiting: (() => void)[] = []

/** Thrown when more sign-ins wait than can be served in time. */
export class TooBusyError extends Error {}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= PARALLEL_MAX) {
    if (waiting.length >= WAITING_MAX) throw new TooBusyError('too many sign-ins at once')
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  running++
  try {
    return await work()
  } finally {
    running--
    waiting.shift()?.()
  }
}

const invalid = (message: string, hint: string): ControlError =>
  new ControlError('INVALID', message, hint)
