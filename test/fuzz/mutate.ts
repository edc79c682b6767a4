// Damages an input in the ways that parsers often get wrong. The dice determine the damage.

import type { Dice } from '../../bench/traffic/random.ts'

/** Bytes at the limits of lengths, varints and character encodings. */
const EDGE_BYTES = [
  0x00, 0x01, 0x7f, 0x80, 0xbf, 0xc0, 0xe2, 0xed, 0xf4, 0xfe, 0xff, 0x0a, 0x22, 0x5c,
]
/** Characters with a meaning in some format, and values that other parsers are known to fail on. */
const TOKENS = [
  '{', '}', '[', ']', '"', '\\', '\\u0000', '\\ud800', ':', ',', '\n', '\r\n', '\u0000', '\u202e', '\ufeff', 'null', 'true',
  '-', '1e999', '-0', '0x10', '18446744073709551616', '9007199254740993', 'NaN', '__proto__', 'constructor', '${env:HOME}',
  '%00', '\u{1f600}', '&a', '*a', '!!binary', '---', '\t', 'gen_ai.usage.input_tokens', 'traceId', 'resourceSpans', '@', '=',
].map((text) => Buffer.from(text)) // biome-ignore format: a table
const RUN_MAX = 64
const REPEAT_MAX = 200

type Mutation = (bytes: Buffer, at: number, dice: Dice, other: Buffer) => Buffer

const replaced = (bytes: Buffer, at: number, gone: number, added: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(Math.min(bytes.length, at + gone))])

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, at, dice) {
    const byte = (bytes[at] ?? 0) ^ (1 << dice.int(0, 7))
    return replaced(bytes, at, 1, Uint8Array.of(byte))
  },
  function setEdgeByte(bytes, at, dice) {
    return replaced(bytes, at, 1, Uint8Array.of(dice.pick(EDGE_BYTES)))
  },
  function addToByte(bytes, at, dice) {
    return replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) + dice.int(-3, 3)))
  },
  function deleteRun(bytes, at, dice) {
    return replaced(bytes, at, dice.int(1, RUN_MAX), new Uint8Array())
  },
  function insertToken(bytes, at, dice) {
    return replaced(bytes, at, 0, dice.pick(TOKENS))
  },
  function overwriteWithToken(bytes, at, dice) {
    const token = dice.pick(TOKENS)
    return replaced(bytes, at, token.length, token)
  },
  function repeatRun(bytes, at, dice) {
    const run = bytes.subarray(at, at + dice.int(1, RUN_MAX))
    const times = dice.chance(0.9) ? dice.int(1, 4) : dice.int(1, REPEAT_MAX)
    return replaced(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => run)))
  },
  function copyFromElsewhere(bytes, at, dice) {
    const from = dice.int(0, bytes.length)
    return replaced(
      bytes,
      at,
      dice.int(0, RUN_MAX),
      bytes.subarray(from, from + dice.int(1, RUN_MAX)),
    )
  },
  function cutOff(bytes, at) {
    return bytes.subarray(0, at)
  },
  function joinOther(bytes, at, dice, other) {
    return Buffer.concat([bytes.subarray(0, at), other.subarray(dice.int(0, other.length))])
  },
  function randomRun(bytes, at, dice) {
    const run = Uint8Array.from({ length: dice.int(1, 16) }, () => dice.int(0, 255))
    return replaced(bytes, at, run.length, run)
  },
]

const MUTATIONS_MAX = 6

/** One of the inputs, damaged in one to six places, or occasionally unchanged. */
export function mutated(inputs: readonly Buffer[], dice: Dice, bytesMax: number): Buffer {
  let bytes = dice.pick(inputs)
  const times = dice.chance(0.02) ? 0 : dice.int(1, MUTATIONS_MAX)
  for (let i = 0; i < times; i++) {
    const at = dice.int(0, Math.max(0, bytes.length - 1))
    bytes = dice.pick(MUTATIONS)(bytes, at, dice, dice.pick(inputs))
  }
  return bytes.length > bytesMax ? bytes.subarray(0, bytesMax) : bytes
}
