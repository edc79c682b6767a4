// Shows the values of a picture as a table, for readers without a mouse or without sight. The table is folded away until it is asked for.

import type { ComponentChildren, JSX } from 'preact'

interface ValuesOfProps {
  /** The title of the picture. */
  readonly title: string
  /** Head and body of the table. */
  readonly children: ComponentChildren
}

export function ValuesOf({ title, children }: ValuesOfProps): JSX.Element {
  const what = `Values of ${title.toLowerCase()}`
  return (
    <details class="values">
      <summary>{`${what} as a table`}</summary>
      <div class="scroll-x" tabIndex={0} role="region" aria-label={what}>
        <table class="table">{children}</table>
      </div>
    </details>
  )
}
