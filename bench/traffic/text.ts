// Text for prompts, answers and tool results, varied enough that compression and scanning behave as with real text. It
// contains no mail address, key or card number; those are planted separately and listed.

import type { Dice } from './random.ts'

export type Language = 'en' | 'de' | 'fr' | 'pl' | 'ja' | 'zh' | 'ru' | 'ar' | 'emoji'

/** Languages that are not ASCII. One trace in ten uses one of them. */
export const OTHER_LANGUAGES: readonly Language[] = [
  'de',
  'fr',
  'pl',
  'ja',
  'zh',
  'ru',
  'ar',
  'emoji',
]

const WORDS = `
account action address advice agent agreement allow already alternative although amount
analysis announce answer apply approve approximate archive argument arrange article aside
assign assume attach attempt audience author automatic available average avoid balance
bargain basic because before begin behaviour believe benefit between beyond billing binary
block board border borrow both bottom branch bridge brief bring broad browser budget build
bundle business button cache calculate calendar call campaign cancel capacity careful carry
category cause certain chain challenge change channel chapter charge check choose circle
claim clean clear client close cloud cluster collect colour column combine comfort command
comment common company compare complain complete complex compute concern condition confirm
connect consider consist constant contact contain content context continue contract control
convert cookie copy correct cost count country couple course cover create credit critical
current custom customer cycle daily damage danger data date deadline deal debug decade
decide deep default define degree delay delete deliver demand depend deploy describe design
desk detail detect develop device differ digital direct disable discover discuss display
distance divide document domain double doubt draft drive during early earn east easy edge
edit editor effect effort either element email emerge empty enable encode encourage energy
engine enough ensure enter entire entry environment equal error escape estimate even event
evidence exact example except exchange exclude execute exist expand expect expensive
experience expert explain explore export extend extra extract factor fail fair familiar fast
fault feature fetch field figure file filter final finance find finish first fix flag
flexible flight flow focus follow force forecast forget form forward fraction frame free
freight frequent fresh front full function further future gain gather general generate give
global goal grade grant graph great group grow growth guess guide half handle happen hard
harvest head health heavy height help hidden high history hold holiday host hour however
huge human idea identify ignore image impact import important improve include income
increase index indicate industry inform initial input inside insist install instance instead
insure intend interest internal invite invoice involve island issue item join journey judge
jump keep kernel keyword kind label language large last late latency layer lead learn lease
leave ledger legal length less letter level library licence light limit line link list
little load local locate logic long loop lower machine main maintain major make manage
manual many margin market match matter maximum maybe meaning measure medium meeting member
memory mention menu merge message method middle might migrate minimum minor minute mirror
miss mixed mobile model modern module moment money monitor month more morning most motion
mount move much multiple narrow nation native nature near necessary need neither network
never normal north notice notify number object observe obtain obvious occur offer office
often online only open operate opinion option orange order ordinary organise origin other
outcome output outside over owner pack page panel paper parameter parcel parse part partial
partner party pass patch path pattern pause payment people percent perform perhaps period
permit person phase phone photo phrase pick picture piece pipeline place plan platform play
please plenty plug point policy pool popular position possible post potential power practice
predict prefer prepare present press prevent previous price primary print prior private
prize probably problem procedure process produce product profile profit program progress
project promise prompt proof propose protect provide public publish purchase purpose push
qualify quality quarter query question queue quick quiet quite quote radio raise random
range rapid rate rather ratio reach react read ready reason receipt receive recent record
recover reduce refer reflect refund refuse region register regular reject relate release
relevant rely remain remember remind remote remove rename render renew rent repair repeat
replace reply report request require rescue reserve reset resolve resource respond rest
result retail retain retry return reveal revenue review revise reward right rise river road
role roll room root rough round route routine sale same sample satisfy save scale scan scene
schedule schema scope score screen script search season seat second section secure segment
select sell send senior sense separate sequence series serious serve session settle several
severe shadow shape share sheet shift ship short should show shut side sign silent similar
simple since single site size skill skip slice slight slow small smart smooth social soft
solid solution some soon sort source south space speak special specific speed spend split
spread square stable staff stage standard start state station status stay steady step still
stock stop store storm story straight strange strategy stream street stress strict strong
structure student study style subject submit succeed such sudden suggest suit summary supply
support suppose sure surface survey suspend switch symbol system table target task teach
team temporary tenant term test text thank theme theory thick thin thing think thread
through ticket tight time title today together token tomorrow tool topic total touch tour
toward trace track trade traffic train transfer transform translate transport travel treat
trend trial trigger trouble trust turn type typical under unique unit unless until update
upgrade upload upper urgent usage useful user usual valid value variable vendor verify
version very video view virtual visit voice volume vote wait walk want warehouse warning
watch water weather week weight welcome west whether while whole wide window winter wire
within without wonder word work world worry worth write wrong year yesterday yield zone
`
  .trim()
  .split(/\s+/)
const FIGURES: readonly ((d: Dice) => string)[] = [
  (d) => `${d.int(2, 900)} ms`,
  (d) => `${d.int(1, 99)}.${d.int(0, 9)} %`,
  (d) => `${d.int(1, 9)},${d.int(100, 999)}.${d.int(10, 99)} USD`,
  (d) => `2026-${String(d.int(1, 12)).padStart(2, '0')}-${String(d.int(1, 28)).padStart(2, '0')}`,
  (d) => `v${d.int(1, 9)}.${d.int(0, 30)}.${d.int(0, 9)}`,
  (d) => `INC-${d.int(1000, 99_999)}`,
  (d) => `section ${d.int(1, 12)}.${d.int(1, 9)}`,
]

const SENTENCES: Readonly<Record<Exclude<Language, 'en'>, readonly string[]>> = {
  de: [
    'Die Rechnung für März wurde doppelt gebucht, könnten Sie das bitte prüfen?',
    'Natürlich: der Betrag über 1.249,90 € wird zurückerstattet.',
    'Größere Änderungen müssen vorher mit der Geschäftsführung abgestimmt werden.',
    'Für Rückfragen während der Öffnungszeiten stehen wir gerne zur Verfügung.',
  ],
  fr: [
    'Le délai de livraison a été dépassé à cause de la grève générale.',
    'Où puis-je télécharger le relevé détaillé de l’année passée ?',
    'Voilà un résumé : le contrat a été signé, puis annulé le même jour.',
    'Nous vous rappelons que la période d’essai s’achève bientôt.',
  ],
  pl: [
    'Zamówienie zostało wysłane wczoraj, ale śledzenie przesyłki nie działa.',
    'Proszę o krótkie podsumowanie rozmowy i dalsze wskazówki.',
    'Błąd pojawia się tylko wtedy, gdy użytkownik zmieni język aplikacji.',
  ],
  ja: [
    '請求書の合計金額が先月と異なる理由を教えてください。',
    'ご注文は東京の倉庫から発送され、明日の午前中に届く予定です。',
    '設定を変更した後、検索の結果が表示されなくなりました。',
    '要約：契約は更新されましたが、料金プランは変わっていません。',
  ],
  zh: [
    '请帮我总结一下这份季度报告的主要结论。',
    '退款会在五个工作日内退回到原来的付款方式。',
    '由于网络不稳定，昨晚的数据导出任务失败了三次。',
    '根据检索到的文档，这个功能只在企业版中提供。',
  ],
  ru: [
    'Почему отчёт за третий квартал не совпадает с данными биллинга?',
    'Краткий ответ: лимит запросов был увеличен только для новых клиентов.',
    'Ошибка повторяется при каждом обновлении поискового индекса.',
  ],
  ar: [
    'لماذا تأخر وصول الطلب رغم أن حالة الشحن تقول إنه في الطريق؟',
    'يمكنك تغيير خطة الاشتراك من صفحة الإعدادات في أي وقت.',
    'الملخص: تمت الموافقة على الطلب وسيتم إرسال التأكيد قريبا.',
  ],
  emoji: [
    'Thanks a lot 🙏 the fix works on my machine 🎉 and on staging ✅',
    'It fails again 😕 — see the third step of the guide → “Import data” …',
    'Ship it 🚀, but keep the naïve café example in the docs ☕',
  ],
}

/** Text of about `bytes` bytes of UTF-8. */
export function prose(dice: Dice, language: Language, bytes: number): string {
  let out = ''
  let size = 0
  while (size < bytes) {
    const next = language === 'en' ? sentence(dice) : dice.pick(SENTENCES[language])
    out += size === 0 ? next : ` ${next}`
    size += Buffer.byteLength(next) + 1
  }
  return out
}

function sentence(dice: Dice): string {
  const length = dice.int(6, 17)
  let text = ''
  for (let i = 0; i < length; i++) {
    const word = dice.chance(0.06) ? dice.pick(FIGURES)(dice) : dice.pick(WORDS)
    text += i === 0 ? `${(word[0] ?? '').toUpperCase()}${word.slice(1)}` : ` ${word}`
    if (i < length - 1 && dice.chance(0.08)) text += ','
  }
  return `${text}.`
}
