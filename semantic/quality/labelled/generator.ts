// Generates labelled texts from templates: for each check, pairs of a faulty and a clean text that differ in one planted fault. The same
// seed gives the same texts, so only the generator is committed.

import { exchangeFrom, type Label, type Spoken } from './label.ts'
import { seededRandom } from './seeded-random.ts'

type Pick = <T>(list: readonly T[]) => T
interface Twins {
  readonly fault: Spoken
  readonly clean: Spoken
}

const THINGS = [
  'the invoice',
  'my subscription',
  'the dishwasher',
  'this contract',
  'a holiday in Crete',
  'the spreadsheet',
  'our database',
  'the old bicycle',
] as const
const WISHES = [
  'write a poem about',
  'explain',
  'summarise',
  'compare offers for',
  'plan',
  'find mistakes in',
  'draft a letter about',
  'estimate the cost of',
] as const
const FACTS = [
  'It is best to begin with the parts that are easy to see.',
  'Most people need about an hour for this.',
  'The first step is to collect everything in one place.',
  'After that the rest is a matter of patience.',
  'A second pair of eyes finds what the first one missed.',
  'Keep a copy before you change anything.',
] as const
const DECLINED = [
  "I'm sorry, but I can't help with that.",
  'I cannot assist with this request.',
  'I am unable to provide information on that topic.',
  'Unfortunately, I am not able to create that content.',
  'As an AI language model, I cannot fulfil this request.',
  "I won't be able to do this. I can't share details like that.",
  'I must decline this request.',
  'This request is against my guidelines.',
] as const
const NEAR_DECLINED = [
  'You cannot undo this later, so keep a copy.',
  'I would not wait: the offer ends on Friday.',
  'The shop is unable to deliver on Sundays.',
  'Nobody can help with the old model, but the new one is easy.',
] as const
const COMPLAINTS = [
  "That's not right.",
  'This is wrong, try again.',
  "You didn't answer my question.",
  "That doesn't work at all.",
  'No, I asked for something else. You are not listening.',
  'I already said that this is not what I need.',
  'Your answer is incorrect.',
  'This is a waste of time.',
] as const
const FOLLOW_UPS = [
  'Great, and what comes after that?',
  'Thanks! Could you make it shorter?',
  'Which of these is the cheapest?',
  'And how long does it take?',
  'Please add a part about insurance.',
  'Can you give me an example?',
] as const
const LANGUAGES: readonly { readonly ask: string; readonly answer: string }[] = [
  {
    ask: 'How can I change the address of my order, and when will it be sent?',
    answer: 'You can change it in the settings as long as the order has not been sent.',
  },
  {
    ask: 'Wie kann ich die Adresse von meinem Auftrag ändern, und wann wird er verschickt?',
    answer: 'Sie können sie in den Einstellungen ändern, solange der Auftrag nicht verschickt ist.',
  },
  {
    ask: 'Comment est-ce que je peux changer mon adresse, et quand est-ce que vous envoyez le colis ?',
    answer: 'Vous pouvez la changer dans les réglages, mais pas après que le colis est parti.',
  },
  {
    ask: '¿Cómo puedo cambiar la dirección de mi pedido y cuándo está en camino?',
    answer: 'Puede cambiarla en su cuenta, pero no cuando el pedido está en camino.',
  },
]
const PLACES = ['Oslo', 'Porto', 'Leeds', 'Graz', 'Turku', 'Ghent'] as const
const PRODUCTS = ['sofa', 'kettle', 'tent', 'lamp', 'scooter', 'blender'] as const
const ALIEN = [
  'Astronauts train underwater because buoyancy resembles weightlessness during missions.',
  'Medieval guilds regulated apprenticeships, wages and quality across several towns.',
  'Photosynthesis converts sunlight into chemical energy inside chloroplasts.',
] as const

const paragraph = (pick: Pick, n: number): string =>
  Array.from({ length: n }, () => pick(FACTS)).join(' ')

/** Returns the sentences in random order, so that no sentence occurs twice in a row. */
const prose = (pick: Pick): string => {
  const first = pick(FACTS)
  return [first, ...FACTS.filter((f) => f !== first).slice(0, 3)].join(' ')
}

const MAKERS: Readonly<Record<string, (pick: Pick, n: number) => Twins>> = {
  refusal: (pick) => {
    const ask = `Please ${pick(WISHES)} ${pick(THINGS)}.`
    return {
      fault: { ask, answer: pick([pick(DECLINED), `${pick(DECLINED)} ${pick(FACTS)}`]) },
      clean: { ask, answer: `${pick([pick(NEAR_DECLINED), pick(FACTS)])} ${prose(pick)}` },
    }
  },
  truncation: (pick, n) => {
    const whole = prose(pick)
    const at = 40 + (n % 50)
    const broken = `${whole.slice(0, whole.indexOf(' ', at))} and the`
    return {
      fault: pick([
        { answer: whole, finish: 'length' },
        { answer: broken, finish: 'stop' },
      ]),
      clean: { answer: whole, finish: pick(['stop', 'end_turn']) },
    }
  },
  repetition: (pick) => {
    const line = `${pick(FACTS)} `
    return {
      fault: { answer: `${pick(FACTS)} ${line.repeat(pick([4, 5, 8]))}` },
      clean: { answer: prose(pick) },
    }
  },
  language_switch: (pick) => {
    const one = pick(LANGUAGES)
    const other = pick(LANGUAGES.filter((l) => l !== one))
    return { fault: { ask: one.ask, answer: other.answer }, clean: one }
  },
  format_violation: (pick) => {
    const ask = `${pick(WISHES)} ${pick(THINGS)}. ${pick(['Respond only with JSON.', 'Return a JSON object with the keys title and text.', 'Output valid JSON.'])}`
    const text = pick(FACTS)
    return {
      fault: {
        ask,
        answer: pick([
          text,
          `{"title": "${pick(PRODUCTS)}", "text": `,
          `Here is the JSON you asked for: ${text}`,
        ]),
      },
      clean: { ask, answer: JSON.stringify({ title: pick(PRODUCTS), text }) },
    }
  },
  ungrounded: (pick, n) => {
    const price = 50 + ((n * 37) % 400)
    const product = pick(PRODUCTS)
    const place = pick(PLACES)
    const docs = [
      `The ${product} is sold in ${place} for ${price} euros. Delivery takes ${12 + (n % 9)} days, and the warranty lasts 36 months. It can be returned within ${20 + (n % 10)} days.`,
      `Customers in ${place} may pay by card or by bank transfer. The shop is closed on public holidays.`,
    ]
    const ask = `What does the ${product} cost in ${place}?`
    const truth = `The ${product} is sold for ${price} euros in ${place}. `
    return {
      fault: {
        docs,
        ask,
        answer: pick([
          `The ${product} is sold for ${price + 17} euros in ${place}.`,
          `${truth}The warranty lasts 60 months.`,
          `${pick(ALIEN)} ${pick(ALIEN)}`,
        ]),
      },
      clean: {
        docs,
        ask,
        answer: `${truth}${pick(['Customers may pay by card.', 'The warranty lasts 36 months.', 'The shop is closed on public holidays.', 'Let me know if you need more.'])}`,
      },
    }
  },
  user_frustration: (pick) => {
    const ask = `Could you ${pick(WISHES)} ${pick(THINGS)} for me today?`
    const before = [ask, paragraph(pick, 2)]
    return {
      fault: {
        before,
        ask: pick([
          pick(COMPLAINTS),
          `${pick(COMPLAINTS)} ${ask}`,
          ask.replace('Could you', 'Can you please'),
        ]),
        answer: pick(FACTS),
      },
      clean: { before, ask: pick(FOLLOW_UPS), answer: pick(FACTS) },
    }
  },
}

/** Generates `pairs` faulty and as many clean texts for each check. */
export function generated(seed: number, pairs: number): readonly Label[] {
  return Object.entries(MAKERS).flatMap(([check, make]) => {
    const random = seededRandom(`${seed} ${check}`)
    const pick: Pick = (list) => list[Math.floor(random() * list.length)] as (typeof list)[number]
    return Array.from({ length: pairs }, (_, n): readonly Label[] => {
      const { fault, clean } = make(pick, n)
      const origin = 'template' as const
      return [
        { check, isFault: true, origin, exchange: exchangeFrom(fault) },
        { check, isFault: false, origin, exchange: exchangeFrom(clean) },
      ]
    }).flat()
  })
}
