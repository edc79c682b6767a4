// `npm run sbom [-- FILE]`: writes the bill of materials to a file or to standard output.

import { writeFileSync } from 'node:fs'
import { makeBill, textOfBill } from './sbom.ts'

const [file] = process.argv.slice(2)
const text = textOfBill(makeBill())
if (file === undefined) process.stdout.write(text)
else writeFileSync(file, text)
