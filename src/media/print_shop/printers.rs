//! Printers: what each needs for its print to fall where a layout says, remembered by name.

use super::{OWN_MAX, ShopError, check_name, shown, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::print::{Length, Level, Options, check_options};
use rust_decimal::Decimal;

/// A printer as it was measured with a calibration page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printer {
    /// What it is called.
    pub name: String,
    /// Dots an inch, where modules should be whole dots.
    pub dpi: Option<u32>,
    /// Moves everything to the right.
    pub nudge_x: Length,
    /// Moves everything down.
    pub nudge_y: Length,
    /// Size of the print in millionths.
    pub scale_ppm: u32,
}

impl Printer {
    /// One that prints as it should.
    #[must_use]
    pub fn exact(name: &str) -> Printer {
        let Options { dpi, nudge_x, nudge_y, scale_ppm, .. } = Options::default();
        Printer { name: name.to_owned(), dpi, nudge_x, nudge_y, scale_ppm }
    }

    /// The same as a sheet wants it.
    #[must_use]
    pub fn options(&self, level: Level) -> Options {
        let Printer { dpi, nudge_x, nudge_y, scale_ppm, .. } = *self;
        Options { dpi, nudge_x, nudge_y, scale_ppm, level }
    }

    /// Where it moves everything, for people: `0,4 mm right, 0,3 mm up`.
    #[must_use]
    pub fn moves(&self) -> String {
        let towards = |length: Length, ahead: &str, back: &str| match length < Length::ZERO {
            true => format!("{} {back}", -length),
            false => format!("{length} {ahead}"),
        };
        let (x, y) = (towards(self.nudge_x, "right", "left"), towards(self.nudge_y, "down", "up"));
        format!("{x}, {y}").replace('.', ",")
    }

    /// How large it prints, for people: `100,2 %`.
    #[must_use]
    pub fn size(&self) -> String {
        let percent = Decimal::new(i64::from(self.scale_ppm), 4).normalize();
        format!("{percent} %").replace('.', ",")
    }
}

/// All printers, by name.
///
/// # Errors
/// The database's.
pub async fn printers(db: &Store) -> Result<Vec<Printer>, ShopError> {
    Ok(store::printers(&mut *db.read().await?).await?)
}

/// The printer of this name.
///
/// # Errors
/// [`ShopError::Unknown`] naming those there are.
pub async fn printer_named(db: &Store, name: &str) -> Result<Printer, ShopError> {
    let printers = printers(db).await?;
    let known = || match printers.as_slice() {
        [] => "none yet".to_owned(),
        known => known.iter().map(|printer| printer.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    let found = printers.iter().find(|printer| printer.name == name).cloned();
    found.ok_or_else(|| ShopError::Unknown { what: "printer", name: shown(name), known: known() })
}

/// Remembers a printer, in place of what was known of one of its name. What is known of it already leaves no entry in the
/// audit log.
///
/// # Errors
/// A value out of its range; too many printers.
pub async fn set_printer(
    db: &Store,
    actor: &Actor,
    now: Timestamp,
    printer: &Printer,
) -> Result<(), ShopError> {
    check_name(&printer.name)?;
    check_options(&printer.options(Level::M))?;
    let dpi = printer.dpi.map_or("any dpi".to_owned(), |dpi| format!("{dpi} dpi"));
    let detail = format!("{dpi}, {}, size {}", printer.moves(), printer.size());
    let entry = Entry {
        detail: Some(detail),
        ..Entry::new(actor, "printer set", format!("printer:{}", printer.name))
    };
    db.transact(|tx| {
        let (printer, entry) = (printer.clone(), entry.clone());
        Box::pin(async move {
            if store::printers(tx).await?.contains(&printer) {
                return Ok(());
            }
            store::put_printer(tx, &printer).await?;
            if store::printers(tx).await?.len() > OWN_MAX {
                return Err(ShopError::TooMany(OWN_MAX));
            }
            Ok(audit_log::store::write(tx, now, &entry).await?)
        })
    })
    .await
}

/// Forgets a printer.
///
/// # Errors
/// [`ShopError::Unknown`].
pub async fn remove_printer(db: &Store, actor: &Actor, now: Timestamp, name: &str) -> Result<(), ShopError> {
    printer_named(db, name).await?;
    let entry = Entry::new(actor, "printer removed", format!("printer:{name}"));
    db.transact(|tx| {
        let (name, entry) = (name.to_owned(), entry.clone());
        Box::pin(async move {
            store::delete_printer(tx, &name).await?;
            Ok(audit_log::store::write(tx, now, &entry).await?)
        })
    })
    .await
}
