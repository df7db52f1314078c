//! A payment as the provider keeps it, and who pays it.

use crate::clock::Timestamp;
use crate::sandbox::bancontact::status::Status;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// How long a payment waits for its payer. 20 minutes is what the FAQ says for online payments; Top-Up: not known.
pub(super) const VALIDITY: Duration = Duration::from_mins(20);

/// Longest payer name and IBAN that are taken, in characters.
const DEBTOR_CHARS_MAX: usize = 70;

/// Who pays, in a request: what is left out is made up.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DebtorRequest {
    /// First name.
    pub name: Option<String>,
    /// An IBAN; masked before it is sent unless it has stars already.
    pub iban: Option<String>,
}

/// Personal data even when it is made up: it may not be.
impl fmt::Debug for DebtorRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DebtorRequest(…)")
    }
}

/// Who paid, as the provider shows it.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::sandbox) struct Debtor {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) iban: String,
}

impl Debtor {
    /// The payer of a request, completed; or which part of it can't be.
    pub(super) fn of(request: DebtorRequest, random: &mut impl Rng) -> Result<Debtor, String> {
        let long = |text: &Option<String>| {
            text.as_ref().is_some_and(|text| text.is_empty() || text.chars().count() > DEBTOR_CHARS_MAX)
        };
        if long(&request.name) || long(&request.iban) {
            return Err(format!("debtor.name and debtor.iban have 1 to {DEBTOR_CHARS_MAX} characters"));
        }
        const NAMES: [&str; 8] = ["Anke", "Bram", "Chloé", "Dries", "Emma", "Farid", "Noor", "Zoë"];
        let name = request.name.unwrap_or_else(|| NAMES[random.random_range(0..NAMES.len())].to_owned());
        let drawn = || format!("BE{:014}", random.random_range(0..100_000_000_000_000u64));
        let iban = request.iban.unwrap_or_else(drawn);
        Ok(Debtor { name, iban: masked(&iban) })
    }
}

/// Stars for all but the last five characters, as in real messages: `***********00012`.
fn masked(iban: &str) -> String {
    if iban.contains('*') {
        return iban.to_owned();
    }
    let plain: Vec<char> = iban.chars().filter(|c| !c.is_whitespace()).collect();
    let hidden = plain.len().saturating_sub(5);
    plain.iter().enumerate().map(|(place, c)| if place < hidden { '*' } else { *c }).collect()
}

/// One payment.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::sandbox) struct Payment {
    pub(in crate::sandbox) payment_id: String,
    pub(in crate::sandbox) profile_id: String,
    pub(in crate::sandbox) amount_cents: i64,
    /// The code was printed without an amount.
    pub(super) open_amount: bool,
    pub(in crate::sandbox) status: Status,
    pub(in crate::sandbox) created_at: Timestamp,
    pub(super) expire_at: Timestamp,
    pub(super) succeeded_at: Option<Timestamp>,
    pub(in crate::sandbox) description: Option<String>,
    pub(in crate::sandbox) reference: Option<String>,
    pub(in crate::sandbox) debtor: Option<Debtor>,
}

/// A time as bodies carry it: three decimals and `Z`.
pub(super) struct Millis(pub(super) Timestamp);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.0.to_jiff()))
    }
}

/// 24 lowercase hex digits, the shape of every real payment and profile id.
pub(super) fn draw_id(random: &mut impl Rng) -> String {
    format!("{:08x}{:016x}", random.next_u32(), random.next_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_shows_its_last_five_characters_only() {
        assert_eq!(masked("BE68 5390 0754 7034"), "***********47034");
        assert_eq!(masked("*************24680"), "*************24680");
        assert_eq!(masked("123"), "123");
    }
}
