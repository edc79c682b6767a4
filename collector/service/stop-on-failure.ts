// A start that fails half way may have started a process or a connection, which would keep ours from ending.

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
