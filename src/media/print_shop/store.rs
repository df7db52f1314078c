//! The print shop's memory in the database.

use super::{Artwork, OwnLayout, Printer};
use crate::db::{Error, Session, Tx};
use crate::ids::EventId;
use crate::print::{Colour, Length};
use crate::values;
use sqlx::FromRow;

#[derive(FromRow)]
struct PrinterRow {
    name: String,
    dpi: Option<i64>,
    nudge_x: i64,
    nudge_y: i64,
    scale_ppm: i64,
}

impl PrinterRow {
    fn printer(self) -> Result<Printer, Error> {
        let corrupt = |_| Error::Corrupt(format!("a printer {:?} with impossible numbers", self.name));
        Ok(Printer {
            dpi: self.dpi.map(u32::try_from).transpose().map_err(corrupt)?,
            nudge_x: Length::nm(self.nudge_x),
            nudge_y: Length::nm(self.nudge_y),
            scale_ppm: u32::try_from(self.scale_ppm).map_err(corrupt)?,
            name: self.name,
        })
    }
}

pub(super) async fn printers(session: &mut Session) -> Result<Vec<Printer>, Error> {
    let rows: Vec<PrinterRow> = session
        .all(
            "SELECT name, dpi, nudge_x, nudge_y, scale_ppm FROM printers ORDER BY name LIMIT 1000",
            values![],
        )
        .await?;
    rows.into_iter().map(PrinterRow::printer).collect()
}

pub(super) async fn put_printer(tx: &mut Tx, printer: &Printer) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO printers (name, dpi, nudge_x, nudge_y, scale_ppm) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE SET dpi = excluded.dpi, nudge_x = excluded.nudge_x,
             nudge_y = excluded.nudge_y, scale_ppm = excluded.scale_ppm",
        values![
            printer.name.as_str(),
            printer.dpi.map(i64::from),
            printer.nudge_x.as_nm(),
            printer.nudge_y.as_nm(),
            i64::from(printer.scale_ppm),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete_printer(tx: &mut Tx, name: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM printers WHERE name = $1", values![name]).await?;
    Ok(())
}

pub(super) async fn layouts(session: &mut Session) -> Result<Vec<OwnLayout>, Error> {
    let rows: Vec<(String, String)> =
        session.all("SELECT name, definition FROM print_layouts ORDER BY name LIMIT 1000", values![]).await?;
    Ok(rows.into_iter().map(|(name, definition)| OwnLayout { name, definition }).collect())
}

pub(super) async fn put_layout(tx: &mut Tx, layout: &OwnLayout) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO print_layouts (name, definition) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
        values![layout.name.as_str(), layout.definition.as_str()],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete_layout(tx: &mut Tx, name: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM print_layouts WHERE name = $1", values![name]).await?;
    Ok(())
}

#[derive(FromRow)]
struct ArtworkRow {
    logo: Option<Vec<u8>>,
    colour: Option<String>,
}

pub(in crate::media) async fn artwork(session: &mut Session, event: EventId) -> Result<Artwork, Error> {
    let row: Option<ArtworkRow> = session
        .optional("SELECT logo, colour FROM event_artwork WHERE event_id = $1", values![event])
        .await?;
    let Some(ArtworkRow { logo, colour }) = row else { return Ok(Artwork::default()) };
    let colour = colour.as_deref().map(Colour::parse).transpose().map_err(Error::Corrupt)?;
    Ok(Artwork { logo, colour })
}

pub(super) async fn put_artwork(tx: &mut Tx, event: EventId, artwork: &Artwork) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO event_artwork (event_id, logo, colour) VALUES ($1, $2, $3)
         ON CONFLICT (event_id) DO UPDATE SET logo = excluded.logo, colour = excluded.colour",
        values![event, artwork.logo.clone(), artwork.colour.map(Colour::typed)],
    )
    .await?;
    Ok(())
}
