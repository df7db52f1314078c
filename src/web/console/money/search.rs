//! What was typed to find a payment, as a question.

use crate::clock::Timestamp;
use crate::codes::{Code, holds_pay_code};
use crate::db::Store;
use crate::events::Event;
use crate::ids::MediumId;
use crate::media::{Found, Scanner};
use crate::money::{Cents, NotEuros};
use crate::payments::listing::{
    PaymentFilter, PaymentRow, Sought, by_own_id, by_payment_id, newest, no_such_status, status_named,
};
use crate::payments::parked::store::of_matters;
use crate::providers::ProviderName;
use crate::web::business_day::LocalTime;
use crate::web::console::at::PAGE_LINES;
use crate::web::console::form::Form;
use crate::web::console::words;
use crate::web::page::belgian_time;
use crate::web::problem::Problem;
use std::time::Duration;
use uuid::Uuid;

/// How far back a text is looked for where nobody says since when: no index finds what a payer was told, or who it was.
const TEXT_LOOKED_FOR: Duration = Duration::from_secs(31 * 24 * 3600);
/// Longest text that is looked for, in characters: what a code's link may have.
const TEXT_CHARS_MAX: usize = 256;
/// Digits of an account number that a payer's is found by: no provider shows fewer.
const ACCOUNT_DIGITS: usize = 4;
/// Most matters of one name that are looked through, the newest.
const MATTERS_MAX: i64 = 1_000;

/// What a page of payments asks for.
pub(super) struct Search {
    pub(super) filter: PaymentFilter,
    pub(super) sought: Sought,
    /// The medium whose code was typed.
    pub(super) medium: Option<MediumId>,
    /// The payments that the provider, or we, call by what was typed, of which few profiles give one id twice; or those of the
    /// matters that are called so.
    named: Vec<Uuid>,
    /// From when on is looked, where nobody said so.
    pub(super) since: Option<Timestamp>,
}

impl Search {
    /// Reads the form; what can't be read is noted in it.
    pub(super) async fn read(
        store: &Store,
        scanner: &Scanner,
        event: &Event,
        now: Timestamp,
        form: &mut Form,
    ) -> Result<Search, Problem> {
        form.check_length("q", TEXT_CHARS_MAX);
        form.check_length("payer", TEXT_CHARS_MAX);
        let filter = PaymentFilter {
            status: status(store, event, form).await?,
            reference: None,
            provider: form.read_optional::<ProviderName>("provider"),
            from: form.read_optional::<LocalTime>("from").map(|LocalTime(at)| at),
            to: form.read_optional::<LocalTime>("to").map(|LocalTime(at)| at),
            after: form.text("after").parse().ok(),
        };
        if let (Some(from), Some(to)) = (filter.from, filter.to)
            && from >= to
        {
            form.wrong("from", format!("from is not before the end, {}", belgian_time(to)));
        }
        let sought = payer(form.text("payer"));
        let mut search = Search { filter, sought, medium: None, named: Vec::new(), since: None };
        if form.is_right() && !form.text("q").is_empty() {
            search.read_text(store, scanner, event, form).await?;
        }
        let is_bounded = search.filter.from.is_some() || search.filter.reference.is_some();
        if search.sought.is_text() && search.named.is_empty() && !is_bounded {
            let since = search.filter.to.unwrap_or(now).before(TEXT_LOOKED_FOR);
            search.filter.from = Some(since);
            search.since = Some(since);
        }
        Ok(search)
    }

    /// A code leads to what was paid onto it, and its reference stands in its place; otherwise it is the id of a payment or
    /// an order, a reference that nobody printed, what a matter is called, an amount, or of what the payer was told.
    async fn read_text(
        &mut self,
        store: &Store,
        scanner: &Scanner,
        event: &Event,
        form: &mut Form,
    ) -> Result<(), Problem> {
        let typed = form.text("q").to_owned();
        if let Some((reference, medium)) = reference(scanner, event, &typed).await? {
            self.medium = medium;
            *form = std::mem::take(form).instead("q", reference.as_str());
            self.filter.reference = Some(reference);
            return Ok(());
        }
        if holds_pay_code(&typed) {
            form.wrong("q", "this festival has no wristband or card with this code");
            return Ok(());
        }
        if let Some((money, serial)) = typed.rsplit_once(" for ")
            && let Some(amount) = whole_of(money)
            && let Some((reference, medium)) = reference(scanner, event, serial).await?
        {
            (self.filter.reference, self.medium, self.sought.amount) = (Some(reference), medium, amount);
            return Ok(());
        }
        let mut session = store.read().await?;
        let mut named = by_payment_id(&mut session, event.id, &typed).await?;
        if let (true, Ok(id)) = (named.is_empty(), typed.parse::<Uuid>()) {
            named = by_own_id(&mut session, event.id, id).await?;
        }
        self.named = named.into_iter().map(|row| row.id).collect();
        if !self.named.is_empty() {
            return Ok(());
        }
        let unprinted = PaymentFilter { reference: Some(typed.clone()), ..PaymentFilter::default() };
        if !newest(&mut session, event.id, &unprinted, &Sought::default(), 1).await?.is_empty() {
            self.filter.reference = unprinted.reference;
            return Ok(());
        }
        let (amount, why) = called(&typed);
        self.named =
            of_matters(&mut session, event.id, amount, words::reason_called(why), MATTERS_MAX).await?;
        if !self.named.is_empty() {
            return Ok(());
        }
        match typed.parse::<Cents>() {
            Ok(amount) => self.sought.amount = Some(amount),
            Err(why @ NotEuros::Doubtful { .. }) => form.wrong("q", why),
            Err(_) => self.sought.description = Some(typed),
        }
        Ok(())
    }

    /// A page of what it finds, and one line more.
    pub(super) async fn found(&self, store: &Store, event: &Event) -> Result<Vec<PaymentRow>, Problem> {
        let mut session = store.read().await?;
        if self.named.is_empty() {
            return Ok(newest(&mut session, event.id, &self.filter, &self.sought, PAGE_LINES + 1).await?);
        }
        let mut rows = Vec::new();
        for id in &self.named {
            if i64::try_from(rows.len()).is_ok_and(|lines| lines > PAGE_LINES) {
                break;
            }
            let sought = Sought { id: Some(*id), ..self.sought.clone() };
            rows.extend(newest(&mut session, event.id, &self.filter, &sought, 1).await?);
        }
        Ok(rows)
    }
}

/// The status that is asked for; another word is a mistake.
async fn status(store: &Store, event: &Event, form: &mut Form) -> Result<Option<String>, Problem> {
    let Some(word) = form.optional("status") else { return Ok(None) };
    let status = status_named(&mut *store.read().await?, event.id, &word).await?;
    if status.is_none() {
        form.wrong("status", no_such_status());
    }
    Ok(status)
}

/// The reference that a code means, where it is one, and whose it is, where it is printed.
async fn reference(
    scanner: &Scanner,
    event: &Event,
    typed: &str,
) -> Result<Option<(String, Option<MediumId>)>, Problem> {
    let code = Code::parse(typed);
    let is_code = matches!(code, Some(Code::Reference(_) | Code::Serial(_) | Code::Pay(_)));
    if (is_code || typed.contains("://"))
        && let Found::Medium(view) = scanner.find(typed).await?
        && view.medium.event_id == event.id
    {
        return Ok(Some((view.medium.reference.to_string(), Some(view.medium.id))));
    }
    Ok(match code {
        Some(Code::Reference(reference)) => Some((reference.to_string(), None)),
        _ => None,
    })
}

/// How much was paid, as a list says it of a matter before the medium: `€ 10,00`, `€ 4,00 of a payment of € 10,00`, or
/// `A payment` where that isn't known.
fn whole_of(money: &str) -> Option<Option<Cents>> {
    match money {
        "A payment" => Some(None),
        money => money.rsplit(" of ").next()?.parse().ok().map(Some),
    }
}

/// What a page calls a matter: how much, where it says that, and why: `€ 60,00: paid onto a misprint`.
fn called(typed: &str) -> (Option<Cents>, &str) {
    let (before, why) = typed.split_once(": ").unwrap_or(("", typed));
    (before.parse().ok(), why)
}

/// A payer is known by the end of their account number, where one was typed, or by their name.
fn payer(typed: &str) -> Sought {
    let digits: Vec<char> = typed.chars().rev().filter(|c| !c.is_whitespace()).take(ACCOUNT_DIGITS).collect();
    let is_account = digits.len() == ACCOUNT_DIGITS && digits.iter().all(char::is_ascii_digit);
    match typed {
        "" => Sought::default(),
        _ if is_account => {
            Sought { account_end: Some(digits.into_iter().rev().collect()), ..Sought::default() }
        }
        name => Sought { payer_name: Some(name.to_owned()), ..Sought::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payer_is_looked_for_by_the_end_of_an_account_or_by_name() {
        for account in ["BE68 5390 0754 7034", "*****7034", "7034", "***70 34"] {
            let sought = payer(account);
            assert_eq!((sought.account_end.as_deref(), sought.payer_name), (Some("7034"), None), "{account}");
        }
        for name in ["Wannes", "An 3", "034"] {
            let sought = payer(name);
            assert_eq!((sought.account_end, sought.payer_name.as_deref()), (None, Some(name)));
        }
        assert!(!payer("").seeks_payer());
    }

    #[test]
    fn what_a_matter_is_called_is_read_as_its_money_and_its_reason() {
        for (money, cents) in
            [("€ 7,00", Some(700)), ("€ 4,00 of a payment of € 10,00", Some(1_000)), ("A payment", None)]
        {
            assert_eq!(whole_of(money), Some(cents.map(Cents)), "{money}");
        }
        assert_eq!(whole_of("A shirt"), None);
        for (typed, read) in [
            ("€ 7,00: paid onto a misprint", (Some(Cents(700)), "paid onto a misprint")),
            ("Money in suspense: paid onto a misprint", (None, "paid onto a misprint")),
            ("paid onto a misprint", (None, "paid onto a misprint")),
        ] {
            assert_eq!(called(typed), read);
        }
    }
}
