//! Money in another currency than euro, and money that went back, as the pages tell of them.

use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events::{RuleChanges, change_rules};
use crate::money::Cents;
use crate::operators::Role;
use crate::providers::{OrderId, PaymentReport, PaymentStatus, ProviderName};
use crate::sandbox::orders::{Finish, Notify, Outcome};
use crate::web::tests::House;
use serde_json::json;

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

    /// € 10,00 that wait in suspense.
    async fn pays_onto_a_quarantined_wristband(&self) -> OrderId {
        let order = self.ordered("10").await;
        let desk = self.person(Role::HelpDesk).await;
        let quarantine = format!("/console/pukkelfest/media/{}/quarantine", self.reference(0));
        desk.does(&quarantine, &[("reason", "van was opened")]).await;
        self.bank_says(order, Outcome::Paid).await;
        order
    }

    /// The same at MultiSafepay, and the payer's bank takes all of it back.
    async fn parks_what_a_bank_takes(&self) {
        self.with_account(ProviderName::MultiSafepay).await;
        let order = self.pays_onto_a_quarantined_wristband().await;
        let taken = |report: &mut PaymentReport| {
            (report.is_chargeback, report.refunded_cents) = (true, Some(1_000));
        };
        self.hears(order, taken).await;
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
async fn an_amount_that_nobody_is_credited_with_is_listed_as_it_came() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let (nothing, dollars) = (house.ordered("10").await, house.ordered("20").await);
        for (order, cents, currency) in [(nothing, 0, None), (dollars, 1_200, Some("USD"))] {
            let (received_cents, currency) = (Some(cents), currency.map(str::to_owned));
            let paid = Finish::as_ordered(Outcome::Paid, Notify::Deliver);
            let finish = Finish { received_cents, currency, ..paid };
            let notice = house.festival.bank.orders().finish(&order.to_string(), &finish).unwrap();
            house.receives(&notice).await.is(200);
        }
        let list = house.person(Role::Finance).await.sees(PAYMENTS).await;
        for amount in ["€ 0,00", "1200 in the smallest unit of USD"] {
            assert!(list.contains(&format!("data-label=\"Amount\">{amount}<")), "{amount} is not in {list}");
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
        assert!(!page.contains("just this amount"), "it is on a wallet: {page}");
        finance.does(&matter, &[("do", "return"), ("reason", "the bank was right")]).await;
        let list = finance.sees(PAYMENTS).await;
        assert!(
            list.contains("on its wallet; the payer") && list.contains("bank took € 4,00 back"),
            "{list}"
        );
        assert_eq!(house.balance().await, 1_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_chargeback_of_what_is_marked_for_return_says_that_closing_books_it() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.parks_what_a_bank_takes().await;
        let finance = house.person(Role::Finance).await;
        let chargeback = house.matter("mismatch").await;
        let before = finance.sees(&chargeback).await;
        assert!(before.contains("Only money that is marked for return here is booked as gone."), "{before}");
        let back = [("do", "back"), ("back_reason", "their bank has it")];
        finance.does(&house.matter("suspense").await, &back).await;
        let after = finance.sees(&chargeback).await;
        let books = "€ 10,00 of this payment is marked for return here: closing this books it as taken back";
        assert!(after.contains(books) && !after.contains("goes on counting"), "{after}");
        let list = finance.sees(PAYMENTS).await;
        assert!(list.contains("marked for return; the payer") && !list.contains("on its way"), "{list}");
        let warned =
            "<tr class=\"problem\"><td colspan=\"5\"><p class=\"notice\">The payer's bank took money";
        let list = finance.sees(RETURNS).await;
        assert!(list.contains(warned), "{list}");
        finance.does(&chargeback, &[("do", "return"), ("reason", "seen there")]).await;
        let list = finance.sees(PAYMENTS).await;
        assert!(list.contains("gone back to the payer; the payer"), "{list}");
        assert!(finance.sees(RETURNS).await.contains("Nothing is on its way back."));
        let books = finance.sees("/console/pukkelfest/books").await;
        assert!(books.contains("Gone back to payers: refunds and chargebacks"), "{books}");
        let closed = finance.sees(&chargeback).await;
        let gone = "€ 10,00 was marked for return here and has gone.";
        assert!(closed.contains(gone) && !closed.contains("is marked for return here."), "{closed}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn closing_a_chargeback_that_books_much_money_is_proposed_and_agreed_to() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.parks_what_a_bank_takes().await;
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
        let less =
            Finish { received_cents: Some(400), ..Finish::as_ordered(Outcome::Paid, Notify::Deliver) };
        let notice = house.festival.bank.orders().finish(&order.to_string(), &less).unwrap();
        house.receives(&notice).await.is(200);
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
        house.pays_onto_a_quarantined_wristband().await;
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

#[tokio::test]
async fn a_contradiction_about_an_amount_says_what_closing_it_leaves_and_what_there_is_to_do() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let finance = house.person(Role::Finance).await;
        for (cents, apart, what) in [
            (1_500, "that is € 5,00 below what", "€ 5,00 is on no wallet then, and can"),
            (400, "that is € 6,00 above what", "€ 6,00 too much was credited then"),
        ] {
            let order = house.ordered("10").await;
            house.bank_says(order, Outcome::Paid).await;
            house.hears(order, |report| report.amount_cents = Some(cents)).await;
            let matter = house.matter("mismatch").await;
            let page = finance.sees(&matter).await;
            let open = house.open_matters("mismatch").await;
            let detail = open[0]["detail"].as_str().unwrap();
            for part in ["was settled here", "goes on counting € 10,00 of this payment", apart, what] {
                assert!(page.contains(part), "{part} is not in {page}");
                assert!(detail.contains(part), "{part} is not in {detail}");
            }
            assert!(!page.contains("Read that contradiction first"), "it is the one: {page}");
            let named = "on its wallet; two reports disagree";
            assert!(finance.sees(PAYMENTS).await.contains(named));
            finance.does(&matter, &[("do", "return"), ("reason", "asked them")]).await;
            assert!(!finance.sees(PAYMENTS).await.contains(named), "it is closed");
        }
        assert_eq!(house.balance().await, 2_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn of_money_that_has_gone_a_later_report_says_that_nothing_is_counted() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.pays_onto_a_quarantined_wristband().await;
        let finance = house.person(Role::Finance).await;
        let back = [("do", "back"), ("back_reason", "paid by mistake")];
        finance.does(&house.matter("suspense").await, &back).await;
        house.hears(order, |report| report.refunded_cents = Some(1_000)).await;
        let later = |report: &mut PaymentReport| {
            (report.amount_cents, report.refunded_cents) = (Some(1_300), None);
        };
        house.hears(order, later).await;
        let page = finance.sees(&house.matter("mismatch").await).await;
        for part in [
            "€ 10,00 was marked for return here and has gone.",
            "goes on counting nothing of this payment",
            "that is € 3,00 below what the provider holds",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_part_that_wooshpay_sent_of_marked_money_is_booked_and_closing_its_matter_leaves_nothing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let order = house.pays_onto_a_quarantined_wristband().await;
        let finance = house.person(Role::Finance).await;
        let back = [("do", "back"), ("back_reason", "paid by mistake")];
        finance.does(&house.matter("suspense").await, &back).await;
        let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), 400).unwrap();
        house.receives(&refund).await.is(200);
        let page = finance.sees(&house.matter("mismatch").await).await;
        for part in
            ["this part is booked as sent back. € 6,00 stays on its way", "Closing this books nothing."]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("goes on counting"), "it is booked: {page}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn what_came_besides_marked_money_the_organiser_transfers_where_a_payment_is_refunded_once() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let part = house.ordered("10").await;
        let all = house.pays_onto_a_quarantined_wristband().await;
        house.bank_says(part, Outcome::Paid).await;
        let finance = house.person(Role::Finance).await;
        for waits in house.open_matters("suspense").await {
            let matter = format!("{WAITING}/{}", waits["id"].as_str().unwrap());
            finance.does(&matter, &[("do", "back"), ("back_reason", "paid by mistake")]).await;
        }
        let other =
            "WooshPay refunds a payment once, so the organiser transfers the other € 3,00 to whoever paid";
        for (order, sent, what) in [
            (all, 1_000, "has gone. WooshPay refunds a payment once, so the organiser transfers the other"),
            (
                part,
                400,
                "transfers the € 6,00 that is on its way back, which stays so here, and the other € 3,00",
            ),
        ] {
            house.hears(order, |report| report.amount_cents = Some(1_300)).await;
            let told = house.matter("mismatch").await;
            let page = finance.sees(&told).await;
            assert!(page.contains("Send first the € 10,00 that") && page.contains(other), "{page}");
            let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), sent).unwrap();
            house.receives(&refund).await.is(200);
            let page = finance.sees(&told).await;
            assert!(page.contains(what) && !page.contains("Send first"), "{what} is not in {page}");
            finance.does(&told, &[("do", "return"), ("reason", "asked them")]).await;
            assert!(!finance.sees(&told).await.contains("goes on counting"), "it is closed");
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn of_marked_money_that_a_bank_took_as_well_a_later_report_sends_nothing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.pays_onto_a_quarantined_wristband().await;
        let finance = house.person(Role::Finance).await;
        let back = [("do", "back"), ("back_reason", "paid by mistake")];
        finance.does(&house.matter("suspense").await, &back).await;
        house.hears(order, |report| report.amount_cents = Some(1_300)).await;
        let told = house.matter("mismatch").await;
        assert!(finance.sees(&told).await.contains("Send first the € 10,00 that is on its way back"));
        house.hears(order, |report| (report.is_chargeback, report.refunded_cents) = (true, Some(400))).await;
        let page = finance.sees(&told).await;
        assert!(page.contains("send nothing before") && !page.contains("Send first"), "{page}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn of_undecided_money_that_wooshpay_refunded_in_part_the_organiser_transfers_the_rest() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let order = house.pays_onto_a_quarantined_wristband().await;
        let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), 400).unwrap();
        house.receives(&refund).await.is(200);
        let finance = house.person(Role::Finance).await;
        let suspense = house.open_matters("suspense").await.remove(0);
        let id = suspense["id"].as_str().unwrap();
        let page = finance.sees(&format!("{WAITING}/{id}")).await;
        for part in [
            "WooshPay refunds a payment once, so the organiser transfers what has not gone yet.",
            "a refund of this one was made: the organiser transfers what has not gone yet.",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("own pages"), "it takes no second refund: {page}");
        let office = house.office(Role::Finance).await;
        let path = format!("/api/v1/events/pukkelfest/parked/{id}/resolve");
        let to = json!({ "to": house.reference(0), "reason": "hers" });
        let refused = office.posts(&path, to).await.refused(409, "not-that-way");
        let why = refused["detail"].as_str().unwrap();
        assert!(why.contains("the organiser transfers what has not gone yet"), "{why}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_contradictions_of_one_payment_neither_sends_its_reader_to_the_other() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.pays_onto_a_quarantined_wristband().await;
        for cents in [400, 1_500] {
            house.hears(order, |report| report.amount_cents = Some(cents)).await;
        }
        let open = house.open_matters("mismatch").await;
        let [one, other] = open.as_slice() else { panic!("{open:?}") };
        let [one, other] = [one, other].map(|told| format!("{WAITING}/{}", told["id"].as_str().unwrap()));
        let finance = house.person(Role::Finance).await;
        let first = "Read that contradiction first";
        for told in [&one, &other] {
            assert!(!finance.sees(told).await.contains(first));
        }
        finance.does(&one, &[("do", "return"), ("reason", "asked them")]).await;
        assert!(!finance.sees(&one).await.contains(first), "it is closed");
        let suspense = finance.sees(&house.matter("suspense").await).await;
        assert!(suspense.contains(&format!("<a href=\"{other}\">{first}</a>")), "{suspense}");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_open_contradiction_is_named_before_any_of_its_money_is_credited_or_sent() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.pays_onto_a_quarantined_wristband().await;
        let finance = house.person(Role::Finance).await;
        let suspense = house.matter("suspense").await;
        house.hears(order, |report| report.amount_cents = Some(400)).await;
        let told = house.matter("mismatch").await;
        let waits = finance.sees(&told).await;
        for part in ["€ 10,00 waits in suspense here", "that waits in suspense then: mark it for return"] {
            assert!(waits.contains(part), "{part} is not in {waits}");
        }
        let first = format!("<a href=\"{told}\">Read that contradiction first</a>");
        assert!(finance.sees(&suspense).await.contains(&first));
        finance.does(&suspense, &[("do", "back"), ("back_reason", "nobody knows whose")]).await;
        let marked = finance.sees(&told).await;
        for part in ["€ 10,00 is marked for return here", "Send back no more than came then"] {
            assert!(marked.contains(part), "{part} is not in {marked}");
        }
        let disagree = "Two reports of this payment disagree";
        let list = finance.sees(RETURNS).await;
        let row = "<tr class=\"problem\"><td colspan=\"5\"><p class=\"notice\">";
        let before =
            format!("{row}{disagree}: <a href=\"{told}\">read that contradiction</a> before you send");
        assert!(list.contains(&before), "{list}");

        // What came is sent: its matter says that the rest is on its way, and where to look first.
        house.hears(order, |report| report.refunded_cents = Some(400)).await;
        let open = house.open_matters("mismatch").await;
        let part = open.iter().find(|matter| matter["went_back_cents"] == 400).unwrap();
        let part = format!("{WAITING}/{}", part["id"].as_str().unwrap());
        let page = finance.sees(&part).await;
        assert!(page.contains("€ 6,00 stays on its way") && page.contains(&first), "{page}");
        let page = finance.sees(&told).await;
        for part in ["goes on counting € 6,00 of this", "that is € 6,00 above what the provider holds"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }

        finance.does(&told, &[("do", "return"), ("reason", "they say 4 came")]).await;
        assert!(!finance.sees(RETURNS).await.contains(disagree));
        assert!(!finance.sees(&part).await.contains(&first));
        house.festival.expect_clean_books().await;
    })
    .await;
}
