// The entry point of the console.

import { render } from 'preact'
import { App } from './app.tsx'
import { showHiddenCharacters } from './parts/drawn-texts.ts'
import { keepFocus } from './state/focus.ts'
import { listenForKeys } from './state/keyboard.ts'
import { applyTheme } from './state/preferences.ts'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/views.css'
import './styles/trace.css'

showHiddenCharacters()
applyTheme()
listenForKeys()
keepFocus()
const root = document.getElementById('console')
if (root !== null) render(<App />, root)
