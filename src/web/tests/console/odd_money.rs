//! Money in another currency than euro, and money that went back, as the pages tell of them.

use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events::{RuleChanges, change_rules};
use crate::money::Cents;
use crate::operators::Role;
use crate::providers::{PaymentStatus, ProviderName, Received};
use crate::sandbox::orders::Outcome;
use crate::web::tests::House;

const WAITING: &str = "/console/pukkelfest/waiting";
const PAYMENTS: &str = "/console/pukkelfest/payments";
const RETURNS: &str = "/console/pukkelfest/returns";

impl House {
    /// The page of the only open matter of a kind.
    async fn matter(&self, kind: &str) -> String {
        let open = self.open_matters(kind).await;
        let [one] = open.as_slice() else { panic!("{open:?}") };
        format!("{WAITING}/{}", one["id"].as_str().unwrap())
    }
}

#[tokio::test]
async fn a_payment_in_another_currency_is_shown_in_no_euros() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let order = house.ordered("10").await;
        house
            .hears(order, |report| {
                report.status = PaymentStatus::Succeeded;
                report.currency = Some("USD".to_owned());
            })
            .await;
        assert_eq!(house.balance().await, 0);
        let finance = house.person(Role::Finance).await;
        let list = finance.sees(PAYMENTS).await;
        let id = list.split(&format!("href=\"{PAYMENTS}/")).nth(1).unwrap().split('"').next().unwrap();
        for page in [&list, &finance.sees(&format!("{PAYMENTS}/{id}")).await] {
            assert!(page.contains("1000 in the smallest unit of USD") && !page.contains("€ 10,00"), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn closing_a_chargeback_says_by_how_much_the_books_differ_from_then_on() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.ordered("10").await;
        house.bank_says(order, Outcome::Paid).await;
        house.hears(order, |report| (report.is_chargeback, report.refunded_cents) = (true, Some(400))).await;
        let finance = house.person(Role::Finance).await;
        let matter = house.matter("mismatch").await;
        let page = finance.sees(&matter).await;
        for part in
            ["No wallet changes.", "goes on counting € 4,00 that went back", "above what the provider holds"]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        finance.does(&matter, &[("do", "return"), ("reason", "the bank was right")]).await;
        assert_eq!(house.balance().await, 1_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_of_what_is_marked_for_return_says_that_closing_books_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.ordered("10").await;
        let desk = house.person(Role::HelpDesk).await;
        let quarantine = format!("/console/pukkelfest/media/{}/quarantine", house.reference(0));
        desk.does(&quarantine, &[("reason", "van was opened")]).await;
        house.bank_says(order, Outcome::Paid).await;
        house
            .hears(order, |report| (report.is_chargeback, report.refunded_cents) = (true, Some(1_000)))
            .await;
        let finance = house.person(Role::Finance).await;
        let chargeback = house.matter("mismatch").await;
        let before = finance.sees(&chargeback).await;
        assert!(before.contains("Only money that is marked for return here is booked as gone."), "{before}");
        let back = [("do", "back"), ("back_reason", "their bank has it")];
        finance.does(&house.matter("suspense").await, &back).await;
        let after = finance.sees(&chargeback).await;
        let books = "€ 10,00 of this payment is marked for return here: closing this books it as taken back";
        assert!(after.contains(books) && !after.contains("goes on counting"), "{after}");
        finance.does(&chargeback, &[("do", "return"), ("reason", "seen there")]).await;
        assert!(finance.sees(RETURNS).await.contains("Nothing is on its way back."));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn closing_a_chargeback_that_books_much_money_is_proposed_and_agreed_to() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.ordered("10").await;
        let desk = house.person(Role::HelpDesk).await;
        let quarantine = format!("/console/pukkelfest/media/{}/quarantine", house.reference(0));
        desk.does(&quarantine, &[("reason", "van was opened")]).await;
        house.bank_says(order, Outcome::Paid).await;
        house
            .hears(order, |report| (report.is_chargeback, report.refunded_cents) = (true, Some(1_000)))
            .await;
        let (finance, organiser) = (house.person(Role::Finance).await, house.person(Role::Organiser).await);
        let back = [("do", "back"), ("back_reason", "their bank has it")];
        finance.does(&house.matter("suspense").await, &back).await;
        let limit = RuleChanges { second_person: Some(Cents(1_000)), ..RuleChanges::default() };
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        change_rules(store, &Actor::System("test"), now, "pukkelfest", &limit).await.unwrap();
        let chargeback = house.matter("mismatch").await;
        let page = finance.sees(&chargeback).await;
        for part in
            ["From € 10,00 on this takes two people", ">Propose to close it<", "€ 10,00 is marked for return"]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("Where it still waits there"), "{page}");
        let close = [("do", "return"), ("reason", "seen there")];
        assert!(finance.does(&chargeback, &close).await.contains("a second person has to say the same"));
        assert!(finance.sees(RETURNS).await.contains("€ 10,00"), "nothing is booked yet");
        let page = organiser.sees(&chargeback).await;
        assert!(page.contains(">Agree to close it<") && page.contains("proposed"), "{page}");
        organiser.does(&chargeback, &close).await;
        assert!(finance.sees(RETURNS).await.contains("Nothing is on its way back."));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn another_amount_than_was_asked_for_is_credited_by_a_person() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let order = house.ordered("10").await;
        house
            .hears(order, |report| {
                report.status = PaymentStatus::Succeeded;
                report.amount_cents = None;
                report.received = Some(Received { cents: 400, of_cents: 1_000 });
            })
            .await;
        assert_eq!(house.balance().await, 0);
        let finance = house.person(Role::Finance).await;
        let matter = house.matter("suspense").await;
        let page = finance.sees(&matter).await;
        for part in [
            "€ 4,00: another amount came in than was asked for",
            "€ 4,00 received of the € 10,00 that was asked for",
            "If exactly this came there, credit it or mark it for return; otherwise leave it here and ask the provider.",
            ">Credit this wallet<",
            ">Mark it for return<",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let credit = [("do", "wallet"), ("to", house.reference(0)), ("reason", "seen in their pages")];
        finance.does(&matter, &credit).await;
        assert_eq!(house.balance().await, 400);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn the_list_of_returns_says_what_is_not_heard_from_wooshpay() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let order = house.ordered("10").await;
        let desk = house.person(Role::HelpDesk).await;
        let quarantine = format!("/console/pukkelfest/media/{}/quarantine", house.reference(0));
        desk.does(&quarantine, &[("reason", "van was opened")]).await;
        house.bank_says(order, Outcome::Paid).await;
        let finance = house.person(Role::Finance).await;
        let back = [("do", "back"), ("back_reason", "paid by mistake")];
        finance.does(&house.matter("suspense").await, &back).await;
        let page = finance.sees(RETURNS).await;
        for part in ["webhook tells of it. Nothing else does", "WooshPay refunds no rest"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    })
    .await;
}
