//! `polsband printer`: what each printer needs for its print to fall where the layout says.

use super::failure::Usage;
use super::sheet::AdjustArgs;
use super::shell::Shell;
use crate::media::print_shop::{Printer, ShopError, printer_named, printers, remove_printer, set_printer};
use clap::Subcommand;
use serde::Serialize;

#[derive(Subcommand)]
pub(super) enum PrinterCommand {
    /// Remember what a printer needs; what is not given stays as it was
    Set {
        /// What you call it: 1 to 40 of a-z, 0-9 and -
        name: String,
        #[command(flatten)]
        adjust: AdjustArgs,
    },
    /// All printers
    List,
    /// Forget a printer
    Remove {
        /// What it is called
        name: String,
    },
}

/// A printer as it is shown.
#[derive(Serialize)]
struct View {
    name: String,
    dpi: Option<u32>,
    nudge_x: String,
    nudge_y: String,
    scale_ppm: u32,
}

impl View {
    fn of(printer: &Printer) -> View {
        let Printer { name, dpi, nudge_x, nudge_y, scale_ppm } = printer;
        let (nudge_x, nudge_y) = (nudge_x.to_string(), nudge_y.to_string());
        View { name: name.clone(), dpi: *dpi, nudge_x, nudge_y, scale_ppm: *scale_ppm }
    }

    fn scale(&self) -> String {
        format!("{} %", rust_decimal::Decimal::new(i64::from(self.scale_ppm), 4).normalize())
    }
}

pub(super) async fn run(command: PrinterCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    match command {
        PrinterCommand::Set { name, adjust } => {
            let known = match printer_named(&context.store, &name).await {
                Err(ShopError::Unknown { .. }) => Printer::exact(&name),
                known => known?,
            };
            let printer = adjust.applied(known);
            let set = set_printer(&context.store, &context.actor, context.now(), &printer).await;
            set.map_err(|error| match error {
                error @ (ShopError::Name | ShopError::Refused(_)) => Usage(error.to_string()).into(),
                other => anyhow::Error::from(other),
            })?;
            shell
                .out
                .one(&View::of(&printer), format_args!("{name} is remembered: sheet --printer {name}"))?;
        }
        PrinterCommand::Remove { name } => {
            remove_printer(&context.store, &context.actor, context.now(), &name).await?;
            shell.out.one(&name, format_args!("{name} is forgotten"))?;
        }
        PrinterCommand::List => {
            let views: Vec<View> = printers(&context.store).await?.iter().map(View::of).collect();
            shell.out.list(&views, ["printer", "dpi", "right", "down", "scale"], |view| {
                let dpi = view.dpi.map_or_else(String::new, |dpi| dpi.to_string());
                [view.name.clone(), dpi, view.nudge_x.clone(), view.nudge_y.clone(), view.scale()]
            })?;
        }
    }
    context.close().await;
    Ok(())
}
