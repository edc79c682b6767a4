// Preloaded into a process under test with NODE_OPTIONS. As soon as the file FAULT_FILE exists, it throws where nothing
// catches it, in the main thread or in a worker, as FAULT_KIND says.

import { existsSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import zlib from 'node:zlib'

const file = process.env.FAULT_FILE
const kind = process.env.FAULT_KIND
const fault = () => new TypeError('the prompt of a customer: my password is hunter2')

if (isMainThread && kind?.startsWith('main')) {
  const timer = setInterval(() => {
    if (!existsSync(file)) return
    clearInterval(timer)
    if (kind === 'main reject') void Promise.reject(fault())
    else throw fault()
  }, 10)
}

if (!isMainThread && kind?.startsWith('worker')) {
  // A worker calls this function in every task.
  const { crc32 } = zlib
  const fail = () => {
    if (kind === 'worker exit' || kind === 'worker poison') process.exit(3)
    if (kind === 'worker exit once') {
      rmSync(file)
      process.exit(3)
    }
    if (kind === 'worker hang') for (;;);
    const kept = []
    while (kind === 'worker heap') kept.push(Array.from({ length: 1000 }, () => ({ kept })))
    throw fault()
  }
  zlib.crc32 = (...args) => {
    const isMeant = kind !== 'worker poison' || Buffer.from(args[0]).includes('deadly')
    if (isMeant && existsSync(file)) fail()
    return crc32(...args)
  }
  syncBuiltinESMExports()
}
