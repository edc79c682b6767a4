// Words that say that the number behind them is neither a card nor a social security number: `part no.`, `Bestellnummer`,
// `número de pedido`, `注文番号`.

/** What is numbered, in English. A word for "number" may follow. */
const ENGLISH =
  'ranges?|dim(?:ension)?s?|sizes?|parts?|sku|model|p/n|pn|items?|catalog(?:ue)?|cat|lot|asset|serial|s/n|product|ref(?:erence)?|version|build|drawing|dwg|spec|bin|invoice|orders?|ticket|tracking|component|material|stock|article|art|po|upc|isbn|shipment|parcel|waybill|consignment|booking|batch|delivery note|purchase order|rma|case|docket|contract|policy'

/** In German, Dutch and the Nordic languages these begin a word for the number: `Teilenummer`, `Bestell-Nr.`, `ordernummer`. */
const GERMANIC =
  '(?:ersatz)?teile?|bestell(?:ungs?)?|auftrags?|rechnungs?|sendungs?|paket|artikel|serien|chargen|vorgangs?|material|produkt|lieferschein|referenz|zeichnungs?|modell|inventar|lager|vertrags?|beleg|kunden|order|factuur|onderdeel|zending|serie|reservdels|faktura|varu|del'
/** German words that need none. */
const GERMAN = 'bestellung|auftrag|rechnung|sendung|paket|artikel|lieferschein|vorgang'

/** `número de pedido`, `commande nº`, `numero d'ordine`. */
const ROMANCE =
  'commandes?|factures?|pi(?:è|e)ces?|s(?:é|e)rie|lots?|suivi|colis|articles?|produits?|dossiers?|r(?:é|e)f(?:(?:é|e)rence)?|mod(?:è|e)le|livraison|contrat|devis|pedidos?|facturas?|piezas?|lotes?|seguimiento|art(?:í|i)culos?|productos?|referencias?|modelo|env(?:í|i)o|partes?|albar(?:á|a)n|rastreo|gu(?:í|i)a|faturas?|nota fiscal|pe(?:ç|c)as?|rastreio|rastreamento|artigos?|produtos?|refer(?:ê|e)ncia|encomendas?|remessa|ordin[ei]|ordine|fattur[ae]|pezz[oi]|lotto|tracciamento|articol[oi]|prodott[oi]|riferimento|modello|spedizione|bolla|ricambio'

const EASTERN =
  '订单(?:编)?号?|訂單(?:編)?號?|零件(?:编)?号|部件号|料号|序列号|型号|批(?:次)?号|发票(?:号码?|编号)|快递单号|运单号|物流单号|单号|编号|货号|产品(?:编)?号|商品(?:编)?号|合同(?:编)?号|流水号|注文(?:番号)?|受注番号|部品番号|品番|型番|製造番号|シリアル(?:番号)?|請求書番号|追跡番号|伝票番号|商品番号|製品番号|ロット(?:番号)?|管理番号|お?問い?合わせ番号|送り状番号|주문\\s?번호|송장\\s?번호|운송장\\s?번호|부품\\s?번호|일련\\s?번호|제품\\s?번호|номер\\s(?:заказа|детали|накладной|партии)|заказ|артикул|накладная'

const NUMBER = 'no|nr|num|number|code|id|nummer|nb|n(?:°|º|o)|numéro|número|numero|núm|n'

/** A word from the lists, perhaps a word for number, and what may stand before the digits. */
const NAMED = new RegExp(
  asLatin(
    String.raw`(?:(?:^|[^a-z\u0080-\uffff])(?:${ENGLISH}|${GERMAN}|${ROMANCE}|(?:${GERMANIC})[- ]?(?:nummer|nr|no|id|code))|(?:${EASTERN}))` +
      String.raw`(?:[ _-]?(?:${NUMBER}))?\.?[\\"']{0,3}[ \t]{0,2}(?:is |ist |est |es |é |è |: ?|：|[:=#]|为|は)?[ \t]{0,2}[\\"'#]{0,3}$`,
  ),
)

/** `before` is what stands before a number, as `lowerText` returns it. */
export function namesOtherNumber(before: string): boolean {
  return NAMED.test(before)
}

/** The expression for the text of `lowerText`, in which a letter may be several characters: they stand in groups, not in classes. */
function asLatin(expression: string): string {
  return Buffer.from(expression, 'utf8').toString('latin1').toLowerCase()
}
