// The title of the page: what is looked at, the view, the product. A tab or a bookmark is found by it.

import { useEffect } from 'preact/hooks'
import { oneLine } from '../parts/visible.ts'
import { locationNow } from './location.ts'

const CHARACTERS_MAX = 80

let view = ''
/** Names the thing of a path; another path has none until its data is there. */
let named = { path: '', name: '' }

/** Tells what the present path shows. */
export function setViewTitle(title: string): void {
  view = title
  write()
}

/** Names the thing that a view shows, once it is known. */
export function useTitle(name: string | null): void {
  const { path } = locationNow()
  useEffect(() => {
    if (name === null) return
    const own = { path, name }
    named = own
    write()
    return () => {
      if (named !== own) return
      named = { path: '', name: '' }
      write()
    }
  }, [path, name])
}

function write(): void {
  const name = named.path === locationNow().path ? [oneLine(named.name, CHARACTERS_MAX)] : []
  document.title = [...name, view, 'Observa'].join(' · ')
}
