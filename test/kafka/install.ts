// Downloads the jars of the Kafka broker with Maven into the repository's cache, once for each version. `broker.ts` starts
// the broker.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type KafkaVersion = '3.9.1' | '4.1.0'

const cache = join(import.meta.dirname, '../../.cache')

/** Returns the reason why a broker cannot run on this machine; null if it can. */
export function kafkaAvailable(): string | null {
  for (const [program, flag] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    try {
      execFileSync(program, [flag], { stdio: 'ignore' })
    } catch {
      return `${program} is not installed; the Kafka tests need Java 17 and Maven`
    }
  }
  return null
}

/** The folder with the broker's jars. They are downloaded the first time. */
export async function kafkaJars(
  version: KafkaVersion,
  progress: (text: string) => void,
): Promise<string> {
  const home = join(cache, `kafka-${version}`)
  const lib = join(home, 'lib')
  if (existsSync(lib)) return lib
  progress(`fetching Kafka ${version} with Maven (about 45 MB, once)`)
  const work = join(cache, `kafka-${version}.${process.pid}.tmp`)
  await mkdir(work, { recursive: true })
  try {
    await writeFile(join(work, 'pom.xml'), pom(version))
    await maven(work)
    await rm(join(work, 'target'), { recursive: true, force: true })
    // Another test process may have downloaded the same version first; then its folder is used.
    if (!existsSync(lib)) await rename(work, home)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  progress(`Kafka ${version} is in the cache`)
  return lib
}

function maven(cwd: string): Promise<void> {
  const args = ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${join(cwd, 'lib')}`]
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`mvn ended with ${code}: ${output}`))
    })
  })
}

const pom = (version: KafkaVersion): string => `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>observa.test</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`
