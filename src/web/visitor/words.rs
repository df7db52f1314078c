//! What the visitors' pages say, in four languages.

use crate::ledger::Code;
use crate::media::MediumStatus;
use crate::print::Language;

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) balance: &'static str,
    pub(super) number: &'static str,
    pub(super) top_up: &'static str,
    pub(super) top_up_how: &'static str,
    pub(super) last_movements: &'static str,
    pub(super) no_movements: &'static str,
    pub(super) as_of: &'static str,
    pub(super) add_money_title: &'static str,
    pub(super) add_money_how: &'static str,
    pub(super) unknown_title: &'static str,
    pub(super) unknown_how: &'static str,
    pub(super) expired_title: &'static str,
    pub(super) expired_how: &'static str,
    pub(super) closed: &'static str,
    topped_up: &'static str,
    paid: &'static str,
    paid_back: &'static str,
    corrected: &'static str,
    to_be_refunded: &'static str,
    not_used_yet: &'static str,
    frozen: &'static str,
    replaced: &'static str,
    ended: &'static str,
    quarantined: &'static str,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Words {
        match language {
            Language::Dutch => &DUTCH,
            Language::French => &FRENCH,
            Language::German => &GERMAN,
            Language::English => &ENGLISH,
        }
    }

    /// What a transfer was, in plain words.
    pub(super) fn movement(&self, code: Code) -> &'static str {
        match code {
            Code::TopUp => self.topped_up,
            Code::Charge => self.paid,
            Code::Void => self.paid_back,
            Code::ParkedToWallet | Code::Parked => self.corrected,
            Code::RefundRequested | Code::ParkedReturned => self.to_be_refunded,
        }
    }

    /// What there is to know of a medium that does not simply work.
    pub(super) fn status(&self, status: MediumStatus) -> Option<&'static str> {
        match status {
            MediumStatus::Active => None,
            MediumStatus::Issued => Some(self.not_used_yet),
            MediumStatus::Frozen => Some(self.frozen),
            MediumStatus::Replaced => Some(self.replaced),
            MediumStatus::Revoked | MediumStatus::Spoiled => Some(self.ended),
            MediumStatus::Quarantined => Some(self.quarantined),
        }
    }
}

static DUTCH: Words = Words {
    lang: "nl",
    balance: "Saldo",
    number: "Nummer",
    top_up: "Opladen met Bancontact",
    top_up_how: "Opent je bankapp. Het geld staat binnen enkele seconden op je bandje.",
    last_movements: "Laatste verrichtingen",
    no_movements: "Nog niets betaald of opgeladen.",
    as_of: "Stand op",
    add_money_title: "Geld toevoegen",
    add_money_how: "Deze code kan alleen geld toevoegen. Scan ze met je bankapp, of tik hieronder.",
    unknown_title: "Deze code kennen we niet",
    unknown_how: "Scan de code op je polsbandje of kaart opnieuw, of ga langs bij de infostand.",
    expired_title: "Scan je polsbandje",
    expired_how: "Scan de betaalcode op je polsbandje of kaart om je saldo te zien.",
    closed: "Het evenement is afgelopen: er kan niet meer betaald worden.",
    topped_up: "Opgeladen",
    paid: "Betaald",
    paid_back: "Terugbetaald",
    corrected: "Bijgeschreven",
    to_be_refunded: "Wordt teruggestort",
    not_used_yet: "Nog niet gebruikt: laad eerst geld op.",
    frozen: "Geblokkeerd: er kan niet mee betaald worden. De infostand helpt je verder.",
    replaced: "Dit bandje werd vervangen. Scan het nieuwe om je saldo te zien.",
    ended: "Dit bandje is niet meer geldig. De infostand helpt je verder.",
    quarantined: "Dit bandje is als verloren gemeld: laad er geen geld op. De infostand helpt je verder.",
};

static FRENCH: Words = Words {
    lang: "fr",
    balance: "Solde",
    number: "Numéro",
    top_up: "Recharger avec Bancontact",
    top_up_how: "Ouvre votre app bancaire. L’argent est sur votre bracelet en quelques secondes.",
    last_movements: "Derniers mouvements",
    no_movements: "Encore rien de payé ni de rechargé.",
    as_of: "Situation au",
    add_money_title: "Ajouter de l’argent",
    add_money_how: "Ce code peut seulement ajouter de l’argent. Scannez-le avec votre app bancaire, ou touchez ci-dessous.",
    unknown_title: "Nous ne connaissons pas ce code",
    unknown_how: "Scannez à nouveau le code de votre bracelet ou carte, ou passez au stand d’information.",
    expired_title: "Scannez votre bracelet",
    expired_how: "Scannez le code de paiement de votre bracelet ou carte pour voir votre solde.",
    closed: "L’événement est terminé : on ne peut plus payer.",
    topped_up: "Rechargé",
    paid: "Payé",
    paid_back: "Remboursé",
    corrected: "Crédité",
    to_be_refunded: "En cours de remboursement",
    not_used_yet: "Pas encore utilisé : rechargez d’abord.",
    frozen: "Bloqué : on ne peut pas payer avec. Le stand d’information vous aide.",
    replaced: "Ce bracelet a été remplacé. Scannez le nouveau pour voir votre solde.",
    ended: "Ce bracelet n’est plus valable. Le stand d’information vous aide.",
    quarantined: "Ce bracelet a été signalé perdu : ne le rechargez pas. Le stand d’information vous aide.",
};

static GERMAN: Words = Words {
    lang: "de",
    balance: "Guthaben",
    number: "Nummer",
    top_up: "Mit Bancontact aufladen",
    top_up_how: "Öffnet deine Bank-App. Das Geld ist in wenigen Sekunden auf deinem Band.",
    last_movements: "Letzte Bewegungen",
    no_movements: "Noch nichts bezahlt oder aufgeladen.",
    as_of: "Stand vom",
    add_money_title: "Geld hinzufügen",
    add_money_how: "Dieser Code kann nur Geld hinzufügen. Scanne ihn mit deiner Bank-App, oder tippe unten.",
    unknown_title: "Diesen Code kennen wir nicht",
    unknown_how: "Scanne den Code auf deinem Band oder deiner Karte noch einmal, oder komm zum Infostand.",
    expired_title: "Scanne dein Band",
    expired_how: "Scanne den Bezahlcode auf deinem Band oder deiner Karte, um dein Guthaben zu sehen.",
    closed: "Die Veranstaltung ist vorbei: es kann nicht mehr bezahlt werden.",
    topped_up: "Aufgeladen",
    paid: "Bezahlt",
    paid_back: "Zurückgezahlt",
    corrected: "Gutgeschrieben",
    to_be_refunded: "Wird zurücküberwiesen",
    not_used_yet: "Noch nicht benutzt: lade zuerst Geld auf.",
    frozen: "Gesperrt: damit kann nicht bezahlt werden. Der Infostand hilft dir weiter.",
    replaced: "Dieses Band wurde ersetzt. Scanne das neue, um dein Guthaben zu sehen.",
    ended: "Dieses Band ist nicht mehr gültig. Der Infostand hilft dir weiter.",
    quarantined: "Dieses Band wurde als verloren gemeldet: lade kein Geld auf. Der Infostand hilft dir weiter.",
};

static ENGLISH: Words = Words {
    lang: "en",
    balance: "Balance",
    number: "Number",
    top_up: "Top up with Bancontact",
    top_up_how: "Opens your bank app. The money is on your wristband within seconds.",
    last_movements: "Latest movements",
    no_movements: "Nothing paid or topped up yet.",
    as_of: "As of",
    add_money_title: "Add money",
    add_money_how: "This code can only add money. Scan it with your bank app, or tap below.",
    unknown_title: "We don’t know this code",
    unknown_how: "Scan the code on your wristband or card again, or come to the info desk.",
    expired_title: "Scan your wristband",
    expired_how: "Scan the pay code on your wristband or card to see your balance.",
    closed: "The event is over: nothing can be paid any more.",
    topped_up: "Topped up",
    paid: "Paid",
    paid_back: "Paid back",
    corrected: "Credited",
    to_be_refunded: "On its way back to you",
    not_used_yet: "Not used yet: top it up first.",
    frozen: "Frozen: it can’t pay. The info desk helps you.",
    replaced: "This wristband was replaced. Scan the new one to see your balance.",
    ended: "This wristband is not valid any more. The info desk helps you.",
    quarantined: "This wristband was reported lost: add no money to it. The info desk helps you.",
};
