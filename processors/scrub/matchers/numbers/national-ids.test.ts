// Numbers of persons behind their names, phone numbers in national forms, and what only looks like them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTextScrubber } from '../../index.ts'

const scrubber = createTextScrubber()

/** `«V»` marks what must go. All are examples of the states or made for this test. */
function mustFind(type: string, texts: readonly string[]): void {
  for (const marked of texts) {
    const text = marked.replaceAll(/[«»]/g, '')
    const wanted = marked.replaceAll(/«[^»]*»/g, `[REDACTED:${type}]`)
    assert.equal(scrubber.scrub(text).text, wanted)
  }
}

function mustKeep(texts: readonly string[]): void {
  for (const text of texts) assert.equal(scrubber.scrub(text).text, text)
}

test('numbers of persons go where their name stands before them and their check digits hold', () => {
  mustFind('national_id', [
    'Aadhaar: «2341 2341 2346»',
    'PESEL «44051401359»',
    'BSN: «111222333»',
    'Steuer-ID: «86095742719»',
    'Steueridentifikationsnummer «47 036 892 816»',
    'SIN number «046 454 286»',
    'TFN «123 456 782»',
    'n° sécu : «2 55 08 14 168 025 38»',
    'AHV-Nummer «756.9217.0769.85»',
    'AHV «756.9217.0769.85»',
    'codice fiscale «RSSMRA85T10A562S»',
    'CURP: «HEGG560427MVZRRL04»',
    '身份证号«11010519491231002X»',
    'personnummer «811218-9876»',
    'NRIC «S1234567D»',
    'dni «12345678Z»',
    'NIE: «X1234567L»',
    '{"cpf":"«52998224725»"}',
    'CPF do cliente: «529.982.247-25»',
    'National Insurance number: «AB 12 34 56 C»',
  ])
})

test('other numbers behind such a word stay', () => {
  mustKeep([
    'aadhaar 1234 5678 9012',
    'PESEL 44051401358',
    'BSN: 111222334',
    'Steuer-ID: 86095742718',
    'SIN number 046 454 287',
    'cpf 529.982.247-26',
    'dni 12345678A',
    'nie ma 123 456 z',
    'the cpf of the model is 0.98',
    'sin: 0.84147, cos: 0.5403',
    'codice fiscale mancante, 3 tentativi',
    'TFN 123 456 789',
  ])
})

test('phone numbers in the forms of their countries go behind a word that says so', () => {
  mustFind('phone', [
    'Sie erreichen mich unter «0151 84621633» oder per Mail',
    'Mi teléfono es «612 468 522» y nada más',
    'Meu celular é «(11) 94229-5147», pode ligar',
    'Ligue para «(21) 3229-5147»',
    'Bel me op «06-19089465» aub',
    'Natel «079 269 51 78», Konto folgt',
    'Telefon: «0221 / 5632331»',
    'Tel.: «030/1234567»',
    'Min mobil är «070-205 13 18»',
    'Mon numéro : «07 36 68 28 36»',
    'тел. «8 916 123-45-67», звоните',
  ])
})

test('groups of digits that are no phone number stay', () => {
  mustKeep([
    'Hotel. 0123 456',
    'order (11) 12345-1234',
    'Artikel 079 269 51 78',
    'size 612 468 522 bytes',
    'numéro de commande 4711',
    'mobile-first design, 320 480 768 1024',
    'Telefon seit 01.02.2026 gesperrt',
  ])
})

test('a public key stays, whatever stands behind its prefix', () => {
  mustKeep([
    `pk_live_51${'VbaWEKiUrTpMmMHSXDm3ekj4rXtxfxxpCbqKmWhj'}`,
    `stripe publishable pk_test_${'7V1NUtJlNyaxXpn8I7gcU0i8'}`,
  ])
})

test('the secret beside the account id in a call goes', () => {
  const [id, secret] = ['6f3aa3c1b7e525cc5d5ef50a97fe8ab3', 'ffc1497040dd83c0d75051830851d44a']
  for (const call of [
    `new Twilio\\Rest\\Client("AC${id}", "${secret}");`,
    `client = twilio.rest.Client('AC${id}', '${secret}')`,
  ])
    assert.ok(!scrubber.scrub(call).text.includes(secret), call)
})
