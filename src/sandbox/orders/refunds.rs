//! Money that somebody sends back: asked for over the API, or by hand in a provider's own pages; and what becomes of it.

use super::{
    House, Notice, Notify, Orders, Outcome, Payment, Record, RefundState, Refunded, Refusal, wooshpay,
};
use serde::Deserialize;
use std::time::Duration;

/// How long MultiSafepay takes a second refund of the same amount for the same one.
const SAME_AMOUNT_FOR: Duration = Duration::from_secs(5 * 60);

/// What becomes of a reserved refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefundOutcome {
    /// The money goes back.
    Completed,
    /// It stays where it is.
    Refused,
}

/// What happens to a reserved refund.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishRefund {
    /// How it ends.
    pub outcome: RefundOutcome,
    /// What becomes of the notification.
    #[serde(default)]
    pub notify: Notify,
    /// Which one, by the id that its provider answered, as text; the oldest that is reserved where it is left out.
    pub refund: Option<String>,
}

impl Orders {
    /// Somebody refunds a paid payment in the provider's own pages; answers the notification of it, which nobody has sent
    /// yet.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn refund_by_hand(&self, order: &str, cents: i64) -> Result<Notice, Refusal> {
        self.send_back(order, cents, Notify::default())
    }

    /// The same, with what becomes of the notification.
    pub(super) fn send_back(&self, order: &str, cents: i64, notify: Notify) -> Result<Notice, Refusal> {
        let house = self.state().of_order(order).ok_or(Refusal::Unknown)?.house;
        let (payment, refund) = self.refund(house, |payment| payment.order == order, None, Some(cents))?;
        self.state().notice(&payment, Some(&refund), notify, self.0.clock.now())
    }

    /// Ends a reserved refund; answers the notification of it, which nobody has sent yet.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn finish_refund(&self, order: &str, finish: &FinishRefund) -> Result<Notice, Refusal> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let mut payment = state.of_order(order).ok_or(Refusal::Unknown)?;
        let house = payment.house;
        let is_meant = |refund: &&mut Refunded| {
            let is_named = finish.refund.as_ref().is_none_or(|id| *id == refund.id(house));
            refund.state == RefundState::Reserved && is_named
        };
        let refund = payment.refunds.iter_mut().find(is_meant).ok_or(Refusal::NoRefund)?;
        refund.state = match finish.outcome {
            RefundOutcome::Completed => RefundState::Done(now),
            RefundOutcome::Refused => RefundState::Refused,
        };
        let refund = refund.clone();
        state.keep(Record::Payment(payment.clone()));
        state.notice(&payment, Some(&refund), finish.notify, now)
    }

    /// Refunds a payment; no amount means what is left of it. The same name again is the same refund at WooshPay; what is made
    /// in the provider's own pages has none.
    pub(super) fn refund(
        &self,
        house: House,
        is_meant: impl Fn(&Payment) -> bool,
        name: Option<&str>,
        cents: Option<i64>,
    ) -> Result<(Payment, Refunded), Refusal> {
        let at = self.0.clock.now();
        let mut state = self.state();
        state.next += 1;
        let (number, stays) = (state.next, state.faults.refunds_stay_reserved);
        let known = state.payments.iter().rev().find(|known| known.house == house && is_meant(known));
        let mut payment = known.cloned().ok_or(Refusal::Unknown)?;
        let is_again = |known: &&Refunded| name.is_some() && known.name.as_deref() == name;
        if house == House::WooshPay
            && let Some(known) = payment.refunds.iter().find(is_again)
        {
            let known = known.clone();
            return Ok((payment, known));
        }
        let left = payment.left();
        let amount = cents.unwrap_or(left);
        let is_barred = match house {
            House::WooshPay => payment.refunds.iter().any(|known| known.state != RefundState::Refused),
            House::MultiSafepay => {
                let is_like_it =
                    |known: &Refunded| known.amount == amount && at < known.at.after(SAME_AMOUNT_FOR);
                name.is_some() && payment.refunds.iter().any(is_like_it)
            }
        };
        if payment.outcome != Outcome::Paid || is_barred || !(1..=left).contains(&amount) {
            return Err(Refusal::Impossible);
        }
        let refund_state = if stays { RefundState::Reserved } else { RefundState::Done(at) };
        let refund = Refunded { name: name.map(str::to_owned), number, amount, at, state: refund_state };
        payment.refunds.push(refund.clone());
        state.keep(Record::Payment(payment.clone()));
        Ok((payment, refund))
    }
}

impl Refunded {
    /// What its provider calls it.
    pub(super) fn id(&self, house: House) -> String {
        match house {
            House::MultiSafepay => self.number.to_string(),
            House::WooshPay => wooshpay::refund_id(self),
        }
    }
}
