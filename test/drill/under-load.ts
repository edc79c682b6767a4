// A round whose instance survives its faults: clients send all the time, and each cycle causes one fault and waits until it
// is over. In the end a new request must succeed, everything is delivered, and the result is checked.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Instance, type InstanceOptions } from '../instance.ts'
import { Books, type Findings } from './books.ts'
import { Clients } from './client.ts'
import { fromFile } from './destinations.ts'
import { type Report, type Round, reportOf } from './drill.ts'

export const newDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'observa-drill-'))

export class LoadedInstance {
  readonly books = new Books()
  readonly clients = new Clients(this.books)
  readonly dir: string
  readonly #options: InstanceOptions
  readonly #round: Round
  #instance: Instance | null = null
  #load: Promise<void> = Promise.resolve()
  #isLoading = false

  constructor(dir: string, options: InstanceOptions, round: Round) {
    this.dir = dir
    // What goes on side by side in two threads belongs to the drill.
    const config = options.config ?? ''
    const isSet = config.includes('workers:')
    this.#options = {
      ...options,
      dir,
      config: isSet ? config : `${config}\nworkers: { count: 2 }\n`,
    }
    this.#round = round
  }

  get instance(): Instance {
    if (this.#instance === null) throw new Error('not started')
    return this.#instance
  }

  /** Starts the instance; after a kill, starts it again. */
  async start(): Promise<void> {
    this.#instance = await Instance.start(this.#options)
    await this.clients.once(this.#instance)
    this.#isLoading = true
    const { random } = this.#round
    const options = { copies: random() < 0.5, random, isOver: () => !this.#isLoading }
    this.#load = this.clients.run(this.#instance, 4, options)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.instance.kill(signal)
    await this.#load
  }

  /** Ends the load, sends one more request, and waits until everything is delivered. */
  async settle(): Promise<void> {
    this.#isLoading = false
    await this.#load
    await this.clients.once(this.instance)
    await this.instance.drained()
  }

  answers(status: string): number {
    return this.clients.answers.get(status) ?? 0
  }
}

export interface Faults {
  readonly options: InstanceOptions
  readonly dir?: string
  readonly cycle: (loaded: LoadedInstance, cycle: number) => Promise<void>
  /** Called after the instance has ended and before its directory is removed. */
  readonly cleanUp?: () => void
  readonly notes?: (loaded: LoadedInstance) => Report['notes']
  /** Stops the instance and compares what arrived. By default with the output of the file exporter. */
  readonly check?: (
    loaded: LoadedInstance,
  ) => Promise<{ readonly findings: Findings; readonly notes: Report['notes'] }>
}

export async function underLoad(round: Round, faults: Faults): Promise<Report> {
  const dir = faults.dir ?? (await newDirectory())
  const loaded = new LoadedInstance(dir, faults.options, round)
  let cycles = 0
  try {
    await loaded.start()
    while (cycles < round.cycles && !round.isOver()) {
      await faults.cycle(loaded, cycles)
      cycles++
      round.progress(`${cycles} cycles, ${loaded.books.acknowledged} spans acknowledged`)
    }
    await loaded.settle()
    const { findings, notes } = await (faults.check ?? byFile)(loaded)
    const answers = [...loaded.clients.answers].map(([answer, n]) => [`answers_${answer}`, n])
    const all = { ...Object.fromEntries(answers), ...faults.notes?.(loaded), ...notes }
    return reportOf(loaded.books, findings, cycles, all as Report['notes'])
  } finally {
    await loaded.instance.kill()
    faults.cleanUp?.()
    await rm(dir, { recursive: true, force: true })
  }
}

async function byFile({ instance, books }: LoadedInstance) {
  return { findings: books.check(await fromFile(instance)), notes: {} }
}
