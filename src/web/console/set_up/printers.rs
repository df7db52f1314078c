//! Printers as they were measured with a calibration page: how far beside they print, and how large.

use super::part_shell;
use crate::clock::Clock;
use crate::db::Store;
use crate::media::print_shop::{
    Printer, check_name, layout_named, layouts_known, printer_named, printers, remove_printer, set_printer,
};
use crate::print::{Layout, Length, Level, calibration_pdf, check_options, parse_scale};
use crate::web::caller::Print;
use crate::web::console::asked::{Asked, Named};
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

const PATH: &str = "/set-up/printers";

#[derive(Template)]
#[template(path = "web/console/printers.html")]
struct PrintersPage {
    shell: Shell,
    path: String,
    form: Form,
    printers: Vec<Line>,
    layouts: Vec<(String, String)>,
}

struct Line {
    name: String,
    dpi: String,
    moved: String,
    scale: String,
}

impl Line {
    fn of(printer: Printer) -> Line {
        Line {
            dpi: printer.dpi.map(|dpi| format!("{dpi} dpi")).unwrap_or_default(),
            moved: printer.moves(),
            scale: printer.size(),
            name: printer.name,
        }
    }
}

/// `GET /console/{event}/set-up/printers`
pub(in crate::web::console) async fn get(
    at: AtFestival<Print>,
    State(store): State<Store>,
) -> Result<Response, Sorry> {
    let typed = [("nudge_x", "0"), ("nudge_y", "0"), ("scale", "100")];
    show(&at, &store, Form::with(typed)).await
}

/// `POST /console/{event}/set-up/printers`
pub(in crate::web::console) async fn post(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let mut length = |name: &str| {
        let read = Length::parse_mm(form.text(name));
        if read.is_none() {
            form.wrong(name, "not a length in millimetres, such as 0,4 or -1,25");
        }
        read
    };
    let (nudge_x, nudge_y) = (length("nudge_x"), length("nudge_y"));
    let scale = parse_scale(form.text("scale")).map_err(|why| form.wrong("scale", why)).ok();
    let dpi = form.number("dpi", 150..=4_800).and_then(|dpi| u32::try_from(dpi).ok());
    // What can't be read leaves the rest to be looked at: all mistakes are named at once.
    let exact = Printer::exact(form.text("name"));
    let printer = Printer {
        dpi,
        nudge_x: nudge_x.unwrap_or(exact.nudge_x),
        nudge_y: nudge_y.unwrap_or(exact.nudge_y),
        scale_ppm: scale.unwrap_or(exact.scale_ppm),
        ..exact.clone()
    };
    if form.needs("name")
        && let Err(why) = check_name(&printer.name)
    {
        form.refused(why, "name")?;
    }
    for (field, measured) in [
        ("nudge_x", Printer { nudge_x: printer.nudge_x, ..exact.clone() }),
        ("nudge_y", Printer { nudge_y: printer.nudge_y, ..exact.clone() }),
        ("scale", Printer { scale_ppm: printer.scale_ppm, ..exact.clone() }),
    ] {
        if let Err(why) = check_options(&measured.options(Level::M)) {
            form.wrong(field, why);
        }
    }
    if !form.is_right() {
        return show(&at, &store, form).await;
    }
    match set_printer(&store, &at.actor(), clock.now(), &printer).await {
        Ok(()) => Ok(at.done(&at.path(PATH), &format!("{} is remembered.", printer.name))),
        Err(why) => {
            form.refused(why, "name")?;
            show(&at, &store, form).await
        }
    }
}

/// `POST /console/{event}/set-up/printers/{printer}`: forgets it.
pub(in crate::web::console) async fn forget(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(name): Named<String>,
    _: Form,
) -> Result<Response, Sorry> {
    remove_printer(&store, &at.actor(), clock.now(), &name).await?;
    Ok(at.done(&at.path(PATH), &format!("{name} is forgotten.")))
}

/// On which layout and printer.
#[derive(Deserialize)]
pub(in crate::web::console) struct Wanted {
    layout: String,
    printer: Option<String>,
}

/// `GET /console/{event}/set-up/printers/calibration.pdf`
pub(in crate::web::console) async fn calibration(
    _: AtFestival<Print>,
    State(store): State<Store>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let layout = layout_named(&store, &wanted.layout).await?;
    let printer = match wanted.printer.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => printer_named(&store, name).await?,
        None => Printer::exact(""),
    };
    let pdf = calibration_pdf(&layout, &printer.options(Level::M), &printer.name)
        .map_err(crate::media::PrintJobError::from)?;
    let name = format!("attachment; filename=\"calibration-{}.pdf\"", layout.name());
    let headers = [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, pdf).into_response())
}

async fn show(at: &AtFestival<Print>, store: &Store, form: Form) -> Result<Response, Sorry> {
    let choice = |layout: &Layout| (layout.name().to_owned(), layout.title().to_owned());
    let shown = PrintersPage {
        shell: part_shell(at),
        path: at.path(PATH),
        printers: printers(store).await?.into_iter().map(Line::of).collect(),
        layouts: layouts_known(store).await?.iter().map(choice).collect(),
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}
