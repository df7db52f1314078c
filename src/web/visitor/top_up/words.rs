//! What the top-up pages say, in four languages.

use crate::money::Cents;
use crate::print::Language;
use crate::web::visitor::words::Words;

/// The words of one language.
#[derive(Debug)]
pub(super) struct PayWords {
    lang: &'static str,
    pub(super) wristband: &'static str,
    pub(super) choose: &'static str,
    pub(super) other_amount: &'static str,
    pub(super) pay: &'static str,
    pub(super) add: &'static str,
    pub(super) not_an_amount: &'static str,
    from: &'static str,
    to: &'static str,
    pub(super) provider_refuses: &'static str,
    pub(super) to_bank: &'static str,
    pub(super) scan: &'static str,
    pub(super) preparing: &'static str,
    pub(super) preparing_how: &'static str,
    pub(super) waiting: &'static str,
    pub(super) credited: &'static str,
    pub(super) credited_how: &'static str,
    pub(super) parked: &'static str,
    pub(super) parked_how: &'static str,
    pub(super) failed: &'static str,
    pub(super) failed_how: &'static str,
    pub(super) expired: &'static str,
    pub(super) expired_how: &'static str,
    pub(super) again: &'static str,
    pub(super) more: &'static str,
    pub(super) look_again: &'static str,
}

impl PayWords {
    pub(super) fn of(language: Language) -> &'static PayWords {
        match language {
            Language::Dutch => &DUTCH,
            Language::French => &FRENCH,
            Language::German => &GERMAN,
            Language::English => &ENGLISH,
        }
    }

    /// In the language of the other words of a page.
    pub(super) fn of_words(words: &Words) -> &'static PayWords {
        [&DUTCH, &FRENCH, &GERMAN].into_iter().find(|own| own.lang == words.lang).unwrap_or(&ENGLISH)
    }

    /// What may be paid.
    pub(super) fn outside(&self, min: Cents, max: Cents) -> String {
        format!("{} {min} {} {max}.", self.from, self.to)
    }
}

static DUTCH: PayWords = PayWords {
    lang: "nl",
    wristband: "Nummer eindigt op",
    choose: "Hoeveel wil je toevoegen?",
    other_amount: "Ander bedrag, in euro",
    pay: "Betaal",
    add: "Toevoegen",
    not_an_amount: "Dit is geen bedrag. Schrijf het als 12,50.",
    from: "Je kan een bedrag kiezen van",
    to: "tot",
    provider_refuses: "De betaling kon niet klaargezet worden. Er is niets betaald. Probeer het straks opnieuw.",
    to_bank: "Naar je bankapp",
    scan: "Of scan deze code met je bankapp.",
    preparing: "Je betaling wordt klaargezet",
    preparing_how: "Deze pagina ververst vanzelf. Duurt het te lang, begin dan opnieuw: er is nog niets betaald.",
    waiting: "Heb je betaald? Dan zie je hier vanzelf dat het geld er is.",
    credited: "Het geld staat op je bandje",
    credited_how: "Je kan er meteen mee betalen.",
    parked: "Je betaling is aangekomen",
    parked_how: "Ze kon niet op dit bandje gezet worden. De infostand helpt je verder; er is niets verloren.",
    failed: "Er is niet betaald",
    failed_how: "De betaling werd geweigerd of afgebroken. Probeer het gerust opnieuw.",
    expired: "De tijd om te betalen is voorbij",
    expired_how: "Heb je toch betaald, dan komt het geld vanzelf op je bandje.",
    again: "Opnieuw proberen",
    more: "Nog geld toevoegen",
    look_again: "Opnieuw kijken",
};

static FRENCH: PayWords = PayWords {
    lang: "fr",
    wristband: "Le numéro se termine par",
    choose: "Combien voulez-vous ajouter ?",
    other_amount: "Autre montant, en euros",
    pay: "Payer",
    add: "Ajouter",
    not_an_amount: "Ce n’est pas un montant. Écrivez-le ainsi : 12,50.",
    from: "Choisissez un montant de",
    to: "à",
    provider_refuses: "Le paiement n’a pas pu être préparé. Rien n’a été payé. Réessayez plus tard.",
    to_bank: "Vers votre app bancaire",
    scan: "Ou scannez ce code avec votre app bancaire.",
    preparing: "Votre paiement est en préparation",
    preparing_how: "Cette page s’actualise d’elle-même. Si cela dure, recommencez : rien n’a encore été payé.",
    waiting: "Vous avez payé ? Vous verrez ici que l’argent est arrivé.",
    credited: "L’argent est sur votre bracelet",
    credited_how: "Vous pouvez payer tout de suite.",
    parked: "Votre paiement est arrivé",
    parked_how: "Il n’a pas pu être mis sur ce bracelet. Le stand d’information vous aide ; rien n’est perdu.",
    failed: "Rien n’a été payé",
    failed_how: "Le paiement a été refusé ou interrompu. Vous pouvez réessayer.",
    expired: "Le temps pour payer est écoulé",
    expired_how: "Si vous avez payé malgré tout, l’argent arrivera de lui-même sur votre bracelet.",
    again: "Réessayer",
    more: "Ajouter encore de l’argent",
    look_again: "Actualiser",
};

static GERMAN: PayWords = PayWords {
    lang: "de",
    wristband: "Die Nummer endet auf",
    choose: "Wie viel möchtest du hinzufügen?",
    other_amount: "Anderer Betrag, in Euro",
    pay: "Bezahle",
    add: "Hinzufügen",
    not_an_amount: "Das ist kein Betrag. Schreibe ihn so: 12,50.",
    from: "Möglich ist ein Betrag von",
    to: "bis",
    provider_refuses: "Die Zahlung konnte nicht vorbereitet werden. Es wurde nichts bezahlt. Versuche es später noch einmal.",
    to_bank: "Zu deiner Bank-App",
    scan: "Oder scanne diesen Code mit deiner Bank-App.",
    preparing: "Deine Zahlung wird vorbereitet",
    preparing_how: "Diese Seite lädt von selbst neu. Dauert es zu lange, beginne von vorn: es wurde noch nichts bezahlt.",
    waiting: "Schon bezahlt? Dann siehst du hier von selbst, dass das Geld da ist.",
    credited: "Das Geld ist auf deinem Band",
    credited_how: "Du kannst sofort damit bezahlen.",
    parked: "Deine Zahlung ist angekommen",
    parked_how: "Sie konnte nicht auf dieses Band gebucht werden. Der Infostand hilft dir weiter; nichts ist verloren.",
    failed: "Es wurde nicht bezahlt",
    failed_how: "Die Zahlung wurde abgelehnt oder abgebrochen. Versuche es gern noch einmal.",
    expired: "Die Zeit zum Bezahlen ist vorbei",
    expired_how: "Hast du doch bezahlt, kommt das Geld von selbst auf dein Band.",
    again: "Noch einmal versuchen",
    more: "Mehr Geld hinzufügen",
    look_again: "Neu laden",
};

static ENGLISH: PayWords = PayWords {
    lang: "en",
    wristband: "Number ending in",
    choose: "How much do you want to add?",
    other_amount: "Another amount, in euros",
    pay: "Pay",
    add: "Add",
    not_an_amount: "This is not an amount. Write it as 12,50.",
    from: "You can choose an amount from",
    to: "to",
    provider_refuses: "The payment could not be prepared. Nothing was paid. Try again in a while.",
    to_bank: "To your bank app",
    scan: "Or scan this code with your bank app.",
    preparing: "Your payment is being prepared",
    preparing_how: "This page reloads by itself. If it takes too long, start again: nothing was paid yet.",
    waiting: "Have you paid? Then you will see here that the money has arrived.",
    credited: "The money is on your wristband",
    credited_how: "You can pay with it right away.",
    parked: "Your payment has arrived",
    parked_how: "It could not be put on this wristband. The info desk helps you; nothing is lost.",
    failed: "Nothing was paid",
    failed_how: "The payment was declined or broken off. Feel free to try again.",
    expired: "The time to pay is over",
    expired_how: "If you paid all the same, the money will reach your wristband by itself.",
    again: "Try again",
    more: "Add more money",
    look_again: "Look again",
};
