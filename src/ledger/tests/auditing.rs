//! The audit finds what is broken: each rule is broken by hand, and named.

use crate::db::Store;
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::ids::ChargeId;
use crate::ledger::{Finding, audit, statement};
use crate::money::Cents;
use crate::payments::parked::Resolution;
use crate::payments::tests::world::{Bar, Books, PROFILE, World};
use crate::providers::{PaymentReport, ProfileId, ProviderName};
use crate::values;

/// The tables an audit reads, and what points at them; those that point at others first.
const TABLES: [&str; 15] = [
    "tallies",
    "voids",
    "charges",
    "settlements",
    "returned",
    "parked",
    "payment_directory",
    "payments",
    "transfers",
    "wallets",
    "media_moves",
    "media",
    "terminals",
    "products",
    "points_of_sale",
];

/// What is done to the books, and the rule that the audit must name.
const BROKEN: [(&str, &str); 46] = [
    (
        "UPDATE tallies SET amount_cents = amount_cents + 1 WHERE code = 'charge' AND seconds = 3600",
        "running totals are the sums of the transfers",
    ),
    ("DELETE FROM tallies WHERE code = 'top-up' AND seconds = 60", "running totals are the sums"),
    ("UPDATE wallets SET balance_cents = 1651 WHERE balance_cents = 1650", "a wallet's balance is the sum"),
    (
        "UPDATE transfers SET amount_cents = 351 WHERE amount_cents = 350",
        "balance follows from the one before",
    ),
    (
        "UPDATE transfers SET wallet_balance_cents = 1 WHERE amount_cents = 350",
        "balance follows from the one before",
    ),
    ("UPDATE transfers SET amount_cents = 5000 WHERE amount_cents = 350", "never holds less than nothing"),
    ("UPDATE transfers SET amount_cents = -350 WHERE amount_cents = 350", "amount is above zero"),
    ("UPDATE transfers SET amount_cents = 0 WHERE amount_cents = 777", "amount is above zero"),
    ("UPDATE transfers SET code = 'gift' WHERE amount_cents = 350", "code is in the posting table"),
    (
        "UPDATE transfers SET credit_account = fact_id WHERE amount_cents = 350",
        "charge debits wallet and credits vendor",
    ),
    (
        "UPDATE transfers SET debit_account = credit_account, credit_account = debit_account
         WHERE amount_cents = 777",
        "parked debits receivable and credits suspense",
    ),
    ("UPDATE transfers SET code = 'void' WHERE amount_cents = 350", "void debits vendor and credits wallet"),
    ("UPDATE transfers SET wallet_id = NULL WHERE amount_cents = 350", "names the wallet it touches"),
    ("UPDATE transfers SET wallet_version = NULL WHERE amount_cents = 350", "names the wallet it touches"),
    (
        "UPDATE transfers SET wallet_id = debit_account WHERE amount_cents = 777",
        "names the wallet it touches",
    ),
    ("UPDATE transfers SET wallet_version = 1 WHERE amount_cents = 350", "each with a number of its own"),
    ("UPDATE wallets SET version = 1 WHERE balance_cents = 1650", "version is not behind its transfers"),
    ("DELETE FROM wallets WHERE balance_cents = 1650", "a transfer's wallet exists"),
    ("DELETE FROM transfers WHERE amount_cents = 350", "a charge without its transfer"),
    ("UPDATE transfers SET event_id = fact_id WHERE amount_cents = 350", "a charge without its transfer"),
    ("DELETE FROM charges", "a charge's transfer without its charge"),
    ("UPDATE charges SET medium_id = id", "a charge between others than its medium's wallet"),
    ("UPDATE charges SET point_of_sale_id = id", "a charge between others than its medium's wallet"),
    ("DELETE FROM voids", "a void's transfer without its void"),
    ("UPDATE transfers SET amount_cents = 149 WHERE code = 'void'", "a void that does not mirror its charge"),
    ("DELETE FROM settlements WHERE amount_cents = 2000", "a SUCCEEDED payment neither settled nor"),
    ("DELETE FROM settlements WHERE amount_cents = 2000", "a settlement's transfer without its settlement"),
    (
        "UPDATE settlements SET amount_cents = 1999 WHERE amount_cents = 2000",
        "a settlement without its transfer",
    ),
    (
        "UPDATE settlements SET medium_id = payment WHERE amount_cents = 2000",
        "a top-up of another wallet than its medium's",
    ),
    ("UPDATE payments SET status = 'FAILED' WHERE amount_cents = 2000", "a settlement without its payment"),
    (
        "UPDATE payments SET amount_cents = 2001 WHERE amount_cents = 2000",
        "a settlement without its payment, or of another amount",
    ),
    ("DELETE FROM parked WHERE kind = 'needs-review'", "a SUCCEEDED payment neither settled nor"),
    (
        "UPDATE parked SET payment = (SELECT payment FROM settlements WHERE amount_cents = 2000)
         WHERE kind = 'needs-review'",
        "a SUCCEEDED payment neither settled nor reviewed, or settled and in an open review",
    ),
    ("DELETE FROM payment_directory", "a payment that the directory does not lead to"),
    ("DELETE FROM parked WHERE amount_cents = 777", "money in suspense that nobody is asked about"),
    (
        "UPDATE parked SET resolved_at = NULL, transfer_id = NULL WHERE amount_cents = 333",
        "a transfer of parked money without its resolved matter",
    ),
    (
        "UPDATE transfers SET code = 'refund-executed' WHERE code = 'refund-requested'",
        "a refund that was made of money nobody marked for return",
    ),
    (
        "UPDATE transfers SET amount_cents = 60 WHERE code = 'refund-executed'",
        "a refund that was made of money nobody marked for return",
    ),
    (
        "UPDATE transfers SET credit_account = fact_id WHERE code = 'refund-executed'",
        "or on another account than it came to",
    ),
    (
        "UPDATE transfers SET debit_account = fact_id WHERE code = 'parked' AND amount_cents = 61",
        "or on another account than it came to",
    ),
    (
        "UPDATE parked SET kind = 'mismatch' WHERE amount_cents = 61",
        "a refund that was made of money nobody marked for return",
    ),
    ("DELETE FROM returned", "a refund that was made of money nobody marked for return"),
    ("UPDATE returned SET amount_cents = 62", "a refund that was made of money nobody marked for return"),
    ("UPDATE returned SET transfer_id = id", "money that went back without its transfer"),
    ("UPDATE returned SET was_cents = 5", "that does not follow from what went before"),
    (
        "UPDATE wallets SET holder_id = id WHERE balance_cents = 1650",
        "money on a wallet that no medium spends",
    ),
];

/// An event in whose books every rule has something to hold: 1650 on one wallet, 333 on another, 777 in suspense, a
/// review, a charge of 350 and a void of 150, 50 on their way back, 61 sent back.
async fn busy(store: &Store) -> (World, Bar) {
    let world = World::open(store, Rules::default(), 2).await;
    let bar = world.opens_bar("Bar").await;
    let [band, other] = &world.bands[..] else { panic!("two wristbands") };
    world.tops_up("p1", band, 2_000).await;
    world.sells(&bar, ChargeId::new(), band, 350).await.unwrap();
    let voided = ChargeId::new();
    world.sells(&bar, voided, band, 150).await.unwrap();
    world.voids(&bar, voided).await.unwrap();
    for (payment, cents) in [("p2", 333), ("p3", 777)] {
        world.settle(PaymentReport { reference: None, ..world.paid(payment, band, cents) }).await;
    }
    let matter = world.parked().await[0].clone();
    world.resolves(&matter, world.to(other), "anna").await;
    let description = Some("Beer for free".to_owned());
    world.settle(PaymentReport { description, ..world.paid("p4", other, 50) }).await;
    let matter = world.parked().await.pop().unwrap();
    world.resolves(&matter, Resolution::Return, "anna").await;
    let lost = PaymentReport { reference: None, ..world.paid("p6", band, 61) };
    world.settle(lost.clone()).await;
    let matter = world.parked().await.pop().unwrap();
    world.resolves(&matter, Resolution::Return, "anna").await;
    world.settle(PaymentReport { refunded_cents: Some(61), ..lost }).await;
    world.settle(PaymentReport { amount_cents: None, ..world.paid("p5", band, 0) }).await;
    world.books_are(Books { wallets: 1_983, suspense: 777, in_transit: 50, vendors: 350 }).await;
    (world, bar)
}

async fn findings(world: &World) -> Vec<Finding> {
    let profiles = [(ProviderName::Bancontact, ProfileId(PROFILE.to_owned()))];
    audit(&world.store, &world.event, &profiles, |_| {}).await.unwrap()
}

/// Runs statements whose text is made here, each in a transaction of its own.
async fn run(store: &Store, statements: Vec<String>) -> u64 {
    let mut rows = 0;
    for sql in statements {
        let mut tx = store.begin().await.unwrap();
        let sql: &'static str = sql.leak();
        rows += tx.execute(sql, values![]).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        tx.commit().await.unwrap();
    }
    rows
}

/// Takes every constraint away, and keeps a copy of each table.
async fn unguard(store: &Store) {
    for table in TABLES {
        run(
            store,
            vec![
                format!("CREATE TABLE bare AS SELECT * FROM {table}"),
                format!("DROP TABLE {table}"),
                format!("ALTER TABLE bare RENAME TO {table}"),
                format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"),
            ],
        )
        .await;
    }
}

/// Puts the table back that a statement changed.
async fn mend(store: &Store, sql: &str) {
    for table in TABLES.iter().filter(|table| sql.split_whitespace().take(3).any(|word| word == **table)) {
        run(
            store,
            vec![format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM kept_{table}")],
        )
        .await;
    }
}

#[tokio::test]
async fn every_broken_rule_is_named() {
    on_both_engines(async |store| {
        let (world, _) = busy(&store).await;
        unguard(&store).await;
        assert_eq!(findings(&world).await, [], "bare tables with the same rows are the same books");
        for (sql, rule) in BROKEN {
            let touched = run(&store, vec![sql.to_owned()]).await;
            assert!(touched > 0, "{sql} touched nothing");
            let found = findings(&world).await;
            let named = found.iter().any(|finding| finding.rule.contains(rule) && finding.event == "summer");
            assert!(named, "{sql}\nshould be found as {rule:?}, not {found:#?}");
            mend(&store, sql).await;
        }
        assert_eq!(findings(&world).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_finding_names_what_broke_the_rule() {
    on_both_engines(async |store| {
        let (world, _) = busy(&store).await;
        let mut tx = store.begin().await.unwrap();
        let wallet = world.now(&world.bands[0]).await.medium.wallet_id;
        tx.execute(
            "UPDATE wallets SET balance_cents = 9 WHERE event_id = $1 AND id = $2",
            values![world.event.id, wallet],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let rule = "a wallet's balance is the sum of its transfers".to_owned();
        let finding = Finding { event: "summer".to_owned(), rule, subject: wallet.to_string() };
        assert_eq!(findings(&world).await, [finding]);
    })
    .await;
}

#[tokio::test]
async fn the_books_of_one_event_say_nothing_of_another() {
    on_both_engines(async |store| {
        let (summer, _) = busy(&store).await;
        summer.closes().await;
        let autumn = summer.another("autumn", Rules::default(), 1).await;
        autumn.tops_up("q1", &autumn.bands[0], 10).await;
        unguard(&store).await;
        run(&store, vec!["UPDATE wallets SET balance_cents = 11 WHERE balance_cents = 10".to_owned()]).await;
        assert_eq!(findings(&summer).await, []);
        assert_eq!(findings(&autumn).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_event_without_a_single_transfer_is_clean() {
    on_both_engines(async |store| {
        World::open(&store, Rules::default(), 1).await.books_are(Books::default()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_beside_live_sales_finds_nothing() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 3).await;
        let bar = world.opens_bar("Bar").await;
        let selling = {
            let (world, bar) = (world.clone(), bar.clone());
            tokio::spawn(async move {
                for number in 0..60 {
                    let band = &world.bands[number % 3];
                    world.tops_up(&format!("p{number}"), band, 10).await;
                    world.sells(&bar, ChargeId::new(), band, 4).await.unwrap();
                }
            })
        };
        let mut audits = 0;
        while !selling.is_finished() {
            assert_eq!(findings(&world).await, []);
            audits += 1;
        }
        selling.await.unwrap();
        assert!(audits > 1);
        world.books_are(Books { wallets: 360, vendors: 240, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_that_opens_while_the_audit_reads_is_no_finding() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        world.tops_up("p1", &world.bands[0], 1_000).await;
        let profiles = [(ProviderName::Bancontact, ProfileId(PROFILE.to_owned()))];
        let mut opened = false;
        // Called between two pages of transfers.
        let open_a_bar = |_| {
            if std::mem::replace(&mut opened, true) {
                return;
            }
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    let bar = world.opens_bar("Late bar").await;
                    world.sells(&bar, ChargeId::new(), &world.bands[0], 350).await.unwrap();
                });
            });
        };
        let findings = audit(&store, &world.event, &profiles, open_a_bar).await.unwrap();
        assert_eq!(findings, []);
        assert!(opened);
        world.books_are(Books { wallets: 650, vendors: 350, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_statement_is_of_one_moment() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        world.tops_up("p1", band, 1_000).await;
        let profiles = [(ProviderName::Bancontact, ProfileId(PROFILE.to_owned()))];
        let mut snapshot = store.snapshot().await.unwrap();
        let before = statement(&mut snapshot, world.event.id, &profiles).await.unwrap();
        let bar = world.opens_bar("Late bar").await;
        world.sells(&bar, ChargeId::new(), band, 350).await.unwrap();
        let meanwhile = statement(&mut snapshot, world.event.id, &profiles).await.unwrap();
        assert_eq!(meanwhile, before, "what comes later is no part of it, half or whole");
        drop(snapshot);
        let after = statement(&mut store.snapshot().await.unwrap(), world.event.id, &profiles).await.unwrap();
        assert_eq!((after.debits_cents, after.credits_cents), (Cents(1_350), Cents(1_350)));
    })
    .await;
}
