//! `polsband event artwork`: what an event's sheets are dressed with.

use crate::cli::failure::Usage;
use crate::cli::shell::{Shell, read_argument};
use crate::media::print_shop::{self, Artwork, ArtworkChange, ShopError};
use crate::print::LOGO_BYTES_MAX;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Args)]
pub(in crate::cli) struct ArtworkArgs {
    /// The event's name in addresses
    #[arg(value_name = "EVENT")]
    slug: String,
    /// An SVG of plain paths, or a PNG; printed where a layout has room
    #[arg(long, value_name = "FILE", conflicts_with = "no_logo")]
    logo: Option<PathBuf>,
    /// Print no logo any more
    #[arg(long)]
    no_logo: bool,
    /// Of bars and rules, never near a code: #E4002B, or cyan, magenta, yellow and black in percent as 0,100,80,10
    #[arg(long, value_name = "COLOUR", conflicts_with = "no_colour")]
    colour: Option<String>,
    /// Print black only
    #[arg(long)]
    no_colour: bool,
}

/// What sheets are dressed with, as it is shown.
#[derive(Serialize)]
struct View {
    event: String,
    logo_sha256: Option<String>,
    colour: Option<String>,
}

pub(super) async fn run(args: ArtworkArgs, shell: &Shell) -> anyhow::Result<()> {
    let logo =
        args.logo.as_deref().map(|file| read_argument("--logo", file, LOGO_BYTES_MAX as u64)).transpose()?;
    let change = ArtworkChange {
        logo: if args.no_logo { Some(None) } else { logo.map(Some) },
        colour: if args.no_colour { Some(None) } else { args.colour.map(Some) },
    };
    let context = shell.open().await?;
    let event = context.event(&args.slug).await?;
    let artwork = if change.logo.is_none() && change.colour.is_none() {
        print_shop::artwork(&context.store, event.id).await?
    } else {
        print_shop::change_artwork(&context.store, &context.actor, context.now(), event.id, change)
            .await
            .map_err(in_arguments)?
    };
    let Artwork { ref logo, colour } = artwork;
    let said = format!(
        "{}: {}, {}",
        event.slug,
        if logo.is_some() { "a logo" } else { "no logo" },
        colour.map_or("black only".to_owned(), |colour| format!("colour {colour}")),
    );
    let view = View {
        event: event.slug.to_string(),
        logo_sha256: artwork.logo_hash(),
        colour: colour.map(|colour| colour.to_string()),
    };
    shell.out.one(&view, said)?;
    context.close().await;
    Ok(())
}

fn in_arguments(error: ShopError) -> anyhow::Error {
    match error {
        ShopError::Logo(error) => Usage(format!("--logo: {error}")).into(),
        ShopError::Colour(error) => Usage(format!("--colour: {error}")).into(),
        other => other.into(),
    }
}
