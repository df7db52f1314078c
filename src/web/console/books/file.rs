//! Tables as files: such as spreadsheets read as they are meant, and such as are filed on paper.

use super::sold::Sold;
use crate::clock::Timestamp;
use crate::events::Event;
use crate::one_line::plain_letters;
use crate::print::{Tables, tables_pdf};
use crate::web::business_day::bounds;
use crate::web::page::{in_brussels, page_headers};
use crate::web::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Tells spreadsheets that the text is UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A text that a person made up: one that would be read as a formula is marked as text.
pub(super) fn text(made_up: &str) -> String {
    match made_up.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) {
        true => format!("'{made_up}"),
        false => made_up.to_owned(),
    }
}

/// An amount in euros as Belgian spreadsheets read a number, which is as it is typed: `12,50`, `-0,05`.
pub(super) use crate::web::console::form::euros;

/// An instant as spreadsheets read it, with what Belgium's clocks are ahead by: `2026-07-03T06:00:00+02:00`.
pub(super) fn instant(at: Timestamp) -> String {
    in_brussels(at, "%Y-%m-%dT%H:%M:%S%:z")
}

/// The columns with which a row of a day begins.
type OfDay = [String; 4];

/// Which day, from when to when, and when the figures were read: of a day under way they are not all.
pub(super) fn of_day(day: Date, cut_hour: i8, read_at: Timestamp) -> OfDay {
    let (from, to) = bounds(day, cut_hour);
    [day.to_string(), instant(from), instant(to), instant(read_at)]
}

/// The columns of what was sold, for spreadsheets.
pub(super) const SOLD: [&str; 11] = [
    "day",
    "from",
    "to",
    "as_of",
    "vendor",
    "point_of_sale",
    "sales",
    "charged",
    "taken_back",
    "net",
    "net_cents",
];

/// A row of them.
pub(super) fn sold([day, from, to, as_of]: OfDay, vendor: &str, point: &str, line: &Sold) -> [String; 11] {
    [
        day,
        from,
        to,
        as_of,
        text(vendor),
        text(point),
        line.sales.to_string(),
        euros(line.charged),
        euros(line.taken_back),
        euros(line.net),
        line.net.0.to_string(),
    ]
}

/// What a file is called: whose, what it is of, and when its days end where that is not as the event's rules say.
pub(super) fn name(event: &Event, what: &str, cut_hour: i8) -> String {
    let name = format!("{}-{what}", event.slug);
    if cut_hour == event.rules.day_cut_hour { name } else { format!("{name}-cut-{cut_hour}h") }
}

/// A table as a download, as spreadsheets in Belgium read it: their numbers have the comma.
pub(super) fn csv<const N: usize>(
    name: &str,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Response, Problem> {
    let mut writer = WriterBuilder::new()
        .delimiter(b';')
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(MARK.to_vec());
    writer.write_record(columns).map_err(Problem::internal)?;
    for row in rows {
        writer.write_record(row).map_err(Problem::internal)?;
    }
    let bytes = writer.into_inner().map_err(Problem::internal)?;
    download(&disposition(name, "csv"), "text/csv; charset=utf-8", bytes)
}

/// Tables on A4 as a download.
pub(super) fn pdf(name: &str, tables: &Tables) -> Result<Response, Problem> {
    download(&disposition(name, "pdf"), "application/pdf", tables_pdf(tables))
}

/// A file's name in letters that every program takes and, where those don't say all of it, as it is (RFC 6266).
fn disposition(name: &str, extension: &str) -> String {
    let letters = plain_letters(name).to_ascii_lowercase();
    let words = letters.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let plain = words.collect::<Vec<_>>().join("-");
    let whole = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let whole = if plain == name { String::new() } else { format!("; filename*=UTF-8''{whole}.{extension}") };
    format!("attachment; filename=\"{plain}.{extension}\"{whole}")
}

fn download(disposition: &str, kind: &'static str, bytes: Vec<u8>) -> Result<Response, Problem> {
    let mut headers = page_headers();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(disposition).map_err(Problem::internal)?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok((StatusCode::OK, headers, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Cents;

    #[test]
    fn no_name_becomes_a_formula_and_amounts_are_numbers() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'quoted"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
        assert_eq!(text("Bar Ümlaut, \"north\""), "Bar Ümlaut, \"north\"");
        assert_eq!(euros(Cents(123_456)), "1234,56");
        assert_eq!(euros(Cents(-5)), "-0,05");
    }

    #[test]
    fn a_files_name_is_whole_for_whoever_reads_all_letters_and_plain_for_the_others() {
        assert_eq!(
            disposition("fest-2026-07-03-bars", "csv"),
            "attachment; filename=\"fest-2026-07-03-bars.csv\""
        );
        assert_eq!(
            disposition("fest-Bière \"Nord\"", "pdf"),
            "attachment; filename=\"fest-biere-nord.pdf\"; filename*=UTF-8''fest%2DBi%C3%A8re%20%22Nord%22.pdf"
        );
    }
}
