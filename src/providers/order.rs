//! Orders of ours: the name a payment gets before its provider hears of it.

use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

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

    #[test]
    fn an_order_is_read_back_and_has_one_name_only() {
        let order = OrderId::draw();
        let text = order.to_string();
        assert_eq!(text.parse(), Ok(order));
        assert_ne!(order, OrderId::draw());
        let next = order.at_next_provider();
        assert!(next != order && next == order.at_next_provider() && next.at_next_provider() != order);
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
