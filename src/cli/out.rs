//! Printing results: as text for people, or as JSON.

use serde::Serialize;
use std::fmt::{self, Display};
use std::io::{self, BufWriter, ErrorKind, Write};

/// Whoever read a long listing went away: a pager that was closed, `head`. Nothing is said of it.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub(super) struct OutputClosed;

/// Where results go, and in which form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    json: bool,
}

impl Out {
    pub(super) fn new(json: bool) -> Out {
        Out { json }
    }

    /// Whether JSON was asked for.
    pub(super) fn is_json(self) -> bool {
        self.json
    }

    /// Prints one thing: the value as JSON on one line, or the text.
    pub(super) fn one(self, value: &impl Serialize, text: impl Display) -> anyhow::Result<()> {
        if self.json { print_json(value) } else { print(format_args!("{text}\n")) }
    }

    /// Prints a listing: an array of the values, or a table of their rows.
    pub(super) fn list<T: Serialize, const N: usize>(
        self,
        values: &[T],
        headings: [&str; N],
        row: impl Fn(&T) -> [String; N],
    ) -> anyhow::Result<()> {
        if self.json {
            return print_json(&values);
        }
        if values.is_empty() {
            note("(none)");
        }
        let rows: Vec<[String; N]> = values.iter().map(row).collect();
        print(format_args!("{}", table(headings, &rows)))
    }
}

fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(value)?;
    print(format_args!("{text}\n"))
}

/// That nobody reads it changes nothing: the work is done, and a verdict is in the exit code as well.
fn print(text: fmt::Arguments<'_>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => sent(written),
    }
}

/// Standard output for a long listing, written while it is read.
pub(super) fn streamed() -> BufWriter<io::Stdout> {
    BufWriter::new(io::stdout())
}

/// What became of a write to [`streamed`].
pub(super) fn sent(written: io::Result<()>) -> anyhow::Result<()> {
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => OutputClosed.into(),
        _ => anyhow::Error::new(error).context("the result can't be printed"),
    })
}

/// Says something beside the result. That nobody reads it stops nothing.
pub(super) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Columns as wide as their widest cell, two spaces apart. Nothing at all for no rows.
fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let chars = |text: &str| text.chars().count();
    let mut widths = headings.map(chars);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(chars(cell));
        }
    }
    let heading = headings.map(str::to_uppercase);
    let mut text = String::new();
    for row in std::iter::once(&heading).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - chars(cell).min(width) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Rows whose first two columns are names and whose others are figures.
pub(super) fn sums<const N: usize>(rows: &[[String; N]]) -> String {
    let chars = |text: &str| text.chars().count();
    let width = |column: usize| rows.iter().map(|row| chars(&row[column])).max().unwrap_or(0);
    let line = |row: &[String; N]| {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let space = " ".repeat(width(column) - chars(cell));
            if column < 2 { format!("{cell}{space}") } else { format!("{space}{cell}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Lines of names and values, for one thing shown to a person.
pub(super) fn details<'a>(lines: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let lines: Vec<(&str, String)> = lines.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_whatever_alphabet_its_cells_are_in() {
        let rows = [["été".to_owned(), "1".to_owned()], ["s".to_owned(), "22".to_owned()]];
        assert_eq!(table(["name", "count"], &rows), "NAME  COUNT\nété   1\ns     22\n");
        assert_eq!(table::<1>(["name"], &[]), "");
    }

    #[test]
    fn sums_line_up_on_their_right() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["wallet", "", "€ 5,00"]), row(["vendor", "Bar", "€ 12,50"])];
        assert_eq!(sums(&rows), "wallet        € 5,00\nvendor  Bar  € 12,50");
    }

    #[test]
    fn details_leave_out_what_is_empty() {
        let lines =
            [("name", "Summer".to_owned()), ("closed", String::new()), ("merchant", "Vzw".to_owned())];
        assert_eq!(details(lines), "name      Summer\nmerchant  Vzw");
    }
}
