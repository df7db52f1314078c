//! One sample row for every table, by the migration that made it: what later migrations must be able to move.
//!
//! A new table without a sample row fails `every_table_has_a_sample_row`; a new column that is NOT NULL and has no
//! default fails on the rows of the migrations before it, as it would on a festival's database.

use crate::db::{Tx, Value};
use crate::values;
use uuid::Uuid;

/// The ids that sample rows share.
const EVENT: Uuid = Uuid::from_u128(1);
const OPERATOR: Uuid = Uuid::from_u128(2);
const BATCH: Uuid = Uuid::from_u128(3);
const MEDIUM: Uuid = Uuid::from_u128(4);
const WALLET: Uuid = Uuid::from_u128(5);
const VENDOR: Uuid = Uuid::from_u128(6);
const POINT: Uuid = Uuid::from_u128(7);
const TERMINAL: Uuid = Uuid::from_u128(8);
const PAYMENT: Uuid = Uuid::from_u128(9);
const CHARGE: Uuid = Uuid::from_u128(10);
const VOID: Uuid = Uuid::from_u128(11);
const PROFILE: &str = "5c18cbd1296e9a26d3278518";

/// Inserts the sample rows of the tables that migration `version` made.
///
/// # Panics
/// When the migration is unknown here, or a row does not fit its table.
pub(super) async fn insert(tx: &mut Tx, version: i64) {
    let samples = match version {
        1 => spine(),
        2 => vec![("INSERT INTO gates (lane, gate) VALUES (2, 0)", values![])],
        3 | 7 | 8 | 10 | 13..=20 | 22..=24 | 26..=28 => Vec::new(),
        4 => batch_life(),
        5 => printing(),
        6 => products(),
        9 => tallies(),
        11 => orders(),
        12 => second_factors(),
        21 => returned(),
        25 => proposals(),
        unknown => panic!("give the tables of migration {unknown} sample rows"),
    };
    for (sql, values) in samples {
        let written = tx.execute(sql, values).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(written, 1, "{sql}");
    }
}

type Sample = (&'static str, Vec<Value>);

fn spine() -> Vec<Sample> {
    [installation(), people(), event(), media(), money(), payments(), terminals()]
        .into_iter()
        .flatten()
        .collect()
}

fn batch_life() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO batch_moves (event_id, id, batch_id, step, actor, note, at)
             VALUES ($1, $2, $3, 'rendered', 'operator:anna@bar.example', 'layout cr80', 2)",
            values![EVENT, Uuid::from_u128(30), BATCH],
        ),
        (
            "INSERT INTO retired_hosts (url, actor, at)
             VALUES ('https://payconiq.com', 'operator:anna@bar.example', 5)",
            values![],
        ),
    ]
}

fn orders() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO top_up_orders (event_id, id, provider, profile_id, reference, reference_hash, amount_cents, state,
                 created_at, expires_at, look_at)
             VALUES ($1, $2, 'multisafepay', '1001001', 'ABCDEFGHJKMNPQR', $3, 2000, 'open', 1, 9, 2)",
            values![EVENT, Uuid::from_u128(40), [4_u8; 16]],
        ),
        (
            "INSERT INTO order_directory (order_id, event_id) VALUES ($1, $2)",
            values![Uuid::from_u128(40), EVENT],
        ),
        (
            "INSERT INTO top_up_limits (event_id, min_cents, max_cents) VALUES ($1, 100, 10000)",
            values![EVENT],
        ),
    ]
}

fn installation() -> Vec<Sample> {
    vec![
        ("INSERT INTO installation (id, key_fingerprint, created_at) VALUES (1, $1, 1)", values![[7_u8; 32]]),
        ("INSERT INTO lanes (id, epoch, number, gate, held_until) VALUES (1, 1, 2, 0, 9)", values![]),
        ("INSERT INTO leases (name, holder, held_until) VALUES ('reconcile', $1, 9)", values![TERMINAL]),
    ]
}

fn second_factors() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO operator_factors (operator_id, sealed_secret, created_at, confirmed_at, used_step)
             VALUES ($1, $2, 1, NULL, 0)",
            values![OPERATOR, vec![4_u8; 48]],
        ),
        (
            "INSERT INTO operator_recovery_codes (hash, operator_id) VALUES ($1, $2)",
            values![[5_u8; 32], OPERATOR],
        ),
    ]
}

fn people() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO operators (id, email, role, password_hash, created_at)
             VALUES ($1, 'anna@bar.example', 'admin', NULL, 1)",
            values![OPERATOR],
        ),
        (
            "INSERT INTO operator_tokens (hash, id, operator_id, created_at, revoked_at) VALUES ($1, $2, $3, 1, NULL)",
            values![[1_u8; 32], Uuid::from_u128(20), OPERATOR],
        ),
        (
            "INSERT INTO operator_links (hash, operator_id, expires_at, used_at) VALUES ($1, $2, 9, NULL)",
            values![[2_u8; 32], OPERATOR],
        ),
        (
            "INSERT INTO operator_sessions (hash, operator_id, created_at, expires_at) VALUES ($1, $2, 1, 9)",
            values![[3_u8; 32], OPERATOR],
        ),
        (
            "INSERT INTO audit_log (id, event_id, at, actor, action, subject, reason, detail)
             VALUES ($1, $2, 1, 'operator:anna@bar.example', 'event created', 'summer', NULL, NULL)",
            values![Uuid::from_u128(21), EVENT],
        ),
    ]
}

fn event() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO events (id, slug, name, merchant, behaviour, amount_cents, codes, counterfeit, activation,
                 balance_max_cents, over_balance, charge_min_cents, charge_max_cents, single_charge_max_cents,
                 single_window_max_cents, second_person_cents, created_at, closed_at)
             VALUES ($1, 'summer', 'Summer', 'Summer', 'defined', NULL, 'separate', 'flag', 'first-top-up', NULL,
                 'credit', 1, 50000, 2500, 5000, 50000, 1, NULL)",
            values![EVENT],
        ),
        (
            "INSERT INTO provider_profiles
                 (event_id, provider, profile_id, environment, api_url, key_set_url, pay_url, api_key)
             VALUES ($1, 'bancontact', $2, 'preprod', NULL, NULL, NULL, NULL)",
            values![EVENT, PROFILE],
        ),
        (
            "INSERT INTO profile_claims (provider, profile_id, event_id) VALUES ('bancontact', $2, $1)",
            values![EVENT, PROFILE],
        ),
        ("INSERT INTO vendors (event_id, id, name) VALUES ($1, $2, 'Bar')", values![EVENT, VENDOR]),
        (
            "INSERT INTO points_of_sale (event_id, id, vendor_id, name, created_at) VALUES ($1, $2, $3, 'Bar', 1)",
            values![EVENT, POINT, VENDOR],
        ),
    ]
}

fn products() -> Vec<Sample> {
    vec![(
        "INSERT INTO products (event_id, id, point_of_sale_id, name, price_cents, position, colour, sold_as, created_at,
             retired_at)
         VALUES ($1, $2, $3, 'Beer', 350, 1, 'yellow', 'bar/beer', 1, NULL)",
        values![EVENT, Uuid::from_u128(26), POINT],
    )]
}

fn tallies() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO tallies (event_id, seconds, start_at, place, code, lane, transfers, amount_cents)
             VALUES ($1, 3600, 0, $2, 'charge', 1, 1, 350)",
            values![EVENT, POINT],
        ),
        (
            "INSERT INTO terminal_sightings (event_id, terminal_id, seen_at) VALUES ($1, $2, 3)",
            values![EVENT, TERMINAL],
        ),
    ]
}

fn media() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO batches (event_id, id, kind, count, pay_url, wallet_url, description, amount_cents, code_key,
                 created_at, issued_at)
             VALUES ($1, $2, 'wristband', 1, 'https://pay.bancontact.net', NULL, '{serial}', NULL, NULL, 1, 2)",
            values![EVENT, BATCH],
        ),
        ("INSERT INTO batch_directory (batch_id, event_id) VALUES ($1, $2)", values![BATCH, EVENT]),
        (
            "INSERT INTO media (event_id, id, batch_id, sequence, reference, serial, wallet_id, status)
             VALUES ($1, $2, $3, 1, 'ABCDEFGHJKMNPQR', 'K7QM3XR9', $4, 'active')",
            values![EVENT, MEDIUM, BATCH, WALLET],
        ),
        (
            "INSERT INTO code_directory (code_hash, event_id, medium_id, code_kind) VALUES ($1, $2, $3, 'pay')",
            values![[4_u8; 16], EVENT, MEDIUM],
        ),
        (
            "INSERT INTO media_moves
                 (event_id, id, medium_id, from_status, to_status, successor_id, actor, reason, at)
             VALUES ($1, $2, $3, 'issued', 'active', NULL, 'system:settle', 'first top-up', 3)",
            values![EVENT, Uuid::from_u128(22), MEDIUM],
        ),
        (
            "INSERT INTO wallets (event_id, id, balance_cents, version, holder_id) VALUES ($1, $2, 2000, 4, $3)",
            values![EVENT, WALLET, MEDIUM],
        ),
    ]
}

fn printing() -> Vec<Sample> {
    vec![
        ("INSERT INTO event_artwork (event_id, logo, colour) VALUES ($1, NULL, '0,0,0,100')", values![EVENT]),
        ("INSERT INTO print_layouts (name, definition) VALUES ('own', 'name = \"own\"')", values![]),
        (
            "INSERT INTO printers (name, dpi, nudge_x, nudge_y, scale_ppm) VALUES ('office', 600, 400000, 0, 1000000)",
            values![],
        ),
    ]
}

fn money() -> Vec<Sample> {
    let transfer =
        "INSERT INTO transfers (event_id, id, code, debit_account, credit_account, amount_cents, fact_id,
            wallet_id, wallet_version, wallet_balance_cents, lane, lane_number, at)
        VALUES ($1, $2, $3, $4, $5, $6, $2, $7, $8, $9, 1, 1, 3)";
    let receivable = Uuid::from_u128(23);
    vec![
        (transfer, values![EVENT, PAYMENT, "top-up", receivable, WALLET, 2000, WALLET, 1, 2000]),
        (transfer, values![EVENT, CHARGE, "charge", WALLET, VENDOR, 350, WALLET, 3, 1650]),
        (transfer, values![EVENT, VOID, "void", VENDOR, WALLET, 350, WALLET, 4, 2000]),
        (
            "INSERT INTO charges (event_id, id, terminal_id, point_of_sale_id, medium_id, lines)
             VALUES ($1, $2, $3, $4, $5, '[]')",
            values![EVENT, CHARGE, TERMINAL, POINT, MEDIUM],
        ),
        (
            "INSERT INTO voids (event_id, charge_id, transfer_id, actor, reason)
             VALUES ($1, $2, $3, 'operator:anna@bar.example', 'spilled')",
            values![EVENT, CHARGE, VOID],
        ),
    ]
}

fn payments() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO payment_directory (provider, profile_id, payment_id, event_id, id)
             VALUES ('bancontact', $3, '5bdb1685b93d1c000bde96f2', $1, $2)",
            values![EVENT, PAYMENT, PROFILE],
        ),
        (
            "INSERT INTO payments (event_id, id, provider, profile_id, payment_id, status, amount_cents, currency,
                 reference, reference_hash, description, debtor_name, debtor_iban, source, created_at, succeeded_at,
                 first_seen_at, version)
             VALUES ($1, $2, 'bancontact', $3, '5bdb1685b93d1c000bde96f2', 'SUCCEEDED', 2000, 'EUR',
                 'ABCDEFGHJKMNPQR', $4, 'K7QM3XR9', 'An', '*************24680', 'callback', 1, 2, 3, 0)",
            values![EVENT, PAYMENT, PROFILE, [4_u8; 16]],
        ),
        (
            "INSERT INTO settlements (event_id, payment, transfer_id, amount_cents, reference, medium_id,
                 parked_because, source, at)
             VALUES ($1, $2, $2, 2000, 'ABCDEFGHJKMNPQR', $3, NULL, 'callback', 3)",
            values![EVENT, PAYMENT, MEDIUM],
        ),
        (
            "INSERT INTO parked (event_id, id, kind, subject, said, reason, detail, payment, amount_cents, medium_id,
                 opened_at, proposal, proposed_by, resolved_at, resolved_by, resolution, resolution_reason,
                 transfer_id)
             VALUES ($1, $2, 'counterfeit', 'bancontact/x/y', '', 'another description', 'the payer saw \"x\"', $3, 2000,
                 $4, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            values![EVENT, Uuid::from_u128(24), PAYMENT, MEDIUM],
        ),
        (
            "INSERT INTO reconcile_runs (event_id, id, kind, state, from_at, to_at, done_to_at, listed, already_known,
                 settled, parked, mismatched, problem, started_at, finished_at)
             VALUES ($1, $2, 'asked', 'done', 1, 9, 9, 1, 1, 0, 0, 0, NULL, 1, 9)",
            values![EVENT, Uuid::from_u128(25)],
        ),
    ]
}

fn proposals() -> Vec<Sample> {
    vec![(
        "INSERT INTO proposals (event_id, parked_id, nth, person, said, why, said_at)
         VALUES ($1, $2, 1, 'operator:an@fest.example', 'return', 'nobody knows', 4)",
        values![EVENT, Uuid::from_u128(24)],
    )]
}

fn returned() -> Vec<Sample> {
    vec![(
        "INSERT INTO returned (event_id, id, was_cents, amount_cents, went_back_by, transfer_id)
         VALUES ($1, $2, 0, 40, 'refund', $3)",
        values![EVENT, Uuid::from_u128(24), PAYMENT],
    )]
}

fn terminals() -> Vec<Sample> {
    vec![
        (
            "INSERT INTO terminals (event_id, id, point_of_sale_id, device_name, created_at, enrolled_at, revoked_at)
             VALUES ($1, $2, $3, 'tablet 1', 1, 2, NULL)",
            values![EVENT, TERMINAL, POINT],
        ),
        (
            "INSERT INTO terminal_tokens (hash, event_id, terminal_id) VALUES ($1, $2, $3)",
            values![[5_u8; 32], EVENT, TERMINAL],
        ),
        (
            "INSERT INTO enrolment_codes (hash, event_id, terminal_id, expires_at, used_at) VALUES ($1, $2, $3, 9, 2)",
            values![[6_u8; 32], EVENT, TERMINAL],
        ),
    ]
}
