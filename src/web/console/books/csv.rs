//! Tables as files that spreadsheets read as they are meant.

use crate::web::page::page_headers;
use crate::web::problem::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use csv::{QuoteStyle, Terminator, WriterBuilder};

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

/// A table as a download.
pub(super) fn file<const N: usize>(
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
    let mut headers = page_headers();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
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
