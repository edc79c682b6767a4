// Words that say that the number behind them is neither a card nor a social security number: `part no.`, `Bestellnummer`,
// `número de pedido`, `注文番号`.

/** What is numbered, in English. A word for "number" may follow. */
const ENGLISH =
  'ranges?|dim(?:ension)?s?|sizes?|session|parts?|sku|model|p/n|pn|items?|catalog(?:ue)?|cat|lot|asset|serial|s/n|product|ref(?:erence)?|version|build|drawing|dwg|spec|bin|invoice|orders?|ticket|tracking|component|material|stock|article|art|po|upc|isbn|shipment|parcel|waybill|consignment|booking|batch|delivery note|purchase order|rma|case|docket|contract|policy'

/** What is counted or measured, where only the form speaks for a social security number. */
const COUNTED =
  'pages?|pgs?|pp|chapters?|sections?|sec|paragraphs?|rows?|lines?|columns?|cols?|steps?|between|from|span|interval|scale|ratio|score|format|pattern|width|height|length|depth|area|weight|volume|coordinates?|position|pos|slot|shelf|aisle|locker|room|suite|unit|zone|map|grid|extension|ext|fax|request|req|job|process|pid|thread|conversation|message|msg|run|task|event|node|worker|chassis|vin|frame|engine|licen[cs]e|permit'

/** In German, Dutch and the Nordic languages these begin a word for the number: `Teilenummer`, `Bestell-Nr.`, `ordernummer`. */
const GERMANIC =
  '(?:ersatz)?teile?|bestell(?:ungs?)?|auftrags?|rechnungs?|sendungs?|paket|artikel|serien|chargen|vorgangs?|material|produkt|lieferschein|referenz|zeichnungs?|modell|inventar|lager|vertrags?|beleg|kunden|order|factuur|onderdeel|zending|serie|reservdels|faktura|varu|del'
/** German words that need none. */
const GERMAN =
  "aktenzeichen|referenz|katalog|kennung|bestellung|auftrag|rechnung|sendung|paket|artikel|lieferschein|vorgang|seiten?|bereich|spanne|zeilen?|spalten?|kapitel|absatz|größen?|grösse|maße?|masse|breite|höhe|länge|abmessung(?:en)?|teil|pagina'?s?|bladzijde|blz|bereik|maten|formaat|sidor|sida|sider|side|område|storlek|størrelse|strona|strony|stron|zakres|rozmiar"

/** `número de pedido`, `commande nº`, `numero d'ordine`. */
const ROMANCE =
  'commandes?|factures?|pi(?:è|e)ces?|s(?:é|e)rie|lots?|suivi|colis|articles?|produits?|dossiers?|r(?:é|e)f(?:(?:é|e)rence)?|mod(?:è|e)le|livraison|contrat|devis|pedidos?|facturas?|piezas?|lotes?|seguimiento|art(?:í|i)culos?|productos?|referencias?|modelo|env(?:í|i)o|partes?|albar(?:á|a)n|rastreo|gu(?:í|i)a|faturas?|nota fiscal|pe(?:ç|c)as?|rastreio|rastreamento|artigos?|produtos?|refer(?:ê|e)ncia|encomendas?|remessa|ordin[ei]|ordine|fattur[ae]|pezz[oi]|lotto|tracciamento|articol[oi]|prodott[oi]|riferimento|modello|spedizione|bolla|ricambio|pages?|plages?|intervalles?|tailles?|dimensions?|lignes?|chapitres?|largeur|hauteur|longueur|p(?:á|a)ginas?|p(?:á|a)gs?|rangos?|intervalos?|tama(?:ñ|n)os?|dimensiones|l(?:í|i)neas?|cap(?:í|i)tulos?|ancho|alto|medidas?|faixas?|tamanhos?|dimens(?:õ|o)es|linhas?|larguras?|alturas?|pagin[ae]|intervall[oi]|misur[ae]|dimension[ei]|rig(?:a|he)|capitol[oi]'

const EASTERN =
  '范围|範圍|範囲|尺寸|寸法|サイズ|大小|规格|規格|页(?:码)?|頁|ページ|行|第|章|列|仕様|区間|长度|宽度|高度|크기|치수|범위|페이지|쪽|규격|страниц(?:а|ы)|стр|диапазон|размер(?:ы)?|строк(?:а|и)|订单(?:编)?号?|訂單(?:編)?號?|零件(?:编)?号|部件号|料号|序列号|型号|批(?:次)?号|发票(?:号(?:码)?|编号)|快递单号|运单号|物流单号|单号|编号|货号|产品(?:编)?号|商品(?:编)?号|合同(?:编)?号|流水号|注文(?:番号)?|受注番号|部品番号|品番|型番|製造番号|シリアル(?:番号)?|請求書番号|追跡番号|伝票番号|商品番号|製品番号|ロット(?:番号)?|管理番号|(?:お)?問(?:い)?合わせ番号|送り状番号|주문\\s?번호|송장\\s?번호|운송장\\s?번호|부품\\s?번호|일련\\s?번호|제품\\s?번호|номер\\s(?:заказа|детали|накладной|партии)|заказ|артикул|накладная'

/** `número de X`, whatever it is: what is a number of a card or a person is asked before. */
const NUMBER_OF =
  "(?:n(?:ú|u)mero|num(?:é|e)ro|n(?:º|°|o\\.)) (?:de |di |do |da |del |della |du |d')(?:la )?[a-z\\u0080-\\uffff]{3,20}"

const NUMBER = 'no|nr|num|number|code|id|nummer|nb|n(?:°|º|o)|numéro|número|numero|núm|n'

/** A compound that ends in what numbers are called: `Fahrgestellnummer`, `Ersatzteil`; not those of persons. */
const COMPOUND =
  '(?:(?!sozial|steuer|versicher|person|ausweis|kredit|kart)[a-z\\u0080-\\uffff]){3,20}(?:nummer|nummern|nr|teil|teile|code|kode|größe|seite|zeile|bereich)'

/** The word for number alone: `Nr. 432-58-3711`. */
const ALONE =
  '(?:nr|n°|nº|código|codigo|codice|code|réf|núm|(?:chat|user|order|item|request|session|message|ticket|job|run|trace|thread) id)'

/** Words from the lists, perhaps a word for number, and what may stand before the digits. */
function named(words: string): RegExp {
  return new RegExp(
    asLatin(
      String.raw`(?:(?:^|[^a-z\u0080-\uffff])(?:${words}|${GERMAN}|${ALONE}|${ROMANCE}|(?:${GERMANIC})[- ]?(?:nummer|nr|no|id|code))|(?:${EASTERN}))` +
        String.raw`(?:[ _-]?(?:${NUMBER}))?\.?[\\"']{0,3}[ \t]{0,2}(?:is |ist |lautet |est |es |é |è |was |war |: ?|：|[:=#(\[]|为|為|は|是)?[ \t]{0,2}[\\"'#]{0,3}$`,
    ),
  )
}

const NAMED = named(ENGLISH)
const NAMED_OR_COUNTED = named(`${ENGLISH}|${COUNTED}|${NUMBER_OF}|${COMPOUND}`)

/** The second number of a range: `432-58-3711 to 432-58-3722`. */
const RANGE = new RegExp(
  asLatin(
    String.raw`\d[\d-]{2,14}\s?(?:to|bis|through|thru|until|and|und|à|a|al|até|hasta|tot|do|[-–~/]|至|到|から|부터)\s?$`,
  ),
)

/** `before` is what stands before a number, as `lowerText` returns it. */
export function namesOtherNumber(before: string): boolean {
  return NAMED.test(before)
}

/** The same and words for what is counted or measured, and the second number of a range. */
export function namesCount(before: string): boolean {
  return NAMED_OR_COUNTED.test(before) || RANGE.test(before)
}

/** The expression for the text of `lowerText`, in which a letter may be several characters: they stand in groups, not in classes. */
export function asLatin(expression: string): string {
  return Buffer.from(expression, 'utf8').toString('latin1').toLowerCase()
}

/** Chinese, Japanese, Korean or Cyrillic letters right before a number, perhaps with a sign between. */
const FOREIGN_WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Cyrillic}][\s:：#"'(（「=-]{0,4}$/u
/** What such a word says of a person. */
const OF_PERSON =
  /社|保障|保険|保险|身份|身分|税|納税|纳税|個人|个人|番号の|マイナンバー|年金|보험|사회|주민|납세|соц|страх|снилс|инн|налог|удостовер|личн|граждан/i

/** A word of another script names the number, and names nobody: the form of an American number says little there. */
export function isNamedInOtherScript(before: string): boolean {
  const text = Buffer.from(before, 'latin1').toString('utf8')
  return FOREIGN_WORD.test(text) && !OF_PERSON.test(text)
}
