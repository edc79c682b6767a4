// A real Kafka broker for tests: one KRaft node on free ports, with a small heap and its data in a temporary folder. It can
// be killed and restarted on the same data. It has two listeners, one without authentication and one with SASL/PLAIN.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../ports.ts'
import { type KafkaVersion, kafkaJars } from './install.ts'

export { type KafkaVersion, kafkaAvailable } from './install.ts'

/** The longest time that a broker may take to answer. On a busy machine it needs about 15 s. */
const START_MAX_MS = 90_000

export interface KafkaBroker {
  readonly version: KafkaVersion
  readonly brokers: readonly string[]
  /** Addresses of the listener with SASL/PLAIN. The user is `observa`, the password is in `saslPassword`. */
  readonly saslBrokers: readonly string[]
  readonly saslPassword: string
  /** Sends SIGKILL. Resolves when the process has ended. */
  kill(): Promise<void>
  /** Starts the broker again on the same data and ports. */
  start(): Promise<void>
  /** Kills the broker and removes its data. May be called twice. */
  stop(): Promise<void>
}

const say = (text: string): void => {
  process.stderr.write(`kafka: ${text}\n`)
}

export async function startKafka(
  version: KafkaVersion,
  progress: (text: string) => void = say,
): Promise<KafkaBroker> {
  const lib = await kafkaJars(version, progress)
  const dir = await mkdtemp(join(tmpdir(), 'observa-kafka-'))
  const [clear, sasl, controller] = [await freePort(), await freePort(), await freePort()]
  const saslPassword = randomBytes(12).toString('hex')
  const config = join(dir, 'server.properties')
  await writeFile(config, properties({ dir, clear, sasl, controller, saslPassword }))
  await writeLogConfig(dir)
  const log = join(dir, 'broker.out')
  const clusterId = randomBytes(16).toString('base64url')
  await javaToEnd(lib, dir, log, [
    'kafka.tools.StorageTool',
    'format',
    // The option needs an equals sign, because an id may begin with a hyphen.
    `--cluster-id=${clusterId}`,
    '-c',
    config,
  ])
  let child: ChildProcess | null = null
  const killNow = (): void => {
    child?.kill('SIGKILL')
  }
  process.once('exit', killNow)

  const broker: KafkaBroker = {
    version,
    brokers: [`127.0.0.1:${clear}`],
    saslBrokers: [`127.0.0.1:${sasl}`],
    saslPassword,
    async start() {
      const startedAt = performance.now()
      child = java(lib, dir, log, ['kafka.Kafka', config])
      await listening(clear, child, log)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      progress(`Kafka ${version} answers on port ${clear} after ${seconds} s`)
    },
    async kill() {
      const running = child
      child = null
      if (running === null || running.exitCode !== null || running.signalCode !== null) return
      const gone = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGKILL')
      await gone
    },
    async stop() {
      await broker.kill()
      process.removeListener('exit', killNow)
      await rm(dir, { recursive: true, force: true })
    },
  }
  try {
    await broker.start()
  } catch (error) {
    await broker.stop()
    throw error
  }
  return broker
}

interface Places {
  readonly dir: string
  readonly clear: number
  readonly sasl: number
  readonly controller: number
  readonly saslPassword: string
}

/**
 * Replication factors are 1, because there is only one node; the setting for the share coordinator exists from 4.x on. A
 * killed broker may rejoin only after its session has timed out, so the timeout is short.
 */
function properties(places: Places): string {
  const jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${places.controller}
listeners=PLAINTEXT://127.0.0.1:${places.clear},GUARDED://127.0.0.1:${places.sasl},CONTROLLER://127.0.0.1:${places.controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${places.clear},GUARDED://127.0.0.1:${places.sasl}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,GUARDED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
listener.name.guarded.sasl.enabled.mechanisms=PLAIN
listener.name.guarded.plain.sasl.jaas.config=${jaas} user_observa="${places.saslPassword}";
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(places.dir, 'data')}
num.partitions=3
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
`
}

/** Kafka 3 logs through log4j 1, Kafka 4 through log4j 2, so there is a file for each. Only warnings are logged. */
async function writeLogConfig(dir: string): Promise<void> {
  await writeFile(
    join(dir, 'log4j.properties'),
    `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c: %m%n
`,
  )
  await writeFile(
    join(dir, 'log4j2.properties'),
    `rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
`,
  )
}

function java(lib: string, dir: string, log: string, args: readonly string[]): ChildProcess {
  const out = openSync(log, 'a', 0o600)
  const child = spawn(
    'java',
    [
      '-Xmx256m',
      '-Xms128m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-Dlog4j.configuration=file:${join(dir, 'log4j.properties')}`,
      `-Dlog4j2.configurationFile=${join(dir, 'log4j2.properties')}`,
      '-cp',
      join(lib, '*'),
      ...args,
    ],
    { cwd: dir, stdio: ['ignore', out, out] },
  )
  closeSync(out)
  return child
}

async function javaToEnd(
  lib: string,
  dir: string,
  log: string,
  args: readonly string[],
): Promise<void> {
  const child = java(lib, dir, log, args)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${tail(log)}`)
}

const tail = (log: string): string => readFileSync(log, 'utf8').slice(-3000)

/** Waits until the broker's port accepts a connection. Throws with the reason if the broker ends. */
async function listening(port: number, child: ChildProcess, log: string): Promise<void> {
  const deadline = performance.now() + START_MAX_MS
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`the broker ended: ${tail(log)}`)
    if (performance.now() > deadline) throw new Error(`the broker does not answer: ${tail(log)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
