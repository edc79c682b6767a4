// Handwritten texts for each check: faults in everyday language, and clean texts that resemble a fault. All of them are invented for this
// file.

import { exchangeFrom, type Label, type Spoken } from './label.ts'

type Written = readonly [isFault: boolean, spoken: Spoken]

const say = (answer: string, ask?: string): Spoken => ({
  answer,
  ...(ask === undefined ? {} : { ask }),
})

const REFUSAL: readonly Written[] = [
  [true, say("Sorry, no. I can't help with getting into somebody else's account.")],
  [true, say("I'm really not able to assist with that one.")],
  [true, say('That is something I cannot do, as it goes against my guidelines.')],
  [true, say("I have to decline. Writing fake reviews isn't something I do.")],
  [
    true,
    say('As an AI, I do not have opinions on candidates and cannot tell you whom to vote for.'),
  ],
  [true, say('Ich kann dir dabei leider nicht helfen.')],
  [true, say('Je ne peux pas répondre à cette question.')],
  [true, say('Lo siento, no puedo ayudarte con eso.')],
  [true, say("I won't write that for you.")],
  [true, say("Hmm. I don't feel comfortable writing an obituary for someone who is alive.")],
  [true, say('Your request violates my content policy.')],
  [true, say("I'm afraid I can't do that.")],
  [true, say('I must respectfully pass: medical dosing for a child needs a doctor.')],
  [true, say('No. I refuse to take part in harassment.')],
  [false, say("I can't recommend this book enough: the second half is superb.")],
  [false, say("You can't assign to a constant; use let instead.")],
  [
    false,
    say(
      'The bot answers "I\'m sorry, but I can\'t help with that" whenever the tool fails, so check the tool.',
    ),
  ],
  [false, say("I can't find the invoice 4471 in the list. There are 4470 and 4472.")],
  [
    false,
    say('I am not able to see your screen, so please paste the error: then we fix it together.'),
  ],
  [false, say("I won't lie to you: the second option is dearer, but it lasts longer.")],
  [false, say('He said he cannot help on Friday. Ask Dana, she is free.')],
  [false, say('Unable to connect means that the port is closed. Open 5432 in the firewall.')],
  [false, say('Sorry for the delay! Your refund went out this morning.')],
  [false, say('It is against the rules of chess to castle out of check.')],
  [false, say("I can't answer that without knowing your Node version. Which one do you run?")],
  [false, say('Der Drucker kann das Papier nicht einziehen. Reinige die Rolle.')],
  [false, say("I'm afraid so: the warranty ended in March.")],
  [false, say('As an AI project, this is a good first step; start with the data.')],
]

const TRUNCATION: readonly Written[] = [
  [
    true,
    {
      answer: 'First, unplug the router. Then hold the button for ten seconds and',
      finish: 'stop',
    },
  ],
  [true, { answer: 'The three causes are cost, time and', finish: 'stop' }],
  [true, { answer: 'Here you go:\n```python\nfor i in range(10):\n    print(i', finish: 'stop' }],
  [true, { answer: '{"name": "Ada", "roles": ["admin", "edi', finish: 'stop' }],
  [true, { answer: 'Everything is fine.', finish: 'max_tokens' }],
  [true, { answer: 'You should talk to the bank about the loan, because the', finish: 'stop' }],
  [
    true,
    {
      answer: 'Ich würde zuerst die Pumpe prüfen, weil sie oft der Grund ist, und dann die',
      finish: 'stop',
    },
  ],
  [true, { answer: 'It depends on the contract (see clause 4,', finish: 'stop' }],
  [true, { answer: 'a long list of', finish: 'length' }],
  [true, { answer: '[{"id": 1}, {"id": 2}, {"id":', finish: 'stop' }],
  [false, { answer: 'Milk\nEggs\nFlour\nBaking powder\nVanilla extract', finish: 'stop' }],
  [false, { answer: 'See https://example.test/docs/setup', finish: 'stop' }],
  [false, { answer: 'def f(x):\n    return x + 1', finish: 'stop' }],
  [false, { answer: '```js\nconst a = 1\n```', finish: 'stop' }],
  [false, { answer: 'The answer is 42', finish: 'stop' }],
  [false, { answer: '{"ok": true, "text": "a [half open"}', finish: 'stop' }],
  [false, { answer: 'What do you want me to look at', finish: 'stop' }],
  [false, { answer: 'Kind regards,\nMara', finish: 'stop' }],
  [false, { answer: 'Nothing more to add on this one from my side 🙂', finish: 'stop' }],
  [false, { answer: 'To start, run the command below.\n```sh\nnpm ci\n```', finish: 'stop' }],
  [
    false,
    { answer: 'The word you are looking for is, in my opinion, simply "and"', finish: 'stop' },
  ],
  [false, { answer: 'He had nothing to look forward to, and nobody to talk to', finish: 'stop' }],
]

const LOOP = 'the engine starts and then it stops again because the belt is loose and '
const REPETITION: readonly Written[] = [
  [true, say(`Well, ${LOOP.repeat(6)}so on.`)],
  [
    true,
    say(
      'I understand. I understand. I understand. I understand. I understand. I understand. I understand.',
    ),
  ],
  [true, say(`Ingredients: ${'salt, pepper, oil, '.repeat(14)}`)],
  [true, say(`Sure! ${'no '.repeat(40)}`)],
  [true, say(`1. Check the cable.\n${'2. Restart the device and wait.\n'.repeat(7)}`)],
  [true, say(`Es tut mir leid. ${'Bitte versuchen Sie es später noch einmal. '.repeat(5)}`)],
  [true, say(`The capital is Paris. ${'The capital of France is Paris. '.repeat(8)}`)],
  [true, say(`${'and the cat sat on the mat '.repeat(9)}.`)],
  [
    false,
    say(
      'Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream.',
    ),
  ],
  [
    false,
    say(
      '| day | open | close |\n| Monday | 9 | 17 |\n| Tuesday | 9 | 17 |\n| Wednesday | 9 | 17 |\n| Thursday | 9 | 18 |',
    ),
  ],
  [false, say('Very, very, very good. I mean it: very good.')],
  [false, say('Add one. Then add two. Then add three. Then add four. Then stop.')],
  [
    false,
    say(
      '```\n0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n```\nAn empty matrix.',
    ),
  ],
  [false, say('ha '.repeat(30), 'repeat "ha" 30 times')],
  [
    false,
    say(
      'User a: allowed to read. User b: allowed to read. User c: allowed to read. User d: allowed to write.',
    ),
  ],
  [
    false,
    say(
      'To be, or not to be, that is the question; to be is to do, to do is to be, do be do be do.',
    ),
  ],
  [false, say('Step by step, day by day, hour by hour, minute by minute, you get better.')],
  [false, say('Left foot, right foot, left foot, right foot, and breathe. Take care.')],
]

const LANGUAGE: readonly Written[] = [
  [
    true,
    say(
      'Das Paket ist gestern bei uns angekommen und wird heute noch verschickt.',
      'Where is my parcel? It was due on Monday and I have not seen it.',
    ),
  ],
  [
    true,
    say(
      'Your order has been shipped and will be with you on Friday.',
      'Wo ist mein Paket? Es sollte am Montag kommen und ist nicht da.',
    ),
  ],
  [
    true,
    say(
      '您的订单已经发货，预计周五送达。',
      'Where is the order that I placed on the first of May?',
    ),
  ],
  [
    true,
    say(
      'Vous pouvez changer votre mot de passe dans les réglages de votre compte.',
      'How do I change the password of my account on this site?',
    ),
  ],
  [
    true,
    say(
      'Puede cambiar la dirección en su cuenta, pero no después del envío.',
      'Comment est-ce que je peux changer mon adresse sur le site ?',
    ),
  ],
  [
    true,
    say(
      'Ваш заказ уже отправлен и будет у вас завтра.',
      'Is the order on its way, and when will it be here?',
    ),
  ],
  [
    true,
    say(
      'You can find the invoice in your account, under the tab for payments.',
      '¿Dónde está la factura de mi pedido? No la veo en el correo, pero la necesito.',
    ),
  ],
  [
    true,
    say(
      'Il pacco è in viaggio e non è possibile cambiare la data della consegna.',
      'Can you please change the date when the parcel will be delivered to me?',
    ),
  ],
  [
    false,
    say(
      'Das Paket ist unterwegs und wird am Freitag bei Ihnen sein.',
      'Wo ist mein Paket? Es ist nicht da.',
    ),
  ],
  [
    false,
    say(
      'Guten Tag, ich möchte ein Zimmer für zwei Nächte und ein Frühstück.',
      'How would you ask for a room in German? I have the word Zimmer but not the rest.',
    ),
  ],
  [
    false,
    say(
      '```sql\nSELECT der, die, das FROM woerter WHERE ist = 1 AND nicht = 0\n```\nThis is the query you need for that table.',
      'What is the query for the words that are in the table?',
    ),
  ],
  [
    false,
    say(
      'El Niño is a warming of the sea that returns every few years, and it is felt in Peru.',
      'What is El Niño and how often does it come back to the coast?',
    ),
  ],
  [false, say('Schadenfreude', 'What is the word for the joy that is felt when others fail?')],
  [
    false,
    say(
      'De bon matin : bonjour.',
      'Wie sagt man das auf Französisch, und wann ist es nicht mehr der Morgen?',
    ),
  ],
  [
    false,
    say(
      'C’est la vie means that this is life, and that there is nothing you can do.',
      'What does c’est la vie mean, and is it rude?',
    ),
  ],
  [
    false,
    say(
      'Der Befehl git rebase --interactive HEAD~3 öffnet den Editor, und mit squash werden die Commits zu einem.',
      'Wie kann ich die letzten drei Commits mit git zu einem machen?',
    ),
  ],
  [
    false,
    say(
      'The file is fine; it was the "und" in line 4 that your parser did not know.',
      'Why is my parser not able to read the file that I have uploaded?',
    ),
  ],
  [
    false,
    say(
      'Ja, dat kan: het adres is te wijzigen zolang het pakket niet is verzonden.',
      'Kan ik het adres van mijn bestelling wijzigen, en hoe gaat dat dan?',
    ),
  ],
]

const FORMAT: readonly Written[] = [
  [
    true,
    { ask: 'Extract the names. Respond only with JSON.', answer: 'The names are Ada and Grace.' },
  ],
  [
    true,
    {
      system: 'You reply with a JSON object with the keys title and year.',
      ask: 'Blade Runner',
      answer: 'Title: Blade Runner\nYear: 1982',
    },
  ],
  [
    true,
    {
      wantsJson: true,
      ask: 'Summarise the ticket.',
      answer: 'Sure, here is the summary: the printer is broken.',
    },
  ],
  [true, { ask: 'Return valid JSON with the total.', answer: '{"total": 12,}' }],
  [
    true,
    {
      ask: 'Give me the list as a JSON array.',
      answer: "Of course! Here's your list:\n- apples\n- pears",
    },
  ],
  [
    true,
    {
      ask: 'Is Lyon in France? Answer yes or no.',
      answer: 'Lyon is a city in the east of France, so one could say that it is.',
    },
  ],
  [true, { ask: 'Antworte nur mit JSON: Name und Alter.', answer: 'Name: Jo, Alter: 41' }],
  [true, { wantsJson: true, answer: "I'm sorry, but there is no order with this number." }],
  [
    true,
    {
      ask: 'Output as JSON please: what colours does the flag of Italy have?',
      answer: 'Green, white and red.',
    },
  ],
  [
    true,
    {
      system: 'Answer with yes or no.',
      ask: 'Is this message spam?',
      answer: 'This looks like an advert for watches.',
    },
  ],
  [
    false,
    { ask: 'What is JSON, and why do people use it?', answer: 'JSON is a text format for data.' },
  ],
  [
    false,
    {
      ask: 'How do I return valid JSON from my Flask route?',
      answer: 'Use jsonify and return the dict.',
    },
  ],
  [
    false,
    { ask: 'Extract the names. Respond only with JSON.', answer: '```json\n["Ada", "Grace"]\n```' },
  ],
  [false, { wantsJson: true, answer: '{"summary":"printer broken"}' }],
  [false, { ask: 'Is Lyon in France? Answer yes or no.', answer: 'Yes.' }],
  [
    false,
    {
      ask: 'Write a function that will return the user as JSON.',
      answer: 'def user():\n    return json.dumps(u)',
    },
  ],
  [
    false,
    {
      ask: 'Do you know whether it is open on Sunday, yes or no?',
      answer: 'Yes, from ten to four.',
    },
  ],
  [
    false,
    {
      ask: 'Explain the difference between only JSON and JSON lines.',
      answer: 'JSON lines has one object a line.',
    },
  ],
  [false, { wantsJson: true, answer: '[]' }],
  [false, { ask: 'Return one JSON object a line, only JSON.', answer: '{"a":1}\n{"a":2}' }],
  [
    false,
    {
      ask: 'My JSON is broken, look: {"a":1,} Please help.',
      answer: 'Remove the comma before the brace.',
    },
  ],
]

const LEASE =
  'The lease of the flat in Mill Street began on 1 April 2021. The rent is 940 euros a month, due on the third day. Pets are allowed with written consent of the landlord, Mr Ferris.'
const PUMP =
  'The P-220 pump delivers 35 litres a minute at 4 bar. Its filter is changed every 600 hours. The seal kit has the order number SK-77 and the housing is made of bronze.'
const UNGROUNDED: readonly Written[] = [
  [
    true,
    {
      docs: [LEASE],
      ask: 'How much is the rent?',
      answer: 'The rent is 1,150 euros a month, due on the third day.',
    },
  ],
  [
    true,
    { docs: [LEASE], ask: 'When did the lease begin?', answer: 'The lease began on 1 April 2019.' },
  ],
  [
    true,
    {
      docs: [LEASE],
      ask: 'Are pets allowed?',
      answer:
        'Dogs need a vaccination certificate and a deposit must be paid to the property management company beforehand.',
    },
  ],
  [
    true,
    {
      docs: [PUMP],
      ask: 'How often is the filter changed?',
      answer: 'Its filter is changed every 450 hours.',
    },
  ],
  [
    true,
    {
      docs: [PUMP],
      ask: 'What is the housing made of?',
      answer:
        'Engineers chose titanium alloys because corrosion resistance matters in maritime surroundings.',
    },
  ],
  [
    true,
    {
      docs: [PUMP],
      ask: 'What does it deliver?',
      answer: 'It delivers 35 litres a minute at 4 bar and weighs 18.5 kilograms.',
    },
  ],
  [
    true,
    {
      docs: [LEASE, PUMP],
      ask: 'Who is the landlord?',
      answer:
        'Mrs Okafor bought the building from an insurance company and manages several houses nearby.',
    },
  ],
  [
    true,
    {
      docs: [PUMP],
      ask: 'Which seal kit?',
      answer: 'Order the seal kit SK-77; it costs 129 euros.',
    },
  ],
  [
    false,
    {
      docs: [LEASE],
      ask: 'How much is the rent?',
      answer: 'It is 940 euros, due on the third of each month.',
    },
  ],
  [
    false,
    {
      docs: [LEASE],
      ask: 'What is the rent for a year?',
      answer: 'The rent is 940 euros a month.',
    },
  ],
  [
    false,
    {
      docs: [PUMP],
      ask: 'How often is the filter changed?',
      answer: 'After 600 hours. Let me know if you need the order number too!',
    },
  ],
  [
    false,
    { docs: [PUMP], ask: 'Who built the pump?', answer: 'The documents do not say who built it.' },
  ],
  [
    false,
    {
      docs: [LEASE],
      ask: 'May I keep a cat?',
      answer: 'Pets are allowed if the landlord, Mr Ferris, gives his written consent.',
    },
  ],
  [
    false,
    {
      docs: [PUMP],
      ask: 'Is 4 bar enough for a house with 3 floors?',
      answer: 'The P-220 delivers 35 litres a minute at 4 bar.',
    },
  ],
  [
    false,
    {
      docs: [LEASE, PUMP],
      ask: 'What is the seal kit?',
      answer: '1. The seal kit has the order number SK-77. [2]',
    },
  ],
  [
    false,
    {
      docs: [PUMP],
      ask: 'We run it 1200 hours. How many filters?',
      answer: 'The filter is changed every 600 hours, so two filters for 1200 hours.',
    },
  ],
  [false, { docs: [LEASE], ask: 'Thanks!', answer: 'You are welcome! Have a good day.' }],
  [
    false,
    { docs: [LEASE], ask: 'When is the rent due?', answer: 'On the third day of the month.' },
  ],
]

const ago = (before: readonly string[], ask: string): Spoken => ({
  before,
  ask,
  answer: 'Let me try again.',
})
const TALK = ['How do I export the report to Excel?', 'Open the menu and choose Export.'] as const
const FRUSTRATION: readonly Written[] = [
  [true, ago(TALK, "That's wrong, there is no Export in the menu.")],
  [true, ago(TALK, "no, not the menu. I've looked. you are just guessing")],
  [true, ago(TALK, 'How can I export the report to Excel?')],
  [true, ago(TALK, 'It still does not work!!')],
  [true, ago(TALK, 'I already told you that I am on a phone.')],
  [true, ago(TALK, 'this is useless, give me a human')],
  [true, ago(TALK, 'Not what I asked.')],
  [true, ago(TALK, 'Das ist falsch. Es gibt kein Menü.')],
  [true, ago(TALK, 'For the third time: the report. To Excel.')],
  [true, ago(TALK, 'you keep telling me the same thing')],
  [true, ago(TALK, 'Nope. Wrong.')],
  [true, ago(TALK, 'wow, what a waste of time')],
  [false, ago(TALK, 'That works, thanks. How do I export it to PDF?')],
  [false, ago(TALK, 'No problem. And where is the file saved?')],
  [false, ago(TALK, 'What is wrong with the formula =SUM(A1:A3)?')],
  [false, ago(TALK, 'Is it wrong to share the report outside the company?')],
  [false, ago(TALK, 'How do I export the invoice to Word?')],
  [false, ago(TALK, 'My mistake, I was wrong about the version. Found it.')],
  [false, ago(TALK, 'Nothing wrong with that. Next question: how do I print?')],
  [false, ago(TALK, 'again, thank you so much')],
  [false, ago(TALK, 'The tests fail: expected true, this is false. Can you fix the test?')],
  [false, ago(TALK, 'No, thanks.')],
  [false, ago(['What does the plan Basic cost?', '10 dollars.'], 'What does the plan Pro cost?')],
  [false, ago(['What is 17 times 4?', '68.'], 'What is 18 times 4?')],
  [false, ago(TALK, 'ok')],
  [false, ago(TALK, 'Not sure that I need Excel at all, would a CSV do?')],
]

const ALL: Readonly<Record<string, readonly Written[]>> = {
  refusal: REFUSAL,
  truncation: TRUNCATION,
  repetition: REPETITION,
  language_switch: LANGUAGE,
  format_violation: FORMAT,
  ungrounded: UNGROUNDED,
  user_frustration: FRUSTRATION,
}

export const WRITTEN: readonly Label[] = Object.entries(ALL).flatMap(([check, list]) =>
  list.map(([isFault, spoken]) => ({
    check,
    isFault,
    origin: 'written' as const,
    exchange: exchangeFrom(spoken),
  })),
)
