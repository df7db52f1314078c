//! What the page of a payment says when there is more to tell than paid or not: nothing can be added any more, a bank that
//! takes its time, money that a person sent back or credited; and why an amount is refused.

use super::providers::MINUTE;
use super::top_ups::PHONE;
use super::{Anonymous, House};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::{OrderId, PaymentStatus, ProviderName};
use crate::sandbox::orders::{Finish, Notify, OrderFaults, Outcome};
use axum::body::Body;
use axum::http::Method;
use serde_json::json;

impl House {
    async fn closes(&self) {
        self.festival.clock.advance(MINUTE);
        let now = self.festival.clock.now();
        events::close(&self.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
    }

    /// An order whose money is parked, because its festival is closed.
    async fn parks_order(&self, order: OrderId) {
        self.bank_says(order, Outcome::Paid).await;
        assert_eq!(self.state(order).await, OrderState::Parked);
    }

    /// Resolves the oldest matter.
    async fn resolves(&self, how: serde_json::Value) {
        let finance = self.office(Role::Finance).await;
        let parked = finance.gets("/api/v1/events/pukkelfest/parked").await.is(200);
        let id = parked["parked"][0]["id"].as_str().unwrap();
        finance.posts(&format!("/api/v1/events/pukkelfest/parked/{id}/resolve"), how).await.is(200);
    }
}

impl Anonymous<'_> {
    async fn reads(&self, path: &str, language: &str) -> String {
        self.sends(Method::GET, path, &[("accept-language", language)], Body::empty()).await.page(200)
    }
}

#[tokio::test]
async fn who_is_paying_when_the_festival_closes_is_told_in_their_language_and_invited_to_nothing() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("15").await;
        house.closes().await;
        let (form, path) =
            (format!("/t/{}", house.reference(0)), format!("/t/{}/{order}", house.reference(0)));
        for (language, title, words) in [
            ("nl-BE", "Geld toevoegen kan niet meer", "Het evenement is afgelopen"),
            ("fr", "On ne peut plus ajouter d’argent", "L’événement est terminé"),
            ("de", "Geld hinzufügen geht nicht mehr", "Die Veranstaltung ist vorbei"),
            ("en", "No more money can be added", "The event is over"),
        ] {
            let page = house.anonymous().reads(&path, language).await;
            assert!(page.contains(title) && page.contains(words), "{page}");
            assert!(!page.contains("/pay/") && !page.contains(&format!("href=\"{form}\"")), "{page}");
            assert!(page.contains(&format!("data-next=\"{path}\"")), "it follows the payment: {page}");
        }
        assert!(
            !house.sees(order, "?go", PHONE).await.contains("content=\"0;"),
            "nobody is sent to the bank"
        );
        house.parks_order(order).await;
        assert!(house.sees(order, "", PHONE).await.contains("nothing is lost"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn no_payment_is_made_for_the_page_of_an_order_once_the_festival_is_closed() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let bank = house.festival.bank.orders();
        bank.change_faults(OrderFaults { unavailable: true, ..OrderFaults::default() });
        let order = house.ordered("15").await;
        house.closes().await;
        bank.change_faults(OrderFaults::default());
        house.sees(order, "", PHONE).await;
        house.app.finish().await;
        assert!(bank.made().is_empty());
        assert!(house.sees(order, "", PHONE).await.contains("No more money can be added"));
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_parked_payment_says_what_a_person_did_with_it() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let orders = [house.ordered("10").await, house.ordered("11").await, house.ordered("12").await];
        house.closes().await;
        for (order, how, words) in [
            (
                orders[0],
                json!({ "return": true, "reason": "closed" }),
                [
                    "Je betaling gaat terug",
                    "Votre paiement vous revient",
                    "Deine Zahlung geht zurück",
                    "goes back",
                ],
            ),
            (
                orders[1],
                json!({ "to": house.reference(1), "reason": "another band" }),
                ["is goedgeschreven", "a été crédité", "wurde gutgeschrieben", "was credited"],
            ),
            (
                orders[2],
                json!({ "to": house.reference(0), "reason": "hers" }),
                [
                    "staat op je bandje",
                    "est sur votre bracelet",
                    "ist auf deinem Band",
                    "is on your wristband",
                ],
            ),
        ] {
            house.parks_order(order).await;
            let path = format!("/t/{}/{order}", house.reference(0));
            for (language, words) in [
                ("nl-BE", "er is niets verloren. Vraag het aan de organisator."),
                ("fr", "rien n’est perdu. Adressez-vous à l’organisateur."),
                ("de", "nichts ist verloren. Frag den Veranstalter."),
                ("en", "nothing is lost. Ask the organiser."),
            ] {
                let page = house.anonymous().reads(&path, language).await;
                assert!(page.contains(words), "nobody is at the info desk any more: {page}");
            }
            house.resolves(how).await;
            for (language, words) in ["nl-BE", "fr", "de", "en"].into_iter().zip(words) {
                let page = house.anonymous().reads(&path, language).await;
                assert!(page.contains(words), "{words} is not in {page}");
                assert!(!page.contains(house.reference(1)), "whose wristband it is on is told to nobody");
            }
        }
        assert_eq!(house.balance().await, 1_200);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn the_pages_of_a_parked_payment_say_how_much_of_it_went_back_before_anybody_decided() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (order, wallet) = (house.ordered("10").await, house.scanned(0).await);
        house.closes().await;
        house.parks_order(order).await;
        assert!(house.shown(&wallet, "en").await.contains("€ 10,00"));
        let path = format!("/t/{}/{order}", house.reference(0));
        for (cents, told, words) in [
            (
                400,
                "€ 4,00",
                [
                    "Dit deel van je betaling gaat terug",
                    "Cette partie",
                    "Dieser Teil",
                    "This part of your payment",
                ],
            ),
            (
                600,
                "€ 10,00",
                [
                    "Je betaling gaat terug",
                    "Votre paiement vous revient",
                    "Deine Zahlung geht zurück",
                    "Your payment goes back",
                ],
            ),
        ] {
            let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), cents).unwrap();
            house.receives(&refund).await.is(200);
            for (language, words) in ["nl-BE", "fr", "de", "en"].into_iter().zip(words) {
                let page = house.anonymous().reads(&path, language).await;
                assert!(page.contains(words) && page.contains(told), "{words} or {told} is not in {page}");
            }
            let page = house.anonymous().reads(&path, "en").await;
            assert!(!page.contains("has arrived") && !page.contains("nothing is lost"), "{page}");
            assert!(!page.contains("info desk"), "{page}");
            let left = house.shown(&wallet, "en").await;
            assert_eq!(left.contains("€ 6,00"), cents == 400, "{left}");
            assert!(
                !left.contains("€ 10,00") && left.contains("waits for a person") == (cents == 400),
                "{left}"
            );
        }
        house.resolves(json!({ "return": true, "reason": "it has gone" })).await;
        assert!(house.anonymous().reads(&path, "en").await.contains("Your payment has gone back"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn money_that_is_marked_for_return_stays_on_the_page_of_its_wallet_until_and_after_it_went() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (order, wallet) = (house.ordered("10").await, house.scanned(0).await);
        house.closes().await;
        house.parks_order(order).await;
        assert!(!house.shown(&wallet, "en").await.contains("goes back"));
        house.resolves(json!({ "return": true, "reason": "secret suspicion" })).await;
        for (language, title, words) in [
            ("nl-BE", "Geld dat teruggaat", "Wordt teruggestort"),
            ("fr", "Argent qui retourne", "En cours de remboursement"),
            ("de", "Geld, das an die zahlende Person zurückgeht", "Wird zurücküberwiesen"),
            ("en", "Money that goes back", "On its way back to you"),
        ] {
            let page = house.shown(&wallet, language).await;
            for part in [title, words, "€ 10,00"] {
                assert!(page.contains(part), "{part} is not in {page}");
            }
            assert!(!page.contains("suspicion"), "{page}");
        }
        let row = |what: &str, amount: &str| {
            format!("<span class=\"what\">{what}</span> <span class=\"amount\">{amount}</span>")
        };
        let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), 400).unwrap();
        house.receives(&refund).await.is(200);
        let page = house.shown(&wallet, "en").await;
        for part in [row("On its way back to you", "€ 6,00"), row("Sent back", "€ 4,00")] {
            assert!(page.contains(&part), "{part} is not in {page}");
        }
        for (language, how) in [
            ("nl-BE", "stort wat nog onderweg is terug"),
            ("fr", "en cours de remboursement sur le compte"),
            ("de", "schickt, was noch unterwegs ist,"),
            ("en", "what is still on its way to the account"),
        ] {
            let page = house.shown(&wallet, language).await;
            assert!(page.contains(how), "{how} is not in {page}");
        }
        let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), 600).unwrap();
        house.receives(&refund).await.is(200);
        let page = house.shown(&wallet, "en").await;
        assert!(page.contains(&row("Sent back", "€ 10,00")), "{page}");
        assert!(!page.contains("On its way back") && !page.contains("a few days"), "{page}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_payment_that_has_gone_back_says_so_and_whether_the_bank_took_it() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (sent, taken) = (house.ordered("10").await, house.ordered("11").await);
        let wallet = house.scanned(0).await;
        house.closes().await;
        for order in [sent, taken] {
            house.parks_order(order).await;
            house.resolves(json!({ "return": true, "reason": "closed" })).await;
        }
        let path = |order: OrderId| format!("/t/{}/{order}", house.reference(0));
        let refund = house.festival.bank.orders().refund_by_hand(&sent.to_string(), 1_000).unwrap();
        house.receives(&refund).await.is(200);
        let open = house.anonymous().reads(&path(taken), "en").await;
        assert!(open.contains("Your payment goes back"), "{open}");
        house.bank_says(taken, Outcome::ChargedBack).await;
        let row =
            "<span class=\"what\">Your bank took your payment back</span> <span class=\"amount\">€ 11,00";
        let page = house.anonymous().reads(&path(taken), "en").await;
        assert!(page.contains("Your bank took") && !page.contains("goes back"), "nobody closed it: {page}");
        let page = house.shown(&wallet, "en").await;
        assert!(page.contains(row) && !page.contains("On its way back"), "{page}");
        house.resolves(json!({ "return": true, "reason": "the bank has it" })).await;
        for (order, words) in [
            (sent, ["is teruggestuurd", "vous a été renvoyé", "wurde zurückgeschickt", "has gone back"]),
            (taken, ["teruggehaald", "a repris votre paiement", "zurückgeholt", "Your bank took"]),
        ] {
            for (language, words) in ["nl-BE", "fr", "de", "en"].into_iter().zip(words) {
                let page = house.anonymous().reads(&path(order), language).await;
                assert!(page.contains(words), "{words} is not in {page}");
            }
            let page = house.anonymous().reads(&path(order), "en").await;
            assert!(!page.contains("goes back") && !page.contains("a few days"), "{page}");
        }
        let page = house.shown(&wallet, "en").await;
        for (what, amount) in [("Sent back", "€ 10,00"), ("Your bank took your payment back", "€ 11,00")]
        {
            let row = format!("<span class=\"what\">{what}</span> <span class=\"amount\">{amount}</span>");
            assert!(page.contains(&row), "{row} is not in {page}");
        }
        assert!(!page.contains("a few days"), "{page}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_back_in_part_and_else_taken_by_the_bank_is_not_on_its_way() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (order, wallet) = (house.ordered("12").await, house.scanned(0).await);
        house.closes().await;
        house.parks_order(order).await;
        house.resolves(json!({ "return": true, "reason": "closed" })).await;
        let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), 400).unwrap();
        house.receives(&refund).await.is(200);
        assert!(house.sees(order, "", PHONE).await.contains("Your payment goes back"));
        house
            .hears(order, |report| {
                report.refunded_cents = Some(800);
                report.is_chargeback = true;
            })
            .await;
        let page = house.sees(order, "", PHONE).await;
        assert!(page.contains("Your payment has gone back") && !page.contains("a few days"), "{page}");
        let page = house.shown(&wallet, "en").await;
        let row = "Your bank took your payment back</span> <span class=\"amount\">€ 8,00";
        assert!(page.contains(row) && !page.contains("On its way back"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_payment_of_which_nobody_knows_how_much_came_names_no_amount() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("10").await;
        house
            .hears(order, |report| {
                report.status = PaymentStatus::Succeeded;
                report.currency = Some("USD".to_owned());
            })
            .await;
        assert_eq!(house.state(order).await, OrderState::Parked);
        let (path, wallet) = (format!("/t/{}/{order}", house.reference(0)), house.scanned(0).await);
        for (language, words) in [
            ("nl-BE", "wordt uitgezocht"),
            ("fr", "à l’examen"),
            ("de", "wird geklärt"),
            ("en", "looked into"),
        ] {
            let page = house.anonymous().reads(&path, language).await;
            assert!(page.contains(words) && !page.contains("€ 10,00"), "{words}: {page}");
            let page = house.shown(&wallet, language).await;
            assert!(page.contains(words) && !page.contains("€ 10,00"), "{words}: {page}");
        }
        let page = house.shown(&wallet, "en").await;
        for words in ["A person finds out how much", "The info desk helps you."] {
            assert!(page.contains(words), "{words} is not in {page}");
        }
        assert!(!page.contains("has arrived") && !page.contains("Nothing is lost"), "{page}");
        let page = house.anonymous().reads(&path, "en").await;
        assert!(!page.contains("has arrived") && !page.contains("nothing is lost"), "{page}");
        house.resolves(json!({ "return": true, "reason": "the bank knows of none" })).await;
        for (language, words) in [
            ("nl-BE", "is uitgezocht"),
            ("fr", "a été examiné"),
            ("de", "wurde geklärt"),
            ("en", "was looked into"),
        ] {
            let page = house.anonymous().reads(&path, language).await;
            assert!(page.contains(words) && !page.contains("€ 10,00"), "{words}: {page}");
        }
        let page = house.anonymous().reads(&path, "en").await;
        assert!(!page.contains("A person finds out") && page.contains("The info desk helps you"), "{page}");
        assert!(!house.shown(&wallet, "en").await.contains("looked into"), "what is decided waits no more");
    })
    .await;
}

#[tokio::test]
async fn what_a_payers_bank_takes_hides_no_money_that_waits_whether_a_person_has_closed_it_or_not() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (order, wallet) = (house.ordered("10").await, house.scanned(0).await);
        house.closes().await;
        house.parks_order(order).await;
        house.bank_says(order, Outcome::ChargedBack).await;
        let told = house.open_matters("mismatch").await;
        assert_eq!((told.len(), told[0]["went_back_cents"].as_i64()), (1, Some(1_000)));
        for is_closed in [false, true] {
            if is_closed {
                let id = told[0]["id"].as_str().unwrap();
                let path = format!("/api/v1/events/pukkelfest/parked/{id}/resolve");
                let finance = house.office(Role::Finance).await;
                finance.posts(&path, json!({ "return": true, "reason": "disputed and won" })).await.is(200);
            }
            let page = house.sees(order, "", PHONE).await;
            assert!(page.contains("nothing is lost. Ask the organiser."), "{page}");
            let waits = house.shown(&wallet, "en").await;
            assert!(waits.contains("€ 10,00") && waits.contains("waits for a person"), "{waits}");
            assert!(waits.contains("Ask the organiser.") && !waits.contains("info desk"), "{waits}");
        }
        assert_eq!(house.suspense().await, [("event-closed".to_owned(), 1_000)]);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn money_of_which_the_first_thing_heard_is_that_it_went_back_waits_on_no_page_and_is_decided_once() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let (order, wallet) = (house.ordered("10").await, house.scanned(0).await);
        let paid = Finish::as_ordered(Outcome::Paid, Notify::Drop);
        house.festival.bank.orders().finish(&order.to_string(), &paid).unwrap();
        house.hears(order, |report| report.refunded_cents = Some(1_000)).await;
        assert_eq!(house.suspense().await, [("refunded-at-provider".to_owned(), 1_000)]);
        assert_eq!(house.mismatches().await, ["refunded at the provider"]);
        let page = house.sees(order, "", PHONE).await;
        assert!(page.contains("Your payment goes back") && !page.contains("nothing is lost"), "{page}");
        assert!(!house.shown(&wallet, "en").await.contains("waits for a person"));
        house.resolves(json!({ "return": true, "reason": "it has gone" })).await;
        assert_eq!((house.suspense().await, house.mismatches().await), (vec![], vec![]));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_payment_that_is_cancelled_because_its_time_is_over_says_everywhere_that_late_money_arrives() {
    for provider in [ProviderName::MultiSafepay, ProviderName::WooshPay] {
        on_both_engines(async |store| {
            let house = House::open(store, 1).await;
            house.with_account(provider).await;
            let order = house.ordered("10").await;
            house.festival.clock.advance(MINUTE * 18);
            house.follows_orders().await;
            assert_eq!(house.state(order).await, OrderState::Expired);
            let path = format!("/t/{}/{order}", house.reference(0));
            for (language, words) in [
                ("nl", "komt het geld vanzelf op je bandje"),
                ("fr", "l’argent arrivera de lui-même sur votre bracelet"),
                ("de", "kommt das Geld von selbst auf dein Band"),
                ("en", "the money will reach your wristband by itself"),
            ] {
                let page = house.anonymous().reads(&path, language).await;
                assert!(page.contains(words) && page.contains("€ 10,00"), "{page}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_payment_that_the_bank_still_looks_at_is_not_asked_for_again() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("15").await;
        house.bank_says(order, Outcome::Processing).await;
        let path = format!("/t/{}/{order}", house.reference(0));
        for (language, words) in [
            ("nl-BE", "Je betaling wordt nagekeken"),
            ("fr", "Votre paiement est en cours de vérification"),
            ("de", "Deine Zahlung wird geprüft"),
            ("en", "Your payment is being checked"),
        ] {
            let page = house.anonymous().reads(&path, language).await;
            assert!(page.contains(words) && !page.contains("/pay/"), "{page}");
            assert!(page.contains("data-next="), "it follows the payment: {page}");
        }
        assert!(!house.sees(order, "?go", PHONE).await.contains("content=\"0;"));
        // Its time is over, and the bank has not decided: it is not invited to pay another.
        house.festival.clock.advance(MINUTE * 20);
        house.follows_orders().await;
        assert_eq!(house.state(order).await, OrderState::Expired);
        assert!(house.sees(order, "", PHONE).await.contains("is being checked"));
        house.bank_says(order, Outcome::Paid).await;
        assert!(house.sees(order, "", PHONE).await.contains("The money is on your wristband"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_amount_outside_the_limits_is_refused_in_words_of_its_own_in_each_language() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let path = format!("/t/{}", house.reference(0));
        for (language, [odd, large], bounds) in [
            ("nl-BE", ["Dit bedrag kan niet.", "Dit bedrag is te hoog."], "Je kan een bedrag kiezen van"),
            (
                "fr",
                ["Ce montant n’est pas possible.", "Ce montant est trop élevé."],
                "Choisissez un montant de",
            ),
            (
                "de",
                ["Dieser Betrag ist nicht möglich.", "Dieser Betrag ist zu hoch."],
                "Möglich ist ein Betrag von",
            ),
            (
                "en",
                ["This amount is not possible.", "This amount is too large."],
                "You can choose an amount from",
            ),
        ] {
            house.festival.clock.advance(MINUTE);
            let form = house.anonymous().reads(&path, language).await;
            assert!(!form.contains(odd) && !form.contains(large), "{form}");
            for (typed, why) in [
                ("0", odd),
                ("250%2C01", large),
                ("1.000%2C00", large),
                ("1000000000000000", large),
                ("1.000.000.000.000.000", large),
                ("1000000000000000000000", large),
            ] {
                let headers =
                    [("content-type", "application/x-www-form-urlencoded"), ("accept-language", language)];
                let body = format!("order={}&amount={typed}", OrderId::draw());
                let answer = house.anonymous().sends(Method::POST, &path, &headers, body).await;
                let page = answer.page(422);
                assert!(page.contains(&format!("{why} {bounds}")), "{typed}: {page}");
            }
        }
    })
    .await;
}

impl House {
    /// The page of a wristband that takes no money any more.
    async fn takes_none(&self, band: usize) -> String {
        let (path, headers) = (format!("/t/{}", self.reference(band)), [("accept-language", "en")]);
        self.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(410)
    }
}

#[tokio::test]
async fn what_is_paid_onto_a_replaced_wristband_is_said_to_go_onto_the_new_one_while_that_one_takes_any() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.tops_up(0, 500).await;
        let (paid, late) = (house.ordered("15").await, house.ordered("10").await);
        let desk = house.office(Role::HelpDesk).await;
        let path = |band: usize, what: &str| format!("/api/v1/media/{}/{what}", house.reference(band));
        desk.posts(&path(0, "replace"), json!({ "with": house.reference(1) })).await.is(200);
        let form = house.anonymous().reads(&format!("/t/{}", house.reference(0)), "en").await;
        assert!(form.contains("added here goes onto the new one"), "{form}");
        house.bank_says(paid, Outcome::Paid).await;
        let page = house.sees(paid, "", PHONE).await;
        for words in ["Your payment was credited", "added here goes onto the new one"] {
            assert!(page.contains(words) && !page.contains("on your wristband"), "{page}");
        }
        desk.posts(&path(1, "revoke"), json!({ "reason": "secret suspicion" })).await.is(200);
        for band in [0, 1] {
            let page = house.takes_none(band).await;
            for words in ["No more money can be added", "not valid any more", "The info desk helps you"] {
                assert!(page.contains(words), "{words} is not in {page}");
            }
            assert!(!page.contains("suspicion") && !page.contains('€'), "{page}");
        }
        let page = house.sees(late, "", PHONE).await;
        assert!(page.contains("No more money can be added") && page.contains("not valid any more"), "{page}");
        assert!(!page.contains("The time to pay is over"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn whoever_came_from_the_page_of_their_wallet_is_led_back_to_it_when_their_payment_has_ended() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("15").await;
        let path = format!("/t/{}/{order}", house.reference(0));
        let (own, anothers) = (house.scanned(0).await, house.scanned(1).await);
        let offers = async |cookie: &str| {
            let headers = [("cookie", cookie), ("accept-language", "en")];
            let page = house.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200);
            page.contains("href=\"/w\"")
        };
        assert!(!offers(&own).await, "it is not paid yet");
        house.bank_says(order, Outcome::Paid).await;
        assert!(offers(&own).await);
        assert!(!offers(&anothers).await && !offers("").await, "a reference opens no wallet");
    })
    .await;
}

#[tokio::test]
async fn a_card_is_called_a_card_in_every_language() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let cards = json!({ "count": 1, "kind": "card" });
        let made = office.posts("/api/v1/events/pukkelfest/batches", cards).await.is(201);
        let csv = format!("/api/v1/batches/{}/codes.csv", made["id"].as_str().unwrap());
        let codes = house.office(Role::Admin).await.gets(&csv).await;
        let codes = String::from_utf8(codes.bytes.to_vec()).unwrap();
        let is_pay_code = |field: &&str| field.len() == 19 && field.starts_with("PB1");
        let pay_code = codes.split('"').find(is_pay_code).expect("a pay code");
        let opened = house.anonymous().gets(&format!("/w/{pay_code}")).await;
        let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
        for (language, words, others) in [
            ("nl", "op je kaart", "bandje"),
            ("fr", "sur votre carte", "bracelet"),
            ("de", "auf deiner Karte", " Band "),
            ("en", "on your card", "wristband"),
        ] {
            let page = house.shown(&cookie, language).await;
            assert!(page.contains(words) && !page.contains(others), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_amount_that_is_far_too_large_is_told_what_may_be_paid() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let refused = house.orders(OrderId::draw(), "99999999999999999999").await.page(422);
        assert!(refused.contains("You can choose an amount from"), "{refused}");
        house.orders(OrderId::draw(), "20,-").await.is(303);
    })
    .await;
}
