// Starts the OpenID provider of the tests, and changes what it knows about people.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface ProviderOptions {
  readonly port?: number
  readonly redirectUris: readonly string[]
  readonly clientSecret: string
  readonly peopleFile: string
  /** How far its clock is ahead, in seconds. */
  readonly shiftS?: number
  readonly idTokenSeconds?: number
  /** False: everything about the person is in the token, and not only in the answer about the user. */
  readonly isConform?: boolean
  readonly authMethods?: readonly string[]
}

export interface Claims {
  readonly email?: string
  readonly email_verified?: boolean | string
  readonly name?: string
  readonly groups?: readonly string[]
}

export class TestProvider {
  readonly issuer: string
  readonly clientSecret: string
  readonly #options: ProviderOptions
  readonly #dir: string
  readonly #people = new Map<string, Claims>()
  #child: ChildProcess

  static async start(
    options: Omit<ProviderOptions, 'clientSecret' | 'peopleFile'>,
  ): Promise<TestProvider> {
    const dir = await mkdtemp(join(tmpdir(), 'observa-oidc-'))
    const peopleFile = join(dir, 'people.json')
    writeFileSync(peopleFile, '{}')
    const clientSecret = randomBytes(24).toString('base64url')
    const all = { ...options, peopleFile, clientSecret }
    return new TestProvider(all, dir, await launched(all))
  }

  private constructor(options: ProviderOptions, dir: string, launch: Launched) {
    this.#options = options
    this.#dir = dir
    this.#child = launch.child
    this.issuer = launch.issuer
    this.clientSecret = options.clientSecret
  }

  /** Adds a person, or changes what is known about one. The subject is the name to log in with. */
  knows(subject: string, claims: Claims): void {
    this.#people.set(subject, claims)
    writeFileSync(this.#options.peopleFile, JSON.stringify(Object.fromEntries(this.#people)))
  }

  async goDown(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  async comeBack(): Promise<void> {
    const port = Number(new URL(this.issuer).port)
    this.#child = (await launched({ ...this.#options, port })).child
  }

  async stop(): Promise<void> {
    await this.goDown()
    await rm(this.#dir, { recursive: true, force: true })
  }
}

interface Launched {
  readonly child: ChildProcess
  readonly issuer: string
}

async function launched(options: ProviderOptions): Promise<Launched> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'provider-program.ts')], {
    env: { ...process.env, NODE_OPTIONS: '', TEST_PROVIDER: JSON.stringify(options) },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for await (const line of createInterface({ input: child.stdout })) return { child, issuer: line }
  return assert.fail('the provider did not start')
}
