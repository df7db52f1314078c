//! What was sold somewhere, or on some day: a line of a statement.

use crate::ledger::Code;
use crate::ledger::tallies::{Tally, of_code};
use crate::money::Cents;
use crate::print::Column;

/// A line of figures under a name.
#[derive(Default)]
pub(super) struct Sold {
    pub(super) name: String,
    pub(super) sales: i64,
    pub(super) charged: Cents,
    pub(super) taken_back: Cents,
    pub(super) net: Cents,
}

impl Sold {
    /// None where nothing was sold and nothing taken back.
    pub(super) fn of<'t>(name: String, tallies: impl Iterator<Item = &'t Tally> + Clone) -> Option<Sold> {
        let (sales, charged) = of_code(tallies.clone(), Code::Charge);
        let (_, taken_back) = of_code(tallies, Code::Void);
        let net = charged.minus(taken_back).unwrap_or(charged);
        (sales > 0 || taken_back.is_positive()).then_some(Sold { name, sales, charged, taken_back, net })
    }

    /// Everything together.
    pub(super) fn all(lines: &[Sold]) -> Sold {
        let add = |sum: Cents, amount| sum.plus(amount).unwrap_or(sum);
        lines.iter().fold(Sold { name: "All".to_owned(), ..Sold::default() }, |sum, line| Sold {
            name: sum.name,
            sales: sum.sales + line.sales,
            charged: add(sum.charged, line.charged),
            taken_back: add(sum.taken_back, line.taken_back),
            net: add(sum.net, line.net),
        })
    }

    /// As a row on paper.
    pub(super) fn texts(&self) -> Vec<String> {
        let amounts = [self.charged, self.taken_back, self.net].map(|amount| amount.to_string());
        [self.name.clone(), self.sales.to_string()].into_iter().chain(amounts).collect()
    }

    /// The columns of those rows.
    pub(super) fn columns(name: &str) -> Vec<Column> {
        vec![
            Column::words(name, 400),
            Column::figures("Sales", 120),
            Column::figures("Charged", 160),
            Column::figures("Taken back", 160),
            Column::figures("Owed", 160),
        ]
    }
}
