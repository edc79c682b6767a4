// The word for password in many languages and scripts: each is searched for, and each is the name of a password. Words that are
// not written in ASCII stand for themselves; those of Cyrillic and Greek may be declined by up to four letters.

/** Words that mean nothing else. Grouped by script. */
// biome-ignore format: a list
export const PASSWORD_WORDS: readonly string[] = [
  // Latin
  'wagwoord', 'paswoord', 'kodeord', 'løsenord', 'lykilorð', 'aðgangsorð', 'salasõna', 'salasona', 'tunnussana', 'parool', 'slaptažodis', 'slaptažodį', 'slaptažodžio',
  'slaptazodis', 'lozinka', 'lozinku', 'lozinke', 'lozinkom', 'zaporka', 'geslo', 'gesla', 'parolă', 'parole', 'parol', 'paroli', 'parolu', 'paroles', 'jelszo', 'jelmondat', 'fjalëkalim', 'fjalëkalimi', 'pasahitza',
  'contrasinal', 'cyfrinair', 'şifrə', 'parolanız', 'kata laluan', 'nenosiri', 'nywila', 'mat khau', 'motpasse', 'palavra-passe', 'palavra passe', 'kodord',
  // Cyrillic
  'гасло', 'лозинка', 'лозинку', 'парола', 'құпиясөз', 'нууц үг', 'сырсөз', 'махфий сўз',
  // Greek, Armenian, Georgian
  'συνθηματικό', 'συνθηματικο', 'κωδικος', 'գաղտնաբառ', 'պարոլ', 'პაროლი',
  // Arabic, Hebrew, Persian, Urdu
  'رمز المرور', 'كلمة مرور', 'كلمة سر', 'الرقم السري', 'گذرواژه', 'رمز عبور', 'رمزعبور', 'کلمه عبور', 'پسورد', 'پاس ورڈ', 'סיסמת', 'ססמה',
  // Indic
  'कूटशब्द', 'गुप्तशब्द', 'संकेतशब्द', 'পাসওয়ার্ড', 'পাসওয়ার্ড', 'পাসওয়ার্ড', 'પાસવર્ડ', 'ਪਾਸਵਰਡ', 'கடவுச்சொல்', 'கடவுச்சொல்லை', 'పాస్‌వర్డ్', 'పాస్వర్డ్', 'సంకేతపదం', 'ಪಾಸ್‌ವರ್ಡ್', 'ಪಾಸ್ವರ್ಡ್', 'പാസ്‌വേഡ്', 'പാസ്വേഡ്', 'රහස් පදය', 'මුරපදය',
  // South-East Asia
  'ລະຫັດຜ່ານ', 'ពាក្យសម្ងាត់', 'စကားဝှက်', 'พาสเวิร์ด',
  // East Asia
  '密语', '密語', '通行码', '通行碼', '通关密语', '暗号', '暗碼', '暗码', '登录码', '合言葉', 'パスフレーズ', 'パスコード', '패스워드', '비번', '암구호',
]

/** Words that begin with another one of the list are found by that one. */
export const PASSWORD_STEMS: readonly string[] = withCapitals(
  [...new Set(PASSWORD_WORDS)].filter(
    (word) => !PASSWORD_WORDS.some((other) => other !== word && word.startsWith(other)),
  ),
)

/** Letters beyond ASCII are searched for as they stand: words also begin a sentence. */
export function withCapitals(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const first = word.charAt(0)
    const capital = first.toUpperCase()
    return first > '\x7f' && capital !== first ? [word, capital + word.slice(1)] : [word]
  })
}

const KNOWN = new Set(PASSWORD_WORDS.flatMap((word) => word.split(/[ -]/).slice(-1)))

/** Of these the ones that also mean something else: lyrics, a release, a cipher, a code. */
export const AMBIGUOUS_WORD = /^(?:parole|paroles|暗号|暗碼|暗码|κωδικος|passe|암호)$/

/** The word, in lower case, is one of them, or the last of several that are. */
export function isPasswordWord(word: string): boolean {
  return (word.charCodeAt(0) > 0x7f || word.length > 4) && KNOWN.has(word)
}
