//! Money that somebody sends back: asked for over the API, or by hand in a provider's own pages.

use super::{House, Notice, Orders, Outcome, Payment, Refunded, Refusal, multisafepay, wooshpay};

impl Orders {
    /// Somebody refunds a paid payment in the provider's own pages; answers the notification of it, which nobody has sent
    /// yet.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn refund_by_hand(&self, order: &str, cents: i64) -> Result<Notice, Refusal> {
        let house = self
            .state()
            .payments
            .iter()
            .rev()
            .find(|payment| payment.order == order)
            .map(|known| known.house);
        let house = house.ok_or(Refusal::Unknown)?;
        let name = format!("by hand {cents}");
        let (payment, refund) = self.refund(house, |payment| payment.order == order, &name, Some(cents))?;
        self.refund_notice(&payment, &refund)
    }

    /// The notification of a refund.
    fn refund_notice(&self, payment: &Payment, refund: &Refunded) -> Result<Notice, Refusal> {
        let now = self.0.clock.now();
        match payment.house {
            House::MultiSafepay => {
                let key = self.state().key();
                Ok(multisafepay::notice(payment, now, payment.is_signed.then_some(key.as_str())))
            }
            House::WooshPay => {
                let (url, secret) = self.state().webhook.clone().ok_or(Refusal::NoWebhook)?;
                Ok(wooshpay::refund_notice(payment, refund, now, &url, &secret))
            }
        }
    }

    /// Refunds a payment; no amount means what is left of it. The same name again is the same refund.
    pub(super) fn refund(
        &self,
        house: House,
        is_meant: impl Fn(&Payment) -> bool,
        name: &str,
        cents: Option<i64>,
    ) -> Result<(Payment, Refunded), Refusal> {
        let mut state = self.state();
        state.next += 1;
        let (number, is_done) = (state.next, !state.faults.refunds_stay_reserved);
        let payment = state.payments.iter_mut().rev().find(|known| known.house == house && is_meant(known));
        let payment = payment.ok_or(Refusal::Unknown)?;
        if let Some(known) = payment.refunds.iter().find(|refund| refund.name == name) {
            return Ok((payment.clone(), known.clone()));
        }
        let left = payment.amount - payment.refunds.iter().map(|refund| refund.amount).sum::<i64>();
        let amount = cents.unwrap_or(left);
        let is_once = house == House::WooshPay && !payment.refunds.is_empty();
        if payment.outcome != Outcome::Paid || is_once || !(1..=left).contains(&amount) {
            return Err(Refusal::Impossible);
        }
        let at = self.0.clock.now();
        let refund = Refunded { name: name.to_owned(), number, amount, is_done, at };
        payment.refunds.push(refund.clone());
        Ok((payment.clone(), refund))
    }
}
