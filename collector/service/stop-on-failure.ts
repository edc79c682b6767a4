// Runs `work` and stops the component if it fails. A start that fails may already have started a process or a
// connection, which would keep this process from ending.

import type { Component } from '../../core/component.ts'

export async function stopOnFailure<T>(
  part: Pick<Component, 'stop'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    await part.stop()
    throw thrown
  }
}
