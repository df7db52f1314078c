//! Orders of ours: the name a payment gets before its provider hears of it.

use crate::money::Cents;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Tries of a payer that are looked back at. Who refused before those may take the next one.
const TRIES_BEFORE_MAX: u128 = 8;

/// The id of an order, with 74 random bits: whoever knows it may look at how the payment ended. At a provider it stands as 32
/// digits, which fits every limit there is (MultiSafepay's is 50 characters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub Uuid);

/// A text that is no order's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order's id has 32 digits, 0-9 and a-f, not all of them 0")]
pub struct NotAnOrderId;

impl OrderId {
    /// A new one.
    #[must_use]
    pub fn draw() -> OrderId {
        OrderId(Uuid::now_v7())
    }

    /// The id under which the next provider is asked where one refused this order: always the same, so that a form that is
    /// sent twice makes one payment there, too.
    #[must_use]
    pub fn at_next_provider(self) -> OrderId {
        OrderId(Uuid::from_u128(self.0.as_u128().wrapping_add(1)))
    }

    /// The ids under which providers were asked before this one and after it, each by [`at_next_provider`](Self::at_next_provider)
    /// of the one before.
    pub fn other_tries(self) -> impl Iterator<Item = OrderId> {
        let before = move |back| OrderId(Uuid::from_u128(self.0.as_u128().wrapping_sub(back)));
        (1..=TRIES_BEFORE_MAX).map(before).chain([self.at_next_provider()])
    }

    /// The id under which the same provider is asked again where nobody can be told where to pay this order: always the same,
    /// so that one order takes its place.
    #[must_use]
    pub fn made_again(self) -> OrderId {
        OrderId(Uuid::new_v5(&self.0, b"again"))
    }

    /// The id of the order that follows in a form of this id when so many before it have ended or were for another amount:
    /// always the same, so that a form that is sent twice makes one of them, too.
    #[must_use]
    pub fn next_of_form(self, orders_before: u32, amount: Cents) -> OrderId {
        OrderId(Uuid::new_v5(&self.0, format!("{orders_before} {}", amount.0).as_bytes()))
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// Takes what [`OrderId`] writes and nothing else, so that an order has one name.
impl FromStr for OrderId {
    type Err = NotAnOrderId;

    fn from_str(text: &str) -> Result<OrderId, NotAnOrderId> {
        let fits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 32 || !text.bytes().all(fits) {
            return Err(NotAnOrderId);
        }
        Uuid::parse_str(text).ok().filter(|id| !id.is_nil()).map(OrderId).ok_or(NotAnOrderId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_order_is_read_back_and_has_one_name_only() {
        let order = OrderId::draw();
        let text = order.to_string();
        assert_eq!(text.parse(), Ok(order));
        assert_ne!(order, OrderId::draw());
        let next = order.at_next_provider();
        assert!(next != order && next == order.at_next_provider() && next.at_next_provider() != order);
        let tries: BTreeSet<_> = next.at_next_provider().other_tries().collect();
        assert!(tries.contains(&order) && tries.contains(&next) && tries.len() == 9, "{tries:?}");
        let derived = |order: OrderId| {
            let of_form = [(1, 1_000), (2, 1_000), (1, 2_000)];
            let of_form = of_form.map(|(before, cents)| order.next_of_form(before, Cents(cents)));
            [order, order.at_next_provider(), order.made_again(), of_form[0], of_form[1], of_form[2]]
        };
        assert_eq!(derived(order), derived(order));
        assert_eq!(BTreeSet::from(derived(order)).len(), 6, "{:?}", derived(order));
        for other in [
            text.to_uppercase() + "A",
            order.0.to_string(),
            format!("{text} "),
            "0".repeat(32),
            String::new(),
        ] {
            assert_eq!(other.parse::<OrderId>(), Err(NotAnOrderId), "{other}");
        }
    }
}
