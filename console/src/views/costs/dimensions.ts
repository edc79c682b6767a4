// What costs can be broken down by.

export const DIMENSIONS = [
  'model',
  'provider',
  'route',
  'environment',
  'service',
  'user',
  'agent',
  'conversation',
] as const
export type Dimension = (typeof DIMENSIONS)[number]
