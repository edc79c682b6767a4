// Every text that the page draws passes here, also one whose view forgot to: names, models, ids and messages of errors come from
// anybody. What is copied, sent or edited is not changed.

import { options } from 'preact'
import { visible } from './visible.ts'

/** Attributes that are read by people. */
const READ = ['title', 'aria-label', 'placeholder'] as const

export function showHiddenCharacters(): void {
  options.vnode = (vnode) => {
    const props: unknown = vnode.props
    // The node of a text has it in place of its properties.
    if (typeof props === 'string') Reflect.set(vnode, 'props', visible(props))
    else if (typeof vnode.type === 'string') showIn(Object(props))
  }
}

function showIn(props: object): void {
  for (const name of READ) {
    const text: unknown = Reflect.get(props, name)
    if (typeof text === 'string') Reflect.set(props, name, visible(text))
  }
}
