//! The newest payments first, as people look for them.
//!
//! What is looked for by a text, and no index answers, is looked for in a span of time: [`Sought::is_text`] tells whoever asks to
//! give one.
//!
//! Engines differ in whose small and capital letters they know: one knows ASCII's, the other what its database was made with.
//! So statements take any other letter for a wildcard, and what they find is compared again here.

mod store;

use super::{PaymentFilter, PaymentRow};
use crate::clock::Timestamp;
use crate::db::{Error, Session};
use crate::ids::EventId;
use crate::money::Cents;
use store::Asked;
use uuid::Uuid;

/// Payments that are read at once where what is found is compared again: with few, a name that nobody has would take
/// thousands of statements.
const READ_AT_ONCE: i64 = 1000;

/// What people look for beside what a page is filtered by. All of it holds together.
#[derive(Clone, Default)]
pub struct Sought {
    /// This one, by its id of ours.
    pub id: Option<Uuid>,
    /// Exactly this amount, as reported.
    pub amount: Option<Cents>,
    /// Somewhere in what the payer was told.
    pub description: Option<String>,
    /// Somewhere in the payer's name: personal data.
    pub payer_name: Option<String>,
    /// The end of the payer's account number: personal data.
    pub account_end: Option<String>,
}

impl Sought {
    /// Payments are read one by one for it: a span of time has to bound them.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.id.is_none() && (self.description.is_some() || self.seeks_payer())
    }

    /// Whoever finds something by it has learnt who paid.
    #[must_use]
    pub fn seeks_payer(&self) -> bool {
        self.payer_name.is_some() || self.account_end.is_some()
    }

    /// A text has letters that statements take for any.
    fn is_loose(&self) -> bool {
        let texts = [&self.description, &self.payer_name].into_iter().flatten();
        texts.flat_map(|text| text.chars()).any(is_wild)
    }

    /// The texts stand in a payment that a statement found.
    fn fits(&self, row: &PaymentRow) -> bool {
        let stands = |text: &Option<String>, whole: &Option<String>| {
            text.as_deref()
                .is_none_or(|text| whole.as_deref().is_some_and(|whole| small(whole).contains(&small(text))))
        };
        stands(&self.description, &row.description) && stands(&self.payer_name, &row.debtor_name)
    }
}

/// A page of an event's payments, newest first; `after` is the last one of the page before. By a reference, or a status
/// alone, they are in the order they became known, otherwise in the order they were made, and those of one instant by their id.
///
/// # Errors
/// The database's.
pub async fn newest(
    session: &mut Session,
    event: EventId,
    filter: &PaymentFilter,
    sought: &Sought,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    if !sought.is_loose() {
        return read(session, event, filter, sought, limit).await;
    }
    let (mut filter, mut found) = (filter.clone(), Vec::new());
    let wanted = usize::try_from(limit).unwrap_or_default();
    loop {
        let rows = read(session, event, &filter, sought, READ_AT_ONCE).await?;
        let last = rows.last().map(|row| row.id);
        let is_end = i64::try_from(rows.len()).is_ok_and(|read| read < READ_AT_ONCE);
        found.extend(rows.into_iter().filter(|row| sought.fits(row)));
        if is_end || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
        filter.after = last;
    }
}

/// The newest that the statements find.
async fn read(
    session: &mut Session,
    event: EventId,
    filter: &PaymentFilter,
    sought: &Sought,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    let before = filter.after.unwrap_or(Uuid::max());
    let (from, to) = (filter.from.unwrap_or(Timestamp(i64::MIN)), filter.to.unwrap_or(Timestamp(i64::MAX)));
    let asked = |to, before| Asked { filter, sought, from, to, before, limit };
    if let Some(id) = sought.id {
        return store::with_id(session, event, id, &asked(to, before)).await;
    }
    if let Some(reference) = &filter.reference {
        return store::with_reference(session, event, reference, &asked(to, before)).await;
    }
    if let PaymentFilter { from: None, to: None, provider: None, status: Some(status), .. } = filter
        && sought.amount.is_none()
        && !sought.is_text()
    {
        return store::with_status(session, event, status, before, limit).await;
    }
    let (to, before) = match filter.after {
        None => (to, before),
        Some(after) => match super::store::made_at(session, event, after).await? {
            Some(at) if at <= to => (at, after),
            Some(_) => (to, Uuid::max()),
            None => return Ok(Vec::new()),
        },
    };
    let asked = asked(to, before);
    if sought.amount.is_some() {
        store::of_amount(session, event, &asked).await
    } else if filter.provider.is_some() {
        store::through_provider(session, event, &asked).await
    } else {
        store::made_between(session, event, &asked).await
    }
}

/// A letter with a small and a capital form that not every engine knows.
fn is_wild(letter: char) -> bool {
    !letter.is_ascii() && (letter.to_lowercase().ne([letter]) || letter.to_uppercase().ne([letter]))
}

/// A text in small letters, each by itself: what stands around it doesn't change it.
fn small(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A text as a pattern takes it: a letter that not every engine knows stands for whatever there is in its place.
fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '%' | '_' | '!' => pattern.extend(['!', letter]),
            letter if is_wild(letter) => pattern.push('_'),
            letter => pattern.push(letter.to_ascii_lowercase()),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_would_read_as_its_own_is_taken_as_it_stands() {
        assert_eq!(like("Élodie 100%_!"), "_lodie 100!%!_!!");
        assert_eq!(like("Ольга 美咲 עדי"), "_____ 美咲 עדי");
    }
}
