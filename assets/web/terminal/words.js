// All texts, in English, Dutch, French and German.

import { keep, kept } from './kept.js';

export const LANGUAGES = [['en', 'English'], ['nl', 'Nederlands'], ['fr', 'Français'], ['de', 'Deutsch']];

const WORDS = {
  ready: ['Ready', 'Klaar', 'Prêt', 'Bereit'],
  offline: ['No connection: nothing can be charged', 'Geen verbinding: er kan niets afgerekend worden', 'Pas de connexion : rien ne peut être encaissé', 'Keine Verbindung: es kann nichts abgebucht werden'],
  training: ['TRAINING: nothing is charged', 'OEFENING: er wordt niets aangerekend', 'EXERCICE : rien n’est débité', 'ÜBUNG: es wird nichts abgebucht'],
  closed: ['The event is closed: nothing is charged', 'Het evenement is afgesloten: er wordt niets aangerekend', 'L’événement est clôturé : rien n’est débité', 'Die Veranstaltung ist beendet: es wird nichts abgebucht'],
  loading: ['Asking what is sold here…', 'Even vragen wat hier verkocht wordt…', 'On demande ce qui est vendu ici…', 'Es wird gefragt, was hier verkauft wird…'],
  no_products: ['No products yet: add them on the server, or charge another amount', 'Nog geen producten: voeg ze toe op de server, of reken een ander bedrag af', 'Pas encore de produits : ajoutez-les sur le serveur, ou encaissez un autre montant', 'Noch keine Produkte: auf dem Server hinzufügen oder einen anderen Betrag abbuchen'],
  products: ['Products', 'Producten', 'Produits', 'Produkte'],
  other: ['Other amount', 'Ander bedrag', 'Autre montant', 'Anderer Betrag'],
  basket: ['Basket', 'Mandje', 'Panier', 'Korb'],
  whole_basket: ['Whole basket', 'Alles zien', 'Tout le panier', 'Ganzer Korb'],
  basket_empty: ['Touch a product, or scan to see a balance', 'Raak een product aan, of scan om een saldo te zien', 'Touchez un produit, ou scannez pour voir un solde', 'Ein Produkt antippen oder scannen, um ein Guthaben zu sehen'],
  take_one: ['Take one away: {what}', 'Eén minder: {what}', 'Un de moins : {what}', 'Eines weniger: {what}'],
  clear: ['Empty', 'Leeg', 'Vider', 'Leeren'],
  again: ['Again', 'Opnieuw', 'Encore', 'Nochmals'],
  again_long: ['Again: {what}', 'Opnieuw: {what}', 'Encore : {what}', 'Nochmals: {what}'],
  pay: ['Pay {amount}', 'Betalen {amount}', 'Payer {amount}', 'Zahlen {amount}'],
  see_balance: ['See a balance', 'Saldo bekijken', 'Voir un solde', 'Guthaben ansehen'],
  nothing_to_pay: ['Nothing to pay: less than {amount}', 'Niets te betalen: minder dan {amount}', 'Rien à payer : moins de {amount}', 'Nichts zu zahlen: weniger als {amount}'],
  too_much: ['One sale is {amount} at most', 'Eén verkoop is hoogstens {amount}', 'Une vente est de {amount} au plus', 'Ein Verkauf ist höchstens {amount}'],
  menu: ['Menu', 'Menu', 'Menu', 'Menü'],
  close: ['Close', 'Sluiten', 'Fermer', 'Schließen'],
  cancel: ['Cancel', 'Annuleren', 'Annuler', 'Abbrechen'],
  ok: ['OK', 'OK', 'OK', 'OK'],
  next: ['Next customer', 'Volgende klant', 'Client suivant', 'Nächster Kunde'],
  add: ['Add {amount}', 'Toevoegen: {amount}', 'Ajouter {amount}', '{amount} hinzufügen'],
  scan_pay: ['Scan the pay code', 'Scan de betaalcode', 'Scannez le code de paiement', 'Zahlcode scannen'],
  scan_rest: ['Rest: scan another wristband', 'Rest: scan een ander bandje', 'Reste : scannez un autre bracelet', 'Rest: ein anderes Band scannen'],
  scan_balance: ['Scan a wristband to see its balance', 'Scan een bandje om het saldo te zien', 'Scannez un bracelet pour voir son solde', 'Ein Band scannen, um das Guthaben zu sehen'],
  hold: ['Hold the code before the camera', 'Hou de code voor de camera', 'Tenez le code devant la caméra', 'Den Code vor die Kamera halten'],
  several: ['More than one wristband in the picture: hold only one before the camera', 'Meer dan één bandje in beeld: hou er maar één voor de camera', 'Plus d’un bracelet dans l’image : n’en montrez qu’un à la caméra', 'Mehr als ein Band im Bild: nur eines vor die Kamera halten'],
  hold_chip: ['Or hold its chip against this device', 'Of hou de chip tegen dit toestel', 'Ou tenez la puce contre cet appareil', 'Oder den Chip an dieses Gerät halten'],
  same_code: ['The same code twice in two seconds counts once. If you mean it, type it again and touch “Go”.', 'Twee keer dezelfde code in twee seconden telt één keer. Bedoel je het zo, typ ze dan opnieuw en raak “Ga” aan.', 'Le même code deux fois en deux secondes compte une fois. Si c’est voulu, retapez-le et touchez «\u00a0OK\u00a0».', 'Zweimal derselbe Code in zwei Sekunden zählt einmal. Ist es so gemeint, tipp ihn noch einmal und berühr „Los“.'],
  no_camera: ['No camera: use a scanner, or type the code', 'Geen camera: gebruik een scanner, of typ de code', 'Pas de caméra : utilisez un lecteur, ou tapez le code', 'Keine Kamera: Scanner benutzen oder Code eintippen'],
  camera_refused: ['This browser doesn’t let the page use the camera: allow it in its settings, use a scanner, or type the code', 'Deze browser laat de pagina de camera niet gebruiken: sta het toe in de instellingen, gebruik een scanner, of typ de code', 'Ce navigateur ne laisse pas la page utiliser la caméra : autorisez-la dans ses réglages, utilisez un lecteur, ou tapez le code', 'Dieser Browser lässt die Seite die Kamera nicht benutzen: in den Einstellungen erlauben, Scanner benutzen oder Code eintippen'],
  camera_starts: ['The camera starts…', 'De camera start…', 'La caméra démarre…', 'Die Kamera startet…'],
  type_code: ['Or type the code', 'Of typ de code', 'Ou tapez le code', 'Oder den Code eintippen'],
  go: ['Go', 'Ga', 'OK', 'Los'],
  charging: ['Charging…', 'Afrekenen…', 'Encaissement…', 'Es wird abgebucht…'],
  looking: ['Looking it up…', 'Opzoeken…', 'Recherche…', 'Wird nachgesehen…'],
  paid: ['Paid', 'Betaald', 'Payé', 'Bezahlt'],
  trained: ['Would be paid', 'Zou betaald zijn', 'Serait payé', 'Wäre bezahlt'],
  trained_back: ['Would be taken back', 'Zou teruggenomen zijn', 'Serait remboursé', 'Wäre zurück\u00adgenommen'],
  nothing_charged: ['Training: nothing was charged or taken back', 'Oefening: er is niets aangerekend of teruggenomen', 'Exercice : rien n’a été débité ni remboursé', 'Übung: es wurde nichts abgebucht oder zurückgenommen'],
  was_paid_before: ['This sale had been taken back', 'Deze verkoop was teruggenomen', 'Cette vente avait été remboursée', 'Dieser Verkauf war zurückgenommen'],
  before: ['Before', 'Voor', 'Avant', 'Vorher'],
  amount: ['Amount', 'Bedrag', 'Montant', 'Betrag'],
  now: ['Now', 'Nu', 'Maintenant', 'Jetzt'],
  would_hold: ['Would hold', 'Zou bevatten', 'Contiendrait', 'Hätte dann'],
  wristband: ['Wristband', 'Bandje', 'Bracelet', 'Band'],
  balance: ['Balance', 'Saldo', 'Solde', 'Guthaben'],
  replaced: ['Replaced', 'Vervangen', 'Remplacé', 'Ersetzt'],
  short: ['Not enough money', 'Niet genoeg geld', 'Pas assez d’argent', 'Nicht genug Geld'],
  missing: ['Missing', 'Te kort', 'Manque', 'Es fehlen'],
  qr_exact: ['Scan with a bank app: it pays {amount} onto this wristband', 'Scan met een bankapp: die betaalt {amount} op dit bandje', 'Scannez avec l’app de la banque : elle paie {amount} sur ce bracelet', 'Mit der Bank-App scannen: sie zahlt {amount} auf dieses Band'],
  qr_typed: ['Scan with a bank app and type {amount}', 'Scan met een bankapp en typ {amount}', 'Scannez avec l’app de la banque et tapez {amount}', 'Mit der Bank-App scannen und {amount} eintippen'],
  qr_label: ['Top-up code of this wristband', 'Oplaadcode van dit bandje', 'Code de recharge de ce bracelet', 'Aufladecode dieses Bandes'],
  qr_none: ['The top-up code can’t be shown now', 'De oplaadcode kan nu niet getoond worden', 'Le code de recharge ne peut pas être affiché', 'Der Aufladecode kann jetzt nicht gezeigt werden'],
  money_came: ['The money is there', 'Het geld is er', 'L’argent est là', 'Das Geld ist da'],
  waiting_money: ['Waiting for the money…', 'Wachten op het geld…', 'En attente de l’argent…', 'Warten auf das Geld…'],
  waiting_offline: ['No connection: whether the money came can’t be seen now', 'Geen verbinding: of het geld er is, is nu niet te zien', 'Pas de connexion : impossible de voir si l’argent est arrivé', 'Keine Verbindung: ob das Geld da ist, ist jetzt nicht zu sehen'],
  split: ['Take {amount} from this one, the rest from another', 'Neem {amount} van dit bandje, de rest van een ander', 'Prendre {amount} sur celui-ci, le reste sur un autre', '{amount} von diesem, den Rest von einem anderen'],
  split_state: ['{amount} was paid by …{serial}', '{amount} werd betaald door …{serial}', '{amount} payés par …{serial}', '{amount} wurden bezahlt von …{serial}'],
  under_way: ['A sale was under way: {parts}. The help desk can give it back.', 'Er was een verkoop bezig: {parts}. De helpdesk kan het teruggeven.', 'Une vente était en cours : {parts}. Le point d’aide peut le rembourser.', 'Ein Verkauf war noch im Gang: {parts}. Die Hilfestelle kann es zurückgeben.'],
  under_way_closed: ['A sale was under way: {parts}. The event is closed: this stays charged, and the organiser settles it.', 'Er was een verkoop bezig: {parts}. Het evenement is afgesloten: dit blijft aangerekend, en de organisator regelt het.', 'Une vente était en cours : {parts}. L’événement est clôturé : cela reste débité, et l’organisateur s’en occupe.', 'Ein Verkauf war noch im Gang: {parts}. Die Veranstaltung ist beendet: das bleibt abgebucht, und der Veranstalter klärt es.'],
  part_went_back: ['A part went back meanwhile: {parts}. {amount} is to be paid now: scan again.', 'Een deel ging intussen terug: {parts}. Nu is {amount} te betalen: scan opnieuw.', 'Une partie a été remboursée entre-temps : {parts}. Il faut maintenant payer {amount} : scannez à nouveau.', 'Ein Teil ging inzwischen zurück: {parts}. Jetzt sind {amount} zu zahlen: nochmals scannen.'],
  rest: ['Rest of a sale', 'Rest van een verkoop', 'Reste d’une vente', 'Rest eines Verkaufs'],
  in_all: ['{total} in all: {parts}', '{total} in totaal: {parts}', '{total} en tout : {parts}', '{total} insgesamt: {parts}'],
  paid_its_part: ['This wristband has just paid its part of {amount}: hold another.', 'Dit bandje heeft net zijn deel van {amount} betaald: hou er een ander voor.', 'Ce bracelet vient de payer sa part de {amount} : présentez-en un autre.', 'Dieses Band hat gerade seinen Teil von {amount} bezahlt: ein anderes vorhalten.'],
  part_of: ['A part of {amount}:', 'Een deel van {amount}:', 'Une partie de {amount} :', 'Ein Teil von {amount}:'],
  and_more: ['and {count} more', 'en nog {count}', 'et {count} autres', 'und {count} weitere'],
  too_late_more: ['More than five minutes ago: this can’t go back at the bar any more. The help desk gives it back.', 'Meer dan vijf minuten geleden: dit kan niet meer terug aan de bar. De helpdesk geeft het terug.', 'Il y a plus de cinq minutes : le bar ne peut plus le rembourser. Le point d’aide le rembourse.', 'Mehr als fünf Minuten her: an der Bar kann es nicht mehr zurückgegeben werden. Die Hilfestelle gibt es zurück.'],
  closed_more: ['The event is closed: this stays charged and can’t go back at the bar any more. The organiser settles it.', 'Het evenement is afgesloten: dit blijft aangerekend en kan niet meer terug aan de bar. De organisator regelt het.', 'L’événement est clôturé : ceci reste débité et le bar ne peut plus le rembourser. L’organisateur s’en occupe.', 'Die Veranstaltung ist beendet: das bleibt abgebucht und kann an der Bar nicht mehr zurückgegeben werden. Der Veranstalter klärt es.'],
  leave_basket: ['Leave it to the help desk', 'Laat het aan de helpdesk over', 'Laisser au point d’aide', 'Der Hilfestelle überlassen'],
  leave_to_organiser: ['Leave it to the organiser', 'Laat het aan de organisator over', 'Laisser à l’organisateur', 'Dem Veranstalter überlassen'],
  desk_gives_back: ['The help desk gives it back', 'De helpdesk geeft het terug', 'Le point d’aide le rembourse', 'Die Hilfestelle gibt es zurück'],
  organiser_settles: ['The organiser settles it', 'De organisator regelt het', 'L’organisateur s’en occupe', 'Der Veranstalter klärt es'],
  give_back: ['Give it back', 'Teruggeven', 'Rembourser', 'Zurückgeben'],
  refused: ['Not charged', 'Niet aangerekend', 'Non débité', 'Nicht abgebucht'],
  not_done: ['Not possible', 'Niet mogelijk', 'Pas possible', 'Nicht möglich'],
  unknown: ['Not known yet', 'Nog niet bekend', 'Pas encore connu', 'Noch nicht bekannt'],
  unknown_more: ['The connection broke. It is asked again by itself whether {amount} was charged. Don’t charge it again.', 'De verbinding viel weg. Er wordt vanzelf opnieuw gevraagd of {amount} aangerekend is. Reken het niet opnieuw af.', 'La connexion s’est coupée. On redemande si {amount} a été débité. N’encaissez pas une seconde fois.', 'Die Verbindung brach ab. Es wird von selbst wieder gefragt, ob {amount} abgebucht wurde. Nicht noch einmal abbuchen.'],
  set_aside: ['Go on, and keep asking', 'Ga verder, en blijf het vragen', 'Continuer, et redemander', 'Weitermachen, und weiter fragen'],
  aside: ['{amount}: not known yet. It is asked again by itself. Don’t charge it again.', '{amount}: nog niet bekend. Het wordt vanzelf opnieuw gevraagd. Reken het niet opnieuw af.', '{amount} : pas encore connu. On redemande. N’encaissez pas une seconde fois.', '{amount}: noch nicht bekannt. Es wird von selbst wieder gefragt. Nicht noch einmal abbuchen.'],
  known: ['It is known now: charged', 'Nu bekend: aangerekend', 'C’est connu : débité', 'Jetzt bekannt: abgebucht'],
  known_more: ['{amount} of …{serial}, which was not known yet, was charged.', '{amount} van …{serial}, dat nog niet bekend was, is aangerekend.', '{amount} de …{serial}, pas encore connu, a été débité.', '{amount} von …{serial}, noch nicht bekannt, wurde abgebucht.'],
  aside_not_charged: ['{amount}, which was not known yet, never arrived at the service and was not charged. The basket on the screen is another one.', '{amount}, dat nog niet bekend was, is nooit aangekomen en niet aangerekend. Het mandje op het scherm is een ander.', '{amount}, pas encore connu, n’est jamais arrivé et n’a pas été débité. Le panier à l’écran en est un autre.', '{amount}, noch nicht bekannt, kam nie an und wurde nicht abgebucht. Der Korb auf dem Bildschirm ist ein anderer.'],
  not_charged_more: ['{amount} never arrived at the service and was not charged. The basket is still there: scan again, or empty it.', '{amount} is nooit aangekomen en niet aangerekend. Het mandje is er nog: scan opnieuw, of maak het leeg.', '{amount} n’est jamais arrivé et n’a pas été débité. Le panier est encore là : scannez à nouveau, ou videz-le.', '{amount} kam nie an und wurde nicht abgebucht. Der Korb ist noch da: nochmals scannen oder leeren.'],
  late: ['Charged after all', 'Toch aangerekend', 'Débité quand même', 'Doch abgebucht'],
  late_more: ['{amount} of …{serial} arrived late. Take it back under Menu if the customer did not want it.', '{amount} van …{serial} kwam laat aan. Neem het terug via Menu als de klant het niet wilde.', '{amount} de …{serial} est arrivé en retard. Remboursez-le dans Menu si le client ne le voulait pas.', '{amount} von …{serial} kam spät an. Unter Menü zurücknehmen, wenn der Kunde es nicht wollte.'],
  offline_more: ['No connection: nothing was charged. It works again as soon as the network does.', 'Geen verbinding: er is niets aangerekend. Het werkt weer zodra het netwerk er is.', 'Pas de connexion : rien n’a été débité. Cela remarche dès que le réseau revient.', 'Keine Verbindung: es wurde nichts abgebucht. Es geht wieder, sobald das Netz da ist.'],
  offline_part: ['No connection: this part was not charged. What was paid before stays: {parts}. Scan again as soon as the network is back.', 'Geen verbinding: dit deel is niet aangerekend. Wat al betaald was, blijft: {parts}. Scan opnieuw zodra het netwerk er weer is.', 'Pas de connexion : cette partie n’a pas été débitée. Ce qui était déjà payé le reste : {parts}. Scannez à nouveau dès que le réseau revient.', 'Keine Verbindung: dieser Teil wurde nicht abgebucht. Was schon bezahlt war, bleibt es: {parts}. Nochmals scannen, sobald das Netz wieder da ist.'],
  void_offline: ['No connection: it can’t be taken back now. Try it again as soon as the network is there.', 'Geen verbinding: het kan nu niet teruggenomen worden. Probeer opnieuw zodra het netwerk er is.', 'Pas de connexion : impossible de rembourser maintenant. Réessayez dès que le réseau revient.', 'Keine Verbindung: jetzt kann nichts zurückgenommen werden. Nochmals versuchen, sobald das Netz da ist.'],
  last_sales: ['Last sales', 'Laatste verkopen', 'Dernières ventes', 'Letzte Verkäufe'],
  trained_sales: ['Last training sales', 'Laatste oefenverkopen', 'Dernières ventes d’exercice', 'Letzte Übungsverkäufe'],
  no_sales: ['No sales of the last five minutes', 'Geen verkopen van de laatste vijf minuten', 'Aucune vente des cinq dernières minutes', 'Keine Verkäufe der letzten fünf Minuten'],
  take_back: ['Take back', 'Terugnemen', 'Rembourser', 'Zurück\u00adnehmen'],
  take_back_sure: ['Take {amount} back?', '{amount} terugnemen?', 'Rembourser {amount} ?', '{amount} zurück\u00adnehmen?'],
  take_back_more: ['The wristband …{serial} gets it back at once.', 'Het bandje …{serial} krijgt het meteen terug.', 'Le bracelet …{serial} est recrédité tout de suite.', 'Das Band …{serial} bekommt es sofort zurück.'],
  take_back_part: ['It is one part of a sale of {amount}: the others stay as they are.', 'Het is één deel van een verkoop van {amount}: de andere blijven zoals ze zijn.', 'C’est une partie d’une vente de {amount} : les autres restent comme elles sont.', 'Es ist ein Teil eines Verkaufs über {amount}: die anderen bleiben, wie sie sind.'],
  voided: ['Taken back', 'Teruggenomen', 'Remboursé', 'Zurück\u00adgenommen'],
  given_back: ['Given back', 'Teruggegeven', 'Rendu', 'Zurück\u00adgegeben'],
  void_unknown: ['No answer: it may have been taken back, or not. Try it again: it happens once.', 'Geen antwoord: misschien is het teruggenomen, misschien niet. Probeer opnieuw: het gebeurt één keer.', 'Pas de réponse : c’est peut-être remboursé. Réessayez : cela n’arrive qu’une fois.', 'Keine Antwort: vielleicht zurückgenommen, vielleicht nicht. Nochmals versuchen: es geschieht einmal.'],
  settings: ['Settings', 'Instellingen', 'Réglages', 'Einstellungen'],
  training_switch: ['Training: charge nothing', 'Oefenen: niets aanrekenen', 'Exercice : ne rien débiter', 'Übung: nichts abbuchen'],
  training_unknown: ['It is not certain yet whether {amount} was charged: training waits until it is.', 'Het is nog niet zeker of {amount} aangerekend is: oefenen kan pas daarna.', 'On ne sait pas encore avec certitude si {amount} a été débité : l’exercice attend.', 'Noch ist nicht sicher, ob {amount} abgebucht wurde: die Übung wartet so lange.'],
  training_doubts: ['{amount} never arrived, as far as is known. It is looked for again for ten minutes, should it arrive late: training waits so long.', 'Voor zover bekend is {amount} nooit aangekomen. Er wordt nog tien minuten naar gezocht, mocht het laat aankomen: oefenen kan pas daarna.', 'Pour autant qu’on sache, {amount} n’est jamais arrivé. On le cherche encore pendant dix minutes, au cas où il arriverait tard : l’exercice attend.', '{amount} kam, soweit bekannt, nie an. Zehn Minuten lang wird noch danach gesucht, falls es spät ankommt: die Übung wartet so lange.'],
  training_part_paid: ['A part of the basket was really paid: finish the sale or give it back before training.', 'Een deel van het mandje is echt betaald: rond de verkoop af of geef het terug vóór het oefenen.', 'Une partie du panier a vraiment été payée : terminez la vente ou remboursez-la avant l’exercice.', 'Ein Teil des Korbs wurde wirklich bezahlt: vor der Übung den Verkauf abschließen oder zurückgeben.'],
  sound: ['Sound', 'Geluid', 'Son', 'Ton'],
  language: ['Language', 'Taal', 'Langue', 'Sprache'],
  leave: ['End this terminal on this device', 'Deze terminal op dit toestel beëindigen', 'Terminer ce terminal sur cet appareil', 'Dieses Terminal auf diesem Gerät beenden'],
  leave_sure: ['End this terminal here?', 'Deze terminal hier beëindigen?', 'Terminer ce terminal ici ?', 'Dieses Terminal hier beenden?'],
  leave_more: ['It takes a new code to sell with this device again. The list of last sales is lost here.', 'Er is een nieuwe code nodig om met dit toestel weer te verkopen. De lijst van laatste verkopen gaat hier verloren.', 'Il faut un nouveau code pour revendre avec cet appareil. La liste des dernières ventes est perdue ici.', 'Für weitere Verkäufe braucht dieses Gerät einen neuen Code. Die Liste der letzten Verkäufe geht hier verloren.'],
  leave_part_paid: ['A part of the basket was really paid: finish the sale or give it back before ending this terminal.', 'Een deel van het mandje is echt betaald: rond de verkoop af of geef het terug vóór je deze terminal beëindigt.', 'Une partie du panier a vraiment été payée : terminez la vente ou remboursez-la avant de terminer ce terminal.', 'Ein Teil des Korbs wurde wirklich bezahlt: den Verkauf abschließen oder zurückgeben, bevor dieses Terminal beendet wird.'],
  leave_part_paid_closed: ['A part of the basket was really paid: touch “Give it back” to leave it to the organiser, then end this terminal.', 'Een deel van het mandje is echt betaald: raak “Teruggeven” aan om het aan de organisator over te laten, en beëindig dan deze terminal.', 'Une partie du panier a vraiment été payée : touchez «\u00a0Rembourser\u00a0» pour la laisser à l’organisateur, puis terminez ce terminal.', 'Ein Teil des Korbs wurde wirklich bezahlt: berühr „Zurückgeben“, um das dem Veranstalter zu überlassen, und beende dann dieses Terminal.'],
  enrol: ['Make this device a terminal', 'Maak van dit toestel een terminal', 'Faire de cet appareil un terminal', 'Dieses Gerät zum Terminal machen'],
  enrol_more: ['Scan the QR that the organiser’s console shows for a terminal, or type the code beside it. It works once, for 15 minutes.', 'Scan de QR die de console van de organisator voor een terminal toont, of typ de code ernaast. Ze werkt één keer, 15 minuten lang.', 'Scannez le QR que la console de l’organisateur montre pour un terminal, ou tapez le code à côté. Il marche une fois, pendant 15 minutes.', 'Den QR scannen, den die Konsole des Veranstalters für ein Terminal zeigt, oder den Code daneben eintippen. Er gilt einmal, 15 Minuten lang.'],
  code: ['Code', 'Code', 'Code', 'Code'],
  device_name: ['Name of this device', 'Naam van dit toestel', 'Nom de cet appareil', 'Name dieses Geräts'],
  needed: ['Fill this in', 'Vul dit in', 'À remplir', 'Bitte ausfüllen'],
  start: ['Start selling', 'Begin te verkopen', 'Commencer à vendre', 'Verkauf beginnen'],
  starting: ['One moment…', 'Een ogenblik…', 'Un instant…', 'Einen Moment…'],
  revoked: ['This terminal was ended by the organiser. Its sales are safe in the books. It takes a new code to sell again.', 'Deze terminal is beëindigd door de organisator. De verkopen staan veilig in de boeken. Er is een nieuwe code nodig om weer te verkopen.', 'Ce terminal a été arrêté par l’organisateur. Ses ventes sont dans les livres. Il faut un nouveau code pour revendre.', 'Dieses Terminal wurde vom Veranstalter beendet. Seine Verkäufe stehen in den Büchern. Zum Weiterverkaufen braucht es einen neuen Code.'],
  revoked_refused: ['The last sale of {amount} was not taken: nothing was charged.', 'De laatste verkoop van {amount} ging niet door: er is niets afgerekend.', 'La dernière vente de {amount} n’a pas eu lieu : rien n’a été débité.', 'Der letzte Verkauf über {amount} kam nicht zustande: es wurde nichts abgebucht.'],
  revoked_open: ['What became of a sale of {amount} is not known here: the organiser can see it.', 'Wat er met een verkoop van {amount} gebeurde is hier niet bekend: de organisator kan het zien.', 'Ce qu’est devenue une vente de {amount} n’est pas connu ici : l’organisateur peut le voir.', 'Was aus einem Verkauf über {amount} wurde, ist hier nicht bekannt: der Veranstalter kann es sehen.'],
  revoked_open_more: ['What became of {count} sales ({amount}) is not known here: the organiser can see it.', 'Wat er met {count} verkopen ({amount}) gebeurde is hier niet bekend: de organisator kan het zien.', 'Ce que sont devenues {count} ventes ({amount}) n’est pas connu ici : l’organisateur peut le voir.', 'Was aus {count} Verkäufen ({amount}) wurde, ist hier nicht bekannt: der Veranstalter kann es sehen.'],
  another_tab: ['The terminal is open in another tab or window of this device already: go on there.', 'De terminal is al open in een ander tabblad of venster: ga daar verder.', 'Le terminal est déjà ouvert dans un autre onglet : continuez là.', 'Das Terminal ist schon in einem anderen Tab offen: dort weitermachen.'],
  keeps_nothing: ['This browser keeps nothing (a private window?): a sale could be forgotten. Open the page in an ordinary window.', 'Deze browser bewaart niets (privévenster?): een verkoop kan verloren gaan. Open de pagina in een gewoon venster.', 'Ce navigateur ne garde rien (fenêtre privée ?) : une vente pourrait être oubliée. Ouvrez une fenêtre normale.', 'Dieser Browser merkt sich nichts (privates Fenster?): ein Verkauf ginge verloren. Bitte ein normales Fenster öffnen.'],
  'why top-up-code-cannot-pay': ['This is the top-up code: it only adds money. Scan the pay code.', 'Dit is de oplaadcode: die voegt alleen geld toe. Scan de betaalcode.', 'C’est le code de recharge : il ajoute seulement de l’argent. Scannez le code de paiement.', 'Das ist der Aufladecode: er lädt nur auf. Bitte den Zahlcode scannen.'],
  'why serial-cannot-pay': ['The printed number can’t pay. Scan the pay code.', 'Het gedrukte nummer kan niet betalen. Scan de betaalcode.', 'Le numéro imprimé ne peut pas payer. Scannez le code de paiement.', 'Die gedruckte Nummer kann nicht zahlen. Bitte den Zahlcode scannen.'],
  'why unknown-medium': ['No wristband or card of this event has this code. Scan it again.', 'Geen bandje of kaart van dit evenement heeft deze code. Scan opnieuw.', 'Aucun bracelet ou carte de cet événement n’a ce code. Scannez à nouveau.', 'Kein Band und keine Karte dieser Veranstaltung hat diesen Code. Nochmals scannen.'],
  'why foreign-code': ['This is not a code of this event.', 'Dit is geen code van dit evenement.', 'Ce n’est pas un code de cet événement.', 'Das ist kein Code dieser Veranstaltung.'],
  'why event-closed': ['The event is closed: nothing is charged or taken back any more.', 'Het evenement is afgesloten: er wordt niets meer aangerekend of teruggenomen.', 'L’événement est clôturé : plus rien n’est débité ni remboursé.', 'Die Veranstaltung ist beendet: es wird nichts mehr abgebucht oder zurückgenommen.'],
  'why too-late-to-void': ['It is more than five minutes ago. The help desk can take it back.', 'Het is meer dan vijf minuten geleden. De helpdesk kan het terugnemen.', 'Cela fait plus de cinq minutes. Le point d’aide peut le rembourser.', 'Es ist mehr als fünf Minuten her. Die Hilfestelle kann es zurücknehmen.'],
  'why invalid-enrolment-code': ['This code is unknown, was used, or is older than 15 minutes. Ask for a new one.', 'Deze code is onbekend, gebruikt, of ouder dan 15 minuten. Vraag een nieuwe.', 'Ce code est inconnu, utilisé, ou a plus de 15 minutes. Demandez-en un nouveau.', 'Dieser Code ist unbekannt, benutzt oder älter als 15 Minuten. Bitte einen neuen verlangen.'],
  name_wrong: ['A name has 1 to 60 characters, without any special signs.', 'Een naam heeft 1 tot 60 tekens, zonder bijzondere tekens.', 'Un nom a de 1 à 60 caractères, sans signes spéciaux.', 'Ein Name hat 1 bis 60 Zeichen, ohne besondere Zeichen.'],
  'why too-many-requests': ['Too many tries. Wait a minute.', 'Te veel pogingen. Wacht een minuut.', 'Trop d’essais. Attendez une minute.', 'Zu viele Versuche. Eine Minute warten.'],
  'why unauthorized': ['This terminal was ended by the organiser.', 'Deze terminal is beëindigd door de organisator.', 'Ce terminal a été arrêté par l’organisateur.', 'Dieses Terminal wurde vom Veranstalter beendet.'],
  'why issued': ['This wristband was never used. It has to be topped up first.', 'Dit bandje is nog nooit gebruikt. Laad het eerst op.', 'Ce bracelet n’a jamais servi. Il faut d’abord le recharger.', 'Dieses Band wurde noch nie benutzt. Es muss zuerst aufgeladen werden.'],
  'why frozen': ['This wristband is frozen. The help desk can unfreeze it.', 'Dit bandje is geblokkeerd. De helpdesk kan het deblokkeren.', 'Ce bracelet est bloqué. Le point d’aide peut le débloquer.', 'Dieses Band ist gesperrt. Die Hilfestelle kann es entsperren.'],
  'why frozen by its visitor': ['Whoever wears this wristband froze it. Their own code unfreezes it, or the help desk.', 'Wie dit bandje draagt, heeft het zelf geblokkeerd. Met de eigen code of aan de helpdesk komt het vrij.', 'La personne qui porte ce bracelet l’a bloqué. Son propre code le débloque, ou le point d’aide.', 'Wer dieses Band trägt, hat es selbst gesperrt. Der eigene Code entsperrt es, oder die Hilfestelle.'],
  'why replaced': ['This wristband was replaced. The new one pays.', 'Dit bandje is vervangen. Het nieuwe betaalt.', 'Ce bracelet a été remplacé. C’est le nouveau qui paie.', 'Dieses Band wurde ersetzt. Das neue zahlt.'],
  'why revoked': ['This wristband was revoked. The help desk can help.', 'Dit bandje is ingetrokken. De helpdesk kan helpen.', 'Ce bracelet a été retiré. Le point d’aide peut aider.', 'Dieses Band wurde eingezogen. Die Hilfestelle kann helfen.'],
  'why quarantined': ['This wristband is of a roll that is held back. The help desk can help.', 'Dit bandje is van een rol die tegengehouden wordt. De helpdesk kan helpen.', 'Ce bracelet vient d’un rouleau qui est bloqué. Le point d’aide peut aider.', 'Dieses Band ist von einer Rolle, die zurückgehalten wird. Die Hilfestelle kann helfen.'],
  'why spoiled': ['This wristband is a misprint and was never valid.', 'Dit bandje is een misdruk en was nooit geldig.', 'Ce bracelet est un raté d’impression et n’a jamais été valable.', 'Dieses Band ist ein Fehldruck und war nie gültig.'],
};

// What the till itself writes on the lines of a sale: in one language, whatever its own, so that everybody reads it in theirs.
export const OTHER_AMOUNT = 'Other amount';
export const REST = 'Rest of a sale';
export const BY_ANOTHER = 'Paid by a second wristband';
const LINES = new Map([[OTHER_AMOUNT, 'other'], [REST, 'rest']]);

let language = 0;

export function choose(code) {
  const wanted = code || kept('language') || navigator.language.slice(0, 2);
  language = Math.max(0, LANGUAGES.findIndex(([known]) => known === wanted));
  document.documentElement.lang = LANGUAGES[language][0];
  if (code) keep('language', code);
}

export const chosen = () => LANGUAGES[language][0];

export function t(name, values = {}) {
  // French has a blank before these marks, and no line ends there.
  const text = WORDS[name][language].replace(/ (?=[?!:;])/g, '\u00a0');
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

// A line of a sale as the bar reads it.
export const named = (product) => (LINES.has(product) ? t(LINES.get(product)) : product);

// No line of text ends between how many and what.
export const counted = ({ quantity, product }) => `${quantity}×\u00a0${named(product)}`;

// Parts of a sale, each with the wristband that paid it.
export const paidBy = (parts) =>
  parts.map((part) => t('split_state', { amount: euros(part.amount_cents), serial: part.serial.slice(-4) })).join(', ');

// A refusal in plain words; the service's own sentence where there are none here.
export function why(error) {
  const status = error.problem.frozen_by ? 'frozen by its visitor' : error.problem.medium_status;
  const name = error.name_ === 'medium-not-active' ? status : error.name_;
  return `why ${name}` in WORDS ? t(`why ${name}`) : error.problem.detail || error.message;
}

// The time of day of a sale, by the service's clock where that is known.
export const clock = ({ sold_at, at }) =>
  new Date(sold_at ?? at).toLocaleTimeString('nl-BE', { timeZone: 'Europe/Brussels', hour: '2-digit', minute: '2-digit' });

// As Belgians read it: € 1.234,50.
export function euros(cents) {
  const whole = String(Math.trunc(Math.abs(cents) / 100)).replace(/\B(?=(\d{3})+$)/g, '.');
  const part = String(Math.abs(cents) % 100).padStart(2, '0');
  return `${cents < 0 ? '−' : ''}€\u00a0${whole},${part}`;
}
