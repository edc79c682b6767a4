// The configuration schema of the `file` exporter.

import { z } from 'zod'
import { duration, size } from '../../core/config/config-types.ts'

export const schema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('File to append to; rotated files get the time of rotation in their name.'),
  signals: z
    .boolean()
    .default(true)
    .describe('Also write signals, as lines with "record":"signal".'),
  rotation: z
    .strictObject({
      size: size()
        .prefault('100MiB')
        .describe('Largest size of a file; it is rotated before it would exceed this.'),
      age: duration().prefault('24h').describe('A file is rotated when it is this old; 0 = never.'),
      keep: z
        .int()
        .min(0)
        .default(100)
        .describe('Number of rotated files to keep; the oldest are removed; 0 = all.'),
    })
    .prefault({})
    .describe('When a file is rotated.'),
  batch: z
    .strictObject({
      items: z.int().min(1).default(10_000).describe('Most lines in one write.'),
      bytes: size().prefault('8MiB').describe('Most bytes in one write.'),
      delay: duration().prefault('200ms').describe('Longest wait to fill a batch.'),
    })
    .prefault({})
    .describe('How much is taken from the log for one send.'),
})

export type Config = z.output<typeof schema>
