// Injection markers of languages other than English: a verb that does away with instructions, near a word for instructions and one
// that says which; a verb that reveals, near a word for the system prompt; words for "without restrictions". Accents are left out, as
// in normalized text.

import type { Marker } from './marker.ts'

interface Language {
  readonly code: string
  /** Literals of the verbs, as they are written: normalized text has no accents, bytes have them. */
  readonly anchors: readonly string[]
  readonly verb: string
  readonly object: string
  readonly scope: string
  readonly reveal: string
  readonly revealAnchors: readonly string[]
  readonly prompt: string
  /** "You are", "answer": before words for "without restrictions". */
  readonly you?: string
  readonly free?: string
  readonly freeAnchors?: readonly string[]
  /** Verbs stand behind their object. */
  readonly verbLast?: true
  /** What says behind the verb that the opposite is meant: "vergiss nicht". */
  readonly not?: string
  /** "Everything that you were told", behind a verb. */
  readonly everything?: string
}

// biome-ignore format: a table of words
const LANGUAGES: readonly Language[] = [
  {
    code: 'de',
    not: ' (?:bitte |sie )?nicht\\b',
    everything: 'alles,? was (?:dir|ihnen|man dir|du bisher|du vorher|bisher|vorher|zuvor|oben|davor)',
    you: 'du bist|sie sind|du hast|antworte\\w*|ihr seid|agiere',
    anchors: ['ignorier', 'vergiss', 'vergesst', 'vergessen sie', 'missachte', 'übergeh', 'umgehe', 'überschreib', 'verwirf', 'beachte nicht', 'setze dich'],
    verb: 'ignorier\\w*|vergiss|vergesst|vergessen sie|missacht\\w*|ubergeh\\w*|umgeh\\w*|uberschreib\\w*|verwirf|beachte nicht|setze dich uber',
    object: 'anweisung\\w*|instruktion\\w*|vorgabe\\w*|regel\\w*|richtlinie\\w*|befehl\\w*|prompts?|systemprompts?|einschrankung\\w*',
    scope: 'alle|allen|aller|alles|bisherig\\w*|vorherig\\w*|obig\\w*|vorangegangen\\w*|vorhergehend\\w*|fruher\\w*|deine\\w*|ihre|samtliche\\w*|zuvor|system\\w*|ursprunglich\\w*',
    reveal: 'was (?:ist|steht|lautet)|wie lautet|verrat\\w*|zeig\\w*|nenn\\w*|gib|gebt|gebe|offenbar\\w*|wiederhol\\w*|schreib\\w*|teile|druck\\w*',
    revealAnchors: ['systemprompt', 'system-prompt', 'systemanweis', 'systemnachricht', 'geheimen', 'deine anweis', 'deinen prompt', 'internen', 'interne '],
    prompt: 'system-?prompts?|system-?anweisung\\w*|system-?nachricht|geheime\\w* (?:anweisung\\w*|prompt|systemprompt)|deine\\w* (?:internen |geheimen |ursprunglichen )?(?:anweisungen|instruktionen|vorgaben|prompt)|alle(?:n)? internen daten',
    free: 'ohne (?:jede |jegliche |alle )?(?:einschrankung\\w*|regeln|filter\\w*|zensur|beschrankung\\w*)|keine (?:einschrankungen|regeln|filter|beschrankungen) mehr',
    freeAnchors: ['einschränk', 'beschränk', 'ohne filter', 'ohne regeln', 'keine regeln', 'ohne jede', 'keine filter', 'einschrank', 'beschrank'],
  },
  {
    code: 'fr',
    not: ' (?:pas|jamais)\\b',
    everything: "tout ce (?:qu'on (?:t'a|vous a)|que tu as appris|qui precede|qui a ete dit|qui est au-dessus)",
    you: 'tu es|vous etes|tu n|vous n|repond\\w*|agis',
    anchors: ['ignore', 'ignorez', 'oublie', 'oubliez', 'néglige', 'neglige', 'compte des', 'contourne', 'outrepasse'],
    verb: 'ignor(?:e|ez|er|es|ons)|oubli(?:e|ez|er|es)|neglige\\w*|ne (?:tiens|tenez) (?:pas|aucun) compte|contourne\\w*|outrepasse\\w*',
    object: 'instructions?|consignes?|regles?|directives?|ordres',
    scope: 'toutes?|tous|precedent\\w*|anterieur\\w*|ci-dessus|tes|vos|initiales?|systeme',
    reveal: 'quel(?:le)?s?|revel\\w*|montr\\w*|affich\\w*|donn\\w*|repet\\w*|imprim\\w*|dis|dites|divulgu\\w*|ecri\\w*',
    revealAnchors: ['prompt syst','prompt de syst','ton prompt','votre prompt','tes instr','vos instr','tes consignes','vos consignes','message syst','prompt initial','prompt complet','instructions du syst','instructions syst'],
    prompt: '(?:ton|votre|le|du) prompt (?:de )?(?:systeme|initial|complet)?|prompt systeme|(?:tes|vos) (?:instructions|consignes)(?: (?:systeme|initiales|internes|secretes))|message systeme|instructions? (?:du )?systeme',
    free: 'sans (?:aucune? )?(?:restriction\\w*|filtres?|regles?|limites?|censure)',
    freeAnchors: ['sans restr', 'sans filtre', 'sans aucune', 'sans limite', 'sans regle', 'sans censure', 'sans règle'],
  },
  {
    code: 'es',
    everything: 'todo lo (?:anterior|que (?:te|se te|le|has aprendido))',
    you: 'eres|estas|esta|responde|tienes|actua|seras',
    anchors: ['ignora', 'ignore', 'olvida', 'olvide', 'descarta', 'desobedec', 'haz caso omiso', 'pasa por alto'],
    verb: 'ignor(?:a|e|ad|ar|en)|olvid(?:a|e|ad|ar|en|ate)(?: de)?|descart(?:a|e|ar)|omit(?:e|a|ir)|desobedec\\w*|haz caso omiso|pasa por alto',
    object: 'instruccion(?:es)?|indicaciones|ordenes|reglas|directrices|normas|directivas',
    scope: 'todas?|todos|anterior(?:es)?|previas?|previos|tus|sus|de arriba|del sistema|iniciales',
    reveal: 'cual(?:es)?|que dice|revel\\w*|muestr\\w*|mostrar|imprim\\w*|di|dime|repit\\w*|escrib\\w*|ensen\\w*|dame|divulg\\w*',
    revealAnchors: ['prompt del sis','prompt de sis','prompt sis','tu prompt','su prompt','el prompt','instrucciones del','instrucciones de sis','tus instr','sus instr','mensaje del sis','mensaje de sis'],
    prompt: 'prompt (?:de(?:l)? )?sistema|(?:tu|su|el) prompt|instrucciones (?:del|de) sistema|(?:tus|sus) instrucciones(?: (?:iniciales|internas|secretas|del sistema))|mensaje (?:del|de) sistema',
    free: 'sin (?:ninguna |ningun |ningunas )?(?:restricci\\w+|filtros?|reglas|limites|censura|limitaciones)',
    freeAnchors: ['sin restric', 'sin filtro', 'sin ningun', 'sin reglas', 'sin limites', 'sin censura', 'sin límites', 'sin limitac'],
  },
  {
    code: 'it',
    everything: 'tutto (?:cio|quello) che (?:ti (?:e|hanno)|hai imparato|precede)',
    you: 'sei|siete|rispond\\w*|hai|agisci',
    anchors: ['ignora', 'ignori', 'dimentica', 'trascura', 'tralascia', 'ignorare', 'non seguire'],
    verb: 'ignor(?:a|i|ate|are)|dimentic(?:a|hi|ate|are|ati)|trascura\\w*|tralascia\\w*|non seguire|disattend\\w*',
    object: 'istruzion[ie]|indicazioni|regole|direttive|ordini|comandi|linee guida',
    scope: 'tutt[eoi]|precedent[ei]|anterior[ei]|tue|sue|di sopra|sopra|iniziali|di sistema|del sistema',
    reveal: 'qual e|quali sono|cosa dice|rivel\\w*|mostr\\w*|stamp\\w*|dimmi|ripet\\w*|scriv\\w*|dammi|divulg\\w*',
    revealAnchors: ['prompt di sis','prompt del sis','tuo prompt','suo prompt','istruzioni di sis','istruzioni del','tue istr','sue istr','messaggio di sis'],
    prompt: 'prompt (?:di|del) sistema|(?:tuo|suo) prompt|istruzioni (?:di|del) sistema|(?:tue|sue) istruzioni(?: (?:iniziali|interne|segrete|di sistema))|messaggio di sistema',
    free: 'senza (?:alcuna |alcun |nessuna )?(?:restrizion\\w+|filtr\\w+|regole|limit\\w*|censura)|linee guida.{0,30}non (?:valgono|si applicano)',
    freeAnchors: ['senza restr', 'senza filtr', 'senza alcun', 'senza regole', 'senza limit', 'senza censura', 'non valgono'],
  },
  {
    code: 'pt',
    everything: 'tudo (?:o )?que (?:te|lhe|voce (?:aprendeu|sabe)|foi dito)',
    you: 'voce e|voce esta|responda|aja|tu es|voce nao',
    anchors: ['ignore', 'ignora', 'esqueça', 'esqueca', 'esquece', 'desconsidere', 'desconsidera', 'desrespeite'],
    verb: 'ignor(?:e|a|em|ar)|esquec(?:a|e|am|er)|desconsider(?:e|a|ar)|desrespeit(?:e|a|ar)',
    object: 'instruc(?:oes|ao)|orientacoes|regras|diretrizes|ordens|comandos',
    scope: 'todas?|todos|anterior(?:es)?|previas?|suas?|acima|do sistema|iniciais',
    reveal: 'qual e|quais sao|revel\\w*|mostr\\w*|imprim\\w*|diga|repit\\w*|escrev\\w*|exib\\w*|me de|divulg\\w*',
    revealAnchors: ['prompt do sis','prompt de sis','seu prompt','teu prompt','instruções do','instruções de sis','suas instr','tuas instr','mensagem do sis','mensagem de sis','instrucoes do'],
    prompt: 'prompt (?:de|do) sistema|(?:seu|teu) prompt|instrucoes (?:de|do) sistema|(?:suas|tuas) instrucoes(?: (?:iniciais|internas|secretas|do sistema))|mensagem (?:de|do) sistema',
    free: 'sem (?:nenhuma |nenhum |qualquer )?(?:restric\\w+|filtros?|regras|limites|censura|limitacoes)',
    freeAnchors: ['sem restri', 'sem filtro', 'sem nenhum', 'sem regras', 'sem limite', 'sem censura', 'sem qualquer'],
  },
  {
    code: 'nl',
    not: ' (?:alstublieft )?niet\\b',
    everything: 'alles wat (?:je|u|jou|hiervoor|eerder)',
    you: 'je bent|u bent|antwoord|je hebt',
    anchors: ['negeer', 'vergeet', 'overschrijf', 'omzeil', 'negeren'],
    verb: 'negeer|negeren|vergeet|overschrijf|omzeil\\w*',
    object: 'instructies?|regels|richtlijnen|aanwijzingen|opdrachten|bevelen',
    scope: 'alle|al|vorige|eerdere|voorgaande|bovenstaande|jouw|je|uw|systeem\\w*',
    reveal: 'wat is|toon\\w*|onthul\\w*|geef|laat|herhaal|print|schrijf|vertel',
    revealAnchors: ['systeemprompt', 'systeem-prompt', 'systeembericht', 'systeeminstr', 'jouw instr', 'je prompt', 'systemprompt', 'system prompt'],
    prompt: 'systeem-?prompt|systeem-?instructies|systeembericht|system ?prompt|(?:jouw|je) (?:interne |oorspronkelijke )(?:instructies|prompt)',
    free: 'zonder (?:enige )?(?:beperking\\w*|filters?|regels|limieten|censuur)',
    freeAnchors: ['zonder bep', 'zonder filt', 'zonder enig', 'zonder regels', 'zonder lim', 'zonder cens'],
  },
  {
    code: 'pl',
    anchors: ['zignoruj', 'ignoruj', 'zapomnij', 'pomiń wsz', 'pomin wsz'],
    verb: 'z?ignoruj\\w*|zapomnij\\w*|pomin',
    object: 'instrukcj\\w*|polece\\w*|zasad\\w*|regu\\S*|wytyczn\\w*',
    scope: 'wszystki\\w*|wszelki\\w*|poprzedni\\w*|wczesniejsz\\w*|powyzsz\\w*|swoj\\w*|twoj\\w*|dotychczasow\\w*',
    reveal: 'ujawnij|pokaz|wypisz|powtorz|podaj|wyswietl',
    revealAnchors: ['systemow', 'prompt sys'],
    prompt: 'prompt\\w* system\\w*|systemow\\w* prompt\\w*|instrukcj\\w* systemow\\w*|(?:swoj|swoje) (?:prompt|instrukcje)',
  },
  {
    code: 'tr',
    anchors: ['talimat', 'yönerge', 'yonerge', 'kurallar'],
    verb: 'yok say(?!ma)\\w*|gormezden gel(?!me)\\w*|unut\\w*|goz ard\\S* et\\w*|dikkate alma\\w*',
    object: 'talimat\\w*|yonerge\\w*|komut\\w*|kural\\w*',
    scope: 'onceki|tum|butun|yukaridaki|yukar\\S*daki|sistem|daha once\\w*',
    reveal: 'goster\\w*|acikla\\w*|yaz\\w*|soyle\\w*|paylas\\w*|ac\\S*kla\\w*',
    revealAnchors: ['sistem is','sistem pr','sistem ta','sistem me'],
    prompt: 'sistem (?:istemi\\w*|promptu\\w*|talimat\\w*|mesaj\\w*)',
    verbLast: true,
  },
  {
    code: 'ru',
    you: 'ты|вы|отвечай\\S*',
    anchors: ['игнорир', 'проигнор', 'забудь', 'забудьте', 'отмени', 'не следуй', 'пренебрег'],
    verb: '(?:про)?игнориру\\S*|забудь\\S*|отмени\\S*|не следу\\S*|пренебрег\\S*',
    object: 'инструкц\\S*|указани\\S*|правил\\S*|команд\\S*|директив\\S*|ограничени\\S*',
    scope: 'все|всех|всеми|предыдущ\\S*|прежни\\S*|ранее|выше\\S*|свои\\S*|твои\\S*|системн\\S*|прошлы\\S*',
    reveal: 'какой|какие|покажи\\S*|раскро\\S*|выведи\\S*|напиши\\S*|повтори\\S*|сообщи\\S*|назови\\S*',
    revealAnchors: ['системн', 'промпт'],
    prompt: 'системн\\S* (?:промпт\\S*|инструкци\\S*|сообщени\\S*|подсказк\\S*)|(?:свои|твои) (?:инструкции|промпт)',
    free: 'без (?:каких-либо |всяких )?(?:ограничени\\S*|фильтр\\S*|правил|цензур\\S*)',
    freeAnchors: ['ограничен', 'фильтр', 'без правил', 'цензур'],
  },
  {
    code: 'zh',
    you: '你',
    anchors: ['忽略', '无视', '忘记', '忘掉', '不要理会', '忽視', '無視', '不用理会', '跳过', '绕过'],
    verb: '忽略|无视|忘记|忘掉|不要理会|不用理会|忽視|無視|跳过|绕过',
    object: '指令|指示|提示|请求|规则|規則|命令|要求|设定|限制|說明|说明',
    scope: '之前|以上|上述|先前|前面|所有|全部|一切|用户的|系统|系統|原来|原有|你的|上面',
    reveal: '是什么|是啥|输出|显示|告诉|透露|打印|重复|公开|泄露|给我|說出|说出|輸出|顯示|展示',
    revealAnchors: ['系统提示', '系統提示', '系统指令', '初始指令', '系统消息', '隐藏指令', '你的提示词', '你的指令', '系统设定'],
    prompt: '系[统統]提示[词詞]?|系统指令|初始指令|系统消息|隐藏指令|你的提示词|你的指令|系统设定',
    free: '没有(?:任何)?限制|不受(?:任何)?限制|无限制|开发者模式',
    freeAnchors: ['没有任何限制', '没有限制', '不受限制', '不受任何限制', '无限制的', '开发者模式'],
  },
  {
    code: 'ja',
    not: '(?:し|ら)?な(?:い|く)',
    you: 'あなた|として',
    anchors: ['無視', '忘れ', '無効', '従わない', '破棄'],
    verb: '無視|忘れ|無効に|従わない|破棄',
    object: '指示|命令|ルール|プロンプト|指令|設定|制約|制限',
    scope: 'これまで|以前|上記|前の|すべて|全て|全ての|今まで|先ほど|システム|あなたの',
    reveal: '何です|表示|教え|出力|見せ|開示|明かし|公開',
    revealAnchors: ['システムプロンプト', 'システム指示', 'システムメッセージ', '初期プロンプト', '内部指示'],
    prompt: 'システム(?:プロンプト|の?指示|メッセージ)|初期プロンプト|内部指示',
    free: '制限(?:の|が)?(?:ない|なし|なく)|無制限',
    freeAnchors: ['制限のない', '制限なし', '制限なく', '無制限', '制限がない'],
    verbLast: true,
  },
  {
    code: 'ko',
    not: '하지 ',
    you: '너는|당신은|넌',
    anchors: ['무시', '잊어', '잊고', '따르지'],
    verb: '무시|잊어|잊고|따르지',
    object: '지시|명령|규칙|지침|프롬프트|설정|제한',
    scope: '이전|모든|위의|앞의|앞선|지금까지|기존|시스템|너의|당신의|위에',
    reveal: '무엇|뭐|보여|알려|출력|공개|말해|표시|드러내',
    revealAnchors: ['시스템 프롬프트', '시스템프롬프트', '시스템 지시', '시스템 메시지', '시스템 명령'],
    prompt: '시스템 ?(?:프롬프트|지시\\S*|메시지|명령)',
    free: '제한 ?(?:없이|없는)|무제한',
    freeAnchors: ['제한 없이', '제한 없는', '제한없이', '제한없는', '무제한'],
    verbLast: true,
  },
  {
    code: 'ar',
    anchors: ['تجاهل', 'انس ', 'انسى'],
    verb: 'تجاهل|انس|انسى',
    object: 'التعليمات|الأوامر|القواعد|الارشادات|الإرشادات',
    scope: 'جميع|كل|السابقة|أعلاه|السابقه',
    reveal: 'اعرض|اكشف|أظهر|اظهر|اطبع|أخبرني',
    revealAnchors: ['النظام'],
    prompt: '(?:موجه|تعليمات|رسالة|مطالبة) النظام',
  },
  {
    code: 'hi',
    anchors: ['अनदेखा', 'नज़रअंदाज', 'नजरअंदाज', 'भूल जा'],
    verb: 'अनदेखा|नज\\S?रअंदाज\\S*|भूल जा\\S*',
    object: 'निर्देश\\S*|आदेश\\S*|नियम\\S*',
    scope: 'पिछले|सभी|पहले|ऊपर|सारे',
    reveal: 'दिखा\\S*|बता\\S*|प्रकट',
    revealAnchors: ['सिस्टम'],
    prompt: 'सिस्टम (?:प्रॉम्प्ट|निर्देश\\S*|संदेश)',
    verbLast: true,
  },
  {
    code: 'sv',
    not: ' inte\\b',
    anchors: ['ignorera', 'glöm ', 'strunta i', 'bortse från', 'bortse fran', 'åsidosätt'],
    verb: 'ignorera\\w*|glom|strunta i|bortse fran|asidosatt',
    object: 'instruktion\\w*|anvisning\\w*|regler\\w*|riktlinjer\\w*|uppmaning\\w*|order|prompt\\w*',
    scope: 'alla|allt|tidigare|foregaende|ovanstaende|dina|ovan|system\\w*',
    reveal: 'visa|avsloja|skriv|beratta|upprepa|vad ar',
    revealAnchors: ['systemprompt', 'systeminstr', 'systemmeddel', 'dina instr'],
    prompt: 'systemprompt\\w*|systeminstruktion\\w*|systemmeddelande\\w*|dina (?:hemliga|interna|ursprungliga) (?:instruktioner|prompt)',
  },
  {
    code: 'da',
    not: ' ikke\\b',
    anchors: ['ignorer', 'glem alle', 'se bort fra', 'tilsides'],
    verb: 'ignorer\\w*|glem|se bort fra|tilsides\\w*',
    object: 'instruk\\w*|anvisning\\w*|regler\\w*|retningslin\\w*|ordre\\w*|kommando\\w*',
    scope: 'alle|tidligere|foregaende|forrige|ovenstaende|dine|ovenfor|system\\w*',
    reveal: 'vis|afslor|avslor|skriv|fortael|gentag|gjenta|hvad er|hva er',
    revealAnchors: ['systemprompt', 'systemmeddel', 'systemmeld', 'systeminstr', 'systemledetekst'],
    prompt: 'systemprompt\\w*|systemmeddelelse\\w*|systemmelding\\w*|systeminstru\\w*|systemledetekst\\w*',
  },
  {
    code: 'cs',
    anchors: ['ignoruj', 'zapomeň', 'zapomen', 'zapomeň', 'zabudni', 'přehlíž', 'nedbej'],
    verb: 'ignoruj\\w*|zapomen\\w*|zabudni\\w*|prehliz\\w*|nedbej\\w*',
    object: 'pokyn\\w*|instrukc\\w*|instrukci\\w*|pravid\\w*|prikaz\\w*',
    scope: 'vsechn\\w*|vsetk\\w*|predchoz\\w*|predchadzaj\\w*|predesl\\w*|drivejs\\w*|vyse|svoje|sve',
    reveal: 'ukaz\\w*|vypis\\w*|odhal\\w*|zobraz\\w*|napis\\w*|zopakuj\\w*|prozrad\\w*',
    revealAnchors: ['systémov', 'systemov'],
    prompt: 'systemov\\w* (?:prompt\\w*|pokyn\\w*|instrukc\\w*|zprav\\w*|sprav\\w*)',
  },
  {
    code: 'uk',
    anchors: ['ігнору', 'проігнор', 'забудь', 'забудьте', 'не зважай'],
    verb: '(?:про)?[іi]гнору\\S*|забудь\\S*|не зважай\\S*',
    object: '[іi]нструкц\\S*|вказ[іi]вк\\S*|правил\\S*|команд\\S*|наказ\\S*',
    scope: 'вс[іi]|ус[іi]|вс[іi]х|попередн\\S*|ран[іi]ше|вище|сво\\S*|тво\\S*|системн\\S*',
    reveal: 'покажи\\S*|розкрий\\S*|виведи\\S*|напиши\\S*|повтори\\S*|як[иіi]й',
    revealAnchors: ['системн', 'промпт'],
    prompt: 'системн\\S* (?:промпт\\S*|[іi]нструкц\\S*|пов[іi]домлен\\S*|п[іi]дказк\\S*)',
  },
  {
    code: 'ro',
    anchors: ['ignoră', 'ignora', 'ignorați', 'uită toate', 'uita toate'],
    verb: 'ignor(?:a|ati)|uita(?:ti)?',
    object: 'instructiun\\w*|regul\\w*|indicati\\w*|comenz\\w*',
    scope: 'toate|anterioar\\w*|precedent\\w*|de mai sus|tale',
    reveal: 'arata\\w*|dezvalui\\w*|afiseaza|scrie|repeta',
    revealAnchors: ['de sistem', 'sistemului'],
    prompt: 'prompt\\w* (?:de sistem|sistemului)|instructiun\\w* (?:de sistem|sistemului)',
  },
  {
    code: 'vi',
    anchors: ['bỏ qua', 'phớt lờ', 'quên đi', 'quên tất', 'quên hết', 'bo qua'],
    verb: 'bo qua|phot lo|quen (?:di|tat|het)',
    object: 'huong dan|chi thi|chi dan|lenh|quy tac|quy dinh',
    scope: 'tat ca|moi|truoc do|truoc day|o tren|ben tren|cu',
    reveal: 'hien thi|cho (?:toi )?xem|in ra|tiet lo|cho biet|lap lai|viet ra',
    revealAnchors: ['hệ thống', 'he thong'],
    prompt: '(?:prompt|huong dan|loi nhac|chi thi|thong diep) (?:cua )?he thong|system prompt',
  },
  {
    code: 'id',
    anchors: ['abaikan', 'lupakan', 'hiraukan', 'jangan ikuti'],
    verb: '(?<!jangan )(?:abaikan|lupakan)|jangan (?:hiraukan|ikuti)',
    object: 'instruksi\\w*|perintah\\w*|arahan\\w*|aturan\\w*|petunjuk\\w*|peraturan',
    scope: 'semua|seluruh|segala|sebelum\\w*|di atas|terdahulu|sistem',
    reveal: 'tampilkan|tunjukkan|ungkapkan|cetak|tuliskan|ulangi|beritahu\\w*|paparkan|dedahkan',
    revealAnchors: ['prompt sis', 'sistem prompt', 'instruksi sis', 'perintah sis', 'pesan sis', 'arahan sis'],
    prompt: '(?:prompt|instruksi|perintah|pesan|arahan) sistem|system prompt|sistem prompt',
  },
  {
    code: 'hu',
    anchors: ['hagyd figyelmen', 'hagyja figyelmen', 'felejtsd el', 'felejts el', 'figyelmen kívül'],
    verb: 'hagy(?:d|ja) figyelmen kivul|felejtsd? el',
    object: 'utasitas\\w*|szabaly\\w*|iranyelv\\w*|parancs\\w*',
    scope: 'minden|osszes|korabbi\\w*|elozo\\w*|eddigi\\w*|fenti\\w*',
    reveal: 'mutasd\\w*|ird ki|fedd fel|aruld el|ismeteld',
    revealAnchors: ['rendszerprompt', 'rendszerutas', 'rendszerüzen'],
    prompt: 'rendszerprompt\\w*|rendszerutasitas\\w*|rendszeruzenet\\w*',
  },
  {
    code: 'el',
    anchors: ['αγνόησ', 'αγνοησ', 'ξέχασ', 'ξεχασ', 'παράβλεψ'],
    verb: 'αγνοησ\\S*|ξεχασ\\S*|παραβλεψ\\S*',
    object: 'οδηγι\\S*|εντολ\\S*|κανον\\S*',
    scope: 'ολες|ολους|ολα|προηγουμεν\\S*|παραπανω',
    reveal: 'δειξε\\S*|εμφανισ\\S*|αποκαλυψ\\S*|γραψε\\S*|πες',
    revealAnchors: ['συστήματος', 'συστηματος'],
    prompt: '(?:προτροπη|μηνυμα|οδηγιες|prompt) (?:του )?συστηματος',
  },
  {
    code: 'he',
    anchors: ['התעלם', 'התעלמ', 'תתעלם', 'תתעלמ', 'שכח '],
    verb: 'התעלמ?[םיו]*|תתעלמ?[םיו]*|שכח',
    object: '\\S*הוראות|\\S*הנחיות|\\S*כללים|\\S*פקודות',
    scope: 'כל|מכל|הקודמות|הקודמים|שלעיל|למעלה',
    reveal: 'הצג|הראה|חשוף|הדפס|כתוב|גלה',
    revealAnchors: ['המערכת', 'מערכת '],
    prompt: '(?:הנחיית|הנחיות|הודעת|פרומפט) ה?מערכת',
  },
  {
    code: 'fa',
    anchors: ['نادیده', 'فراموش کن'],
    verb: 'ناديده بگير\\S*|نادیده بگیر\\S*|فراموش کن\\S*',
    object: 'دستور\\S*|قوانین|قواعد',
    scope: 'تمام|همه|قبلی|پیشین|بالا',
    reveal: 'نشان (?:بده|دهید)|نمایش|فاش|چاپ|بنویس',
    revealAnchors: ['سیستم'],
    prompt: '(?:پرامپت|دستورات|دستور|پیام) سیستم',
    verbLast: true,
  },
  {
    code: 'th',
    anchors: ['ละเว้น', 'เพิกเฉย', 'ไม่ต้องสนใจ', 'ลืมคำ', 'ลืมทุก'],
    verb: 'ละเว้น|เพิกเฉย(?:ต่อ)?|ไม่ต้องสนใจ|ลืม',
    object: 'คำสั่ง|คำแนะนำ|กฎ|ข้อกำหนด',
    scope: 'ทั้งหมด|ก่อนหน้า|ข้างต้น|ทุก',
    reveal: 'แสดง|เปิดเผย|บอก|พิมพ์',
    revealAnchors: ['ระบบ'],
    prompt: '(?:พรอมต์|คำสั่ง|ข้อความ)(?:ของ)?ระบบ',
  },
]

/** Texts are compared in compatibility form, in which a vowel of Thai is two characters. */
const expression = (source: string): RegExp => new RegExp(source.normalize('NFKC'), 'u')

/** Words of alphabets begin and end at a boundary; `\b` knows ASCII letters only. */
const START = '(?<![\\p{L}\\p{N}_])'
const isAlphabetic = (code: string): boolean => !['zh', 'ja', 'ko', 'hi', 'th'].includes(code)

/** Languages whose verbs have no further endings than the table says. */
const isLatin = (code: string): boolean =>
  isAlphabetic(code) && !['ru', 'uk', 'el', 'ar', 'fa', 'he'].includes(code)

function verbOf(l: Language): string {
  const start = isAlphabetic(l.code) ? START : ''
  const end = isLatin(l.code) ? '(?!\\p{L})' : ''
  return `${start}(?:${l.verb})${end}${l.not === undefined ? '' : `(?!${l.not})`}`
}

function nearEachOther(l: Language): RegExp {
  const start = isAlphabetic(l.code) ? START : ''
  const verb = verbOf(l)
  const object = `${start}(?:${l.object})`
  const scope = `${start}(?:${l.scope})`
  const gap = '[^.!?。！？\\n]{0,45}?'
  const named = `(?:${scope}${gap}${object}|${object}${gap}${scope})`
  return expression(l.verbLast ? `${named}${gap}${verb}` : `${verb}${gap}${named}`)
}

function reveals(l: Language): RegExp {
  const start = isAlphabetic(l.code) ? START : ''
  const verb = `${start}(?:${l.reveal})`
  const prompt = `(?:${l.prompt})`
  const gap = '[^.!?。！？\\n]{0,45}?'
  return expression(`${verb}${gap}${prompt}|${prompt}${gap}${verb}`)
}

export const LANGUAGE_MARKERS: readonly Marker[] = LANGUAGES.flatMap((l): Marker[] => [
  {
    name: `ignore_instructions_${l.code}`,
    family: 'override',
    weight: 2,
    brought: 2,
    anchors: l.anchors,
    opens: l.verbLast !== true,
    phrase: nearEachOther(l),
  },
  {
    name: `reveal_system_prompt_${l.code}`,
    family: 'exfiltration',
    weight: 2,
    brought: 2,
    anchors: l.revealAnchors,
    phrase: reveals(l),
  },
  ...(l.everything === undefined
    ? []
    : [
        {
          name: `forget_everything_${l.code}`,
          family: 'override',
          weight: 2,
          brought: 2,
          anchors: l.anchors,
          opens: true,
          phrase: expression(`${verbOf(l)} (?:bitte |sie )?(?:${l.everything})`),
        } as const,
      ]),
  ...(l.free === undefined || l.you === undefined
    ? []
    : [
        {
          name: `no_restrictions_${l.code}`,
          family: 'persona',
          weight: 2,
          brought: 2,
          anchors: l.freeAnchors ?? [],
          phrase: expression(
            `${isAlphabetic(l.code) ? START : ''}(?:${l.you})[^.!?。！？\\n]{0,45}?(?:${l.free})`,
          ),
        } as const,
      ]),
])
