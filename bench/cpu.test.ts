// Everything that a measured program starts must be included in its CPU time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProcessTree, peakRssBytes, watchTree } from './cpu.ts'
import { startProcess } from './process.ts'

const isLinux = process.platform === 'linux'

/** Starts a detached grandchild that burns CPU in a second thread and keeps running. */
const FAMILY = `
  const { spawn } = require('node:child_process')
  const burn = \`
    const { Worker } = require('node:worker_threads')
    {
      const worker = new Worker('const end = process.cpuUsage().user + 400000; while (process.cpuUsage().user < end);', { eval: true })
      worker.on('exit', () => { process.stdout.write('burnt'); setInterval(() => {}, 1000) })
    }\`
  const child = spawn(process.execPath, ['-e', burn], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
  process.stdout.write('child=' + child.pid + ' ')
  process.on('SIGTERM', () => { child.kill('SIGKILL'); process.exit(0) })
  setInterval(() => {}, 1000)
`

test('CPU time of threads and child processes is included, and peak memory is recorded', async (t) => {
  if (!isLinux) return t.skip('accounts come from /proc, which only Linux has')
  const root = startProcess({ name: 'family', command: [process.execPath, '-e', FAMILY] })
  const tree = new ProcessTree(root)
  try {
    const watch = watchTree(tree, 20)
    await root.outputMatching(/burnt/)
    const usage = tree.usage()
    assert.ok(usage.cpuSeconds >= 0.38, `${usage.cpuSeconds} s`)
    assert.equal(usage.processes, 2)
    const peak = peakRssBytes(watch.stop())
    assert.ok(peak >= usage.rssBytes && usage.rssBytes > 10e6, `${peak} bytes`)
  } finally {
    await root.stop()
  }
})

test('a process whose parent has ended is still included', async (t) => {
  if (!isLinux) return t.skip('accounts come from /proc, which only Linux has')
  // The shell ends at once. The process it leaves behind has a new parent, so only the marker shows who started it.
  const script = '(sleep 30 & echo "orphan=$!") ; while :; do sleep 1; done'
  const root = startProcess({ name: 'daemon', command: ['sh', '-c', script] })
  const tree = new ProcessTree(root)
  try {
    const orphan = Number((await root.outputMatching(/orphan=(\d+)/))[1])
    assert.ok(tree.pids().includes(orphan))
    process.kill(orphan, 'SIGKILL')
  } finally {
    await root.stop()
  }
})
