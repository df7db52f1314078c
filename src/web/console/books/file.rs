//! Tables as files: such as spreadsheets read as they are meant, and such as are filed on paper.

use super::sold::Sold;
use crate::print::{Tables, tables_pdf};
use crate::web::page::page_headers;
use crate::web::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use jiff::civil::Date;

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

/// The columns of what was sold, for spreadsheets.
pub(super) const SOLD: [&str; 8] =
    ["day", "vendor", "point_of_sale", "sales", "charged", "taken_back", "net", "net_cents"];

/// A row of them.
pub(super) fn sold(day: Date, vendor: &str, point: &str, line: &Sold) -> [String; 8] {
    [
        day.to_string(),
        text(vendor),
        text(point),
        line.sales.to_string(),
        euros(line.charged),
        euros(line.taken_back),
        euros(line.net),
        line.net.0.to_string(),
    ]
}

/// A table as a download.
pub(super) fn csv<const N: usize>(
    name: &str,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Response, Problem> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(MARK.to_vec());
    writer.write_record(columns).map_err(Problem::internal)?;
    for row in rows {
        writer.write_record(row).map_err(Problem::internal)?;
    }
    let bytes = writer.into_inner().map_err(Problem::internal)?;
    download(name, "text/csv; charset=utf-8", bytes)
}

/// Tables on A4 as a download.
pub(super) fn pdf(name: &str, tables: &Tables) -> Result<Response, Problem> {
    download(name, "application/pdf", tables_pdf(tables))
}

fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Result<Response, Problem> {
    let mut headers = page_headers();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(Problem::internal)?);
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
}
