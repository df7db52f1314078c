//! A movement of a wallet, with its why in plain words.

use super::super::words;
use crate::codes::Serial;
use crate::helpdesk::story::Told;
use crate::ids::ChargeId;
use crate::ledger::{Code, Side};
use crate::terminals::{BY_ANOTHER, Line, REST, part_of};
use crate::web::page::belgian_time;

/// A line of the list.
pub(super) struct Movement {
    pub(super) what: String,
    /// The provider's payment.
    pub(super) payment: Option<String>,
    /// Its page, for whoever may see it.
    pub(super) payment_path: Option<String>,
    /// What else is known: what was sold, who decided it.
    pub(super) why: String,
    /// With its sign.
    pub(super) amount: String,
    pub(super) balance: String,
    pub(super) at: String,
    pub(super) comes: bool,
    /// The sale that whoever looks may take back.
    pub(super) charge: Option<ChargeId>,
}

impl Movement {
    /// As it stands on the page of the medium with this serial. `payments` is the address of the festival's payments, for
    /// whoever may see them.
    pub(super) fn of(told: Told, page_of: &Serial, may_void: bool, payments: Option<&str>) -> Movement {
        let comes = told.code.wallet_side() == Some(Side::Credit);
        let is_voidable = told.code == Code::Charge && !told.is_voided && may_void;
        Movement {
            what: what(&told),
            payment: told.payment.as_ref().map(|(provider, id)| format!("{} payment {id}", provider.title())),
            payment_path: payments.zip(told.own_payment).map(|(path, id)| format!("{path}/{id}")),
            why: why(&told, page_of),
            amount: told.amount.moved(comes),
            balance: told.balance.to_string(),
            at: belgian_time(told.at),
            comes,
            charge: told.charge.filter(|_| is_voidable),
        }
    }
}

fn what(told: &Told) -> String {
    let place = told.point_of_sale.as_deref().unwrap_or("a point of sale");
    match told.code {
        Code::TopUp => "Topped up".to_owned(),
        Code::Charge if told.is_voided => format!("Paid at {place}, taken back later"),
        Code::Charge => format!("Paid at {place}"),
        Code::Void if is_by_device(told) => format!("Taken back by {place}"),
        Code::Void => format!("Taken back, paid at {place}"),
        Code::Parked | Code::ParkedToWallet => "From suspense".to_owned(),
        Code::ParkedReturned | Code::RefundRequested => "To be sent back".to_owned(),
        Code::RefundExecuted => "Sent back".to_owned(),
    }
}

fn why(told: &Told, page_of: &Serial) -> String {
    let mut parts = Vec::new();
    parts
        .extend(told.lines.as_deref().map(sold).filter(|sold| !sold.is_empty() && told.code == Code::Charge));
    let is_by_device = is_by_device(told);
    // A device that is called like its bar says nothing more; where somebody else took a sale back it did nothing.
    let did_it = told.code != Code::Void || is_by_device;
    let device =
        told.device.as_deref().filter(|device| did_it && Some(*device) != told.point_of_sale.as_deref());
    let on = if is_by_device && told.code != Code::Charge { "by" } else { "on" };
    parts.extend(device.map(|device| format!("{on} {device}")));
    let another = told.paid_onto.as_ref().filter(|serial| *serial != page_of);
    parts.extend(another.map(|serial| format!("paid onto {}", serial.grouped())));
    if told.code != Code::Charge {
        let by = told.by.as_deref().filter(|_| !(is_by_device && device.is_some()));
        parts.extend(by.map(|by| format!("by {}", words::who(by))));
        parts.extend(told.reason.clone().filter(|reason| !reason.is_empty()));
    }
    parts.join(" · ")
}

/// A terminal takes nothing back but its own sales, so the device that sold is the one that did it.
fn is_by_device(told: &Told) -> bool {
    told.by.as_deref().is_some_and(|by| by.starts_with("terminal:"))
}

/// `2 × Pils, 1 × Cup back`, `part of a purchase of € 12,00: 2 × Pils`; of a later part, which has no products of its own,
/// `part of a shared purchase`
fn sold(lines: &str) -> String {
    let lines: Vec<Line> = serde_json::from_str(lines).unwrap_or_default();
    if !lines.is_empty() && lines.iter().all(|line| [REST, BY_ANOTHER].contains(&line.product.as_str())) {
        return "part of a shared purchase".to_owned();
    }
    let (before, lines) = match part_of(&lines) {
        Some((whole, sold)) => (format!("part of a purchase of {whole}: "), sold),
        None => (String::new(), lines.iter().collect()),
    };
    let texts: Vec<String> =
        lines.iter().map(|line| format!("{} × {}", line.quantity, line.product)).collect();
    before + &texts.join(", ")
}
