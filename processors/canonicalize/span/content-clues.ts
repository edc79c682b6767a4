// The content of a span that is in no field yet, because its field depends on the kind of the span or on its other
// content. The steps in `steps/` write it.

import { R } from '../../../core/fields.ts'
import { IntList } from '../bytes/int-list.ts'
import type { Document, Message, Part } from '../content/content-types.ts'

/** Parts of a response that is spread over several attributes. */
export interface SpreadAnswer {
  text: string | null
  reasoning: string | null
  calls: unknown
  object: string | null
  files: unknown
}

/**
 * A list in a details event. With `attr` -1 it is the first such list, which is read like an attribute of the span.
 */
export interface DetailList {
  readonly field: number
  readonly attr: number
  readonly id: number
}

const noAnswer = (): SpreadAnswer => ({
  text: null,
  reasoning: null,
  calls: null,
  object: null,
  files: null,
})

export class ContentClues {
  /** Attributes with content whose field depends on the kind of the span, best first. */
  readonly inputs = new IntList()
  readonly outputs = new IntList()
  #answer = noAnswer()
  #hasAnswer = false
  #hasEmptyAnswer = false
  #isInputText = false
  #isOutputText = false
  #eventInput: Message[] = []
  #eventOutput: Message[] = []
  #eventSystem: Part[] = []
  #eventDocuments: Document[] = []
  #detailLists: DetailList[] = []
  #inputRank = 0
  #outputRank = 0
  #systemRank = 0
  #reasonCount = -1
  #reasonOff = 0
  #reasonLen = 0

  reset(): void {
    this.inputs.clear()
    this.outputs.clear()
    if (this.#hasAnswer) this.#answer = noAnswer()
    this.#hasAnswer = false
    this.#hasEmptyAnswer = false
    this.#isInputText = false
    this.#isOutputText = false
    if (this.#eventInput.length > 0) this.#eventInput = []
    if (this.#eventOutput.length > 0) this.#eventOutput = []
    if (this.#eventSystem.length > 0) this.#eventSystem = []
    if (this.#eventDocuments.length > 0) this.#eventDocuments = []
    if (this.#detailLists.length > 0) this.#detailLists = []
    this.#inputRank = 0
    this.#outputRank = 0
    this.#systemRank = 0
    this.#reasonCount = -1
  }

  /** Adds content for `io.input` or `io.output`. */
  add(target: string, attr: number): void {
    ;(target === 'io.input' ? this.inputs : this.outputs).push(attr)
  }

  setAnswerPart<Name extends keyof SpreadAnswer>(name: Name, value: SpreadAnswer[Name]): void {
    this.#answer[name] = value
    this.#hasAnswer = true
  }

  get answer(): Readonly<SpreadAnswer> {
    return this.#answer
  }

  get hasAnswer(): boolean {
    return this.#hasAnswer
  }

  /** Notes that the text of an answer was recorded, and is empty. Another report of the answer may have more. */
  noteEmptyAnswer(): void {
    this.#hasEmptyAnswer = true
  }

  get hasEmptyAnswer(): boolean {
    return this.#hasEmptyAnswer
  }

  /** Sets whether the instrumentation declares its input plain text. */
  setInputText(isText: boolean): void {
    this.#isInputText = isText
  }

  setOutputText(isText: boolean): void {
    this.#isOutputText = isText
  }

  get isInputText(): boolean {
    return this.#isInputText
  }

  get isOutputText(): boolean {
    return this.#isOutputText
  }

  /** The messages of span events or of a log record. */
  get eventInput(): Message[] {
    return this.#eventInput
  }

  get eventOutput(): Message[] {
    return this.#eventOutput
  }

  get eventSystem(): Part[] {
    return this.#eventSystem
  }

  get eventDocuments(): Document[] {
    return this.#eventDocuments
  }

  get detailLists(): DetailList[] {
    return this.#detailLists
  }

  /** Remembers the rank of the messages' source, because messages of span events may be better. */
  setRank(field: number, rank: number): void {
    if (field === R.input_messages) this.#inputRank = rank
    else if (field === R.output_messages) this.#outputRank = rank
    else if (field === R.system_instructions) this.#systemRank = rank
  }

  /** The rank of the rule that filled messages or instructions. 0 if none did. */
  rankOf(field: number): number {
    if (field === R.input_messages) return this.#inputRank
    return field === R.output_messages ? this.#outputRank : this.#systemRank
  }

  /** Sets the finish reasons in canonical output messages: their number, and the range of the last one. */
  setReasons(count: number, off: number, len: number): void {
    this.#reasonCount = count
    this.#reasonOff = off
    this.#reasonLen = len
  }

  /** -1 means unknown. */
  get reasonCount(): number {
    return this.#reasonCount
  }

  get reasonOff(): number {
    return this.#reasonOff
  }

  get reasonLen(): number {
    return this.#reasonLen
  }
}
