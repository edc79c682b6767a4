// Passwords that guessers try first: a common word with digits, a run of keys, a repetition, the own address. By rule and not by a list of
// all of them, because such lists consist of few words with many endings.

/** In lower case and without digits. Their endings and spellings with digits are found by rule. */
const WORDS: ReadonlySet<string> = new Set(
  `abc access admin administrator adobe amanda america andrew angel angels anthony apple arsenal ashley asshole austin babygirl badboy bailey
  baseball basketball batman beautiful biteme blessed blink brandon buster butterfly carlos changeme charlie cheese chelsea chicken
  chocolate christ computer cookie corvette cowboys daniel default diamond dragon eagles eminem family fender ferrari flower football freedom
  friends fuckyou garfield george ginger guest harley hannah heaven hello hockey hunter iloveyou internet iwantu jasmine jennifer jessica
  jesus jordan joshua justin killer ladies letmein liverpool login london lovely loveme loveyou maggie manager mariposa marlboro
  martin master matrix matthew maverick melissa mercedes michael michelle mickey money monkey monster mother mustang naruto nicole
  ninja observa orange pass passcode passphrase passw password passwort patrick peanut pepper pokemon princess purple qwer qwert qwerty
  qwertz rainbow ranger raiders richard robert root samantha samsung scooter secret secure server shadow shalom silver slipknot soccer
  spiderman spring starwars steelers summer sunshine superman superuser support taylor temp tennis test testing thomas thunder tigger
  trustno trustnoone user vanessa victoria welcome whatever william winter wizard yankees zaq autumn monday january february march april
  june july august september october november december pizza company business account database`.split(
    /\s+/,
  ),
)

/** Rows of keys, and the orders that people know. Read in both directions. */
const RUNS: readonly string[] = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '1q2w3e4r5t6y7u8i9o0p',
].flatMap((run) => [run, Array.from(run).reverse().join('')])

const SPELLINGS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}
const RUN_MIN = 3

export function isCommonPassword(password: string, email: string): boolean {
  const lower = password.toLowerCase()
  if (/^(.{1,6}?)\1+$/su.test(lower) || isRunsOnly(lower)) return true
  const [name = '', domain = ''] = email.toLowerCase().split('@', 2)
  const own = new Set([email.toLowerCase(), name, domain, domain.split('.', 1)[0] ?? ''])
  const bases = [lower, spelledOut(lower)].flatMap((text) => [text, lettersOf(text)])
  const rest = lettersOf(spelledOut(lower.replace(/^[\d\W_]+|[\d\W_]+$/gu, '')))
  return [...bases, rest].some((base) => base !== '' && (WORDS.has(base) || own.has(base)))
}

/** `p4ssw0rd` as `password`. */
const spelledOut = (text: string): string =>
  Array.from(text)
    .map((char) => SPELLINGS[char] ?? char)
    .join('')

/** Without the digits and signs before and behind it, which everybody adds. */
const lettersOf = (text: string): string => text.replace(/^[\d\W_]+|[\d\W_]+$/gu, '')

/** True if the text consists of pieces of runs, such as `qwerty123456`. */
function isRunsOnly(text: string): boolean {
  let rest = text
  while (rest.length >= RUN_MIN) {
    let length = rest.length
    while (length >= RUN_MIN && !isInRun(rest.slice(0, length))) length--
    if (length < RUN_MIN) return false
    rest = rest.slice(length)
  }
  return rest.length < RUN_MIN && rest.length < text.length
}

const isInRun = (piece: string): boolean => RUNS.some((run) => run.includes(piece))
