//! What a festival's sheets are dressed with: its logo and its colour.

use super::part_shell;
use crate::clock::Clock;
use crate::db::Store;
use crate::media::print_shop::{Artwork, ArtworkChange, artwork, change_artwork};
use crate::print::Colour;
use crate::web::caller::Print;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::console::upload::{FILE_BYTES_MAX, Upload};
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

const PATH: &str = "/set-up/artwork";

#[derive(Template)]
#[template(path = "web/console/artwork.html")]
struct ArtworkPage {
    shell: Shell,
    path: String,
    look_path: String,
    form: Form,
    has_logo: bool,
    kilobytes_max: usize,
    /// When the festival was closed, and what that means: then they are only shown.
    closed: Option<(String, &'static str)>,
}

/// `GET /console/{event}/set-up/artwork`
pub(in crate::web::console) async fn get(
    at: AtFestival<Print>,
    State(store): State<Store>,
) -> Result<Response, Sorry> {
    let colour = artwork(&store, at.event.id).await?.colour;
    let typed = colour.map(Colour::typed).unwrap_or_default();
    show(&at, &store, Form::with([("colour", typed)])).await
}

/// `POST /console/{event}/set-up/artwork`
pub(in crate::web::console) async fn post(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Upload { mut form, file }: Upload,
) -> Result<Response, Sorry> {
    let before = artwork(&store, at.event.id).await?;
    if let Some(closed) = at.closed(part_shell(&at), "Logo and colour", stays(&before)) {
        return Ok(closed);
    }
    if !form.is_right() {
        return show(&at, &store, form).await;
    }
    let logo = match file.filter(|file| !file.is_empty()) {
        Some(file) => Some(Some(file.to_vec())),
        None => (form.text("remove") == "yes").then_some(None),
    };
    let change = ArtworkChange { logo, colour: Some(form.optional("colour")) };
    match change_artwork(&store, &at.actor(), clock.now(), at.event.id, change).await {
        Ok(after) => {
            let said = match after.is_just(&before) {
                true => "Nothing was changed.",
                false => "Every sheet that is printed from now on has it.",
            };
            Ok(at.done(&at.path(PATH), said))
        }
        Err(why) => {
            let field = match &why {
                crate::media::print_shop::ShopError::Logo(_) => "logo",
                _ => "colour",
            };
            form.refused(why, field)?;
            show(&at, &store, form).await
        }
    }
}

/// What a festival's end means for them.
fn stays(artwork: &Artwork) -> &'static str {
    match (artwork.logo.is_some(), artwork.colour.is_some()) {
        (true, true) => "its sheets keep theirs",
        (true, false) => "its sheets keep their logo",
        (false, true) => "its sheets keep their colour",
        (false, false) => "its sheets have neither",
    }
}

async fn show(at: &AtFestival<Print>, store: &Store, form: Form) -> Result<Response, Sorry> {
    let artwork = artwork(store, at.event.id).await?;
    let shown = ArtworkPage {
        shell: part_shell(at),
        path: at.path(PATH),
        look_path: at.path("/batches/new"),
        has_logo: artwork.logo.is_some(),
        kilobytes_max: FILE_BYTES_MAX / 1024,
        closed: at.event.closed_at.map(|at| (belgian_time(at), stays(&artwork))),
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}

/// `GET /console/{event}/set-up/artwork/logo`: the file as it was given, for the page to show.
pub(in crate::web::console) async fn logo(
    at: AtFestival<Print>,
    State(store): State<Store>,
) -> Result<Response, Sorry> {
    let logo = artwork(&store, at.event.id).await?.logo.ok_or_else(Problem::not_found)?;
    let kind = if logo.starts_with(b"\x89PNG") { "image/png" } else { "image/svg+xml" };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        // Opened by itself it is a picture and nothing else.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ];
    Ok((headers, logo).into_response())
}
