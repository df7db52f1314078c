//! A set of rows in one statement.
//!
//! PostgreSQL gets one array per column and unnests them; SQLite gets one JSON text and takes it apart.
//! Both give the statement the same row source, so its text is written once.

use super::values::{Value, storable};
use super::{Engine, Error};
use data_encoding::HEXLOWER;
use serde_json::json;
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use std::fmt::Write;
use uuid::Uuid;

/// The rows of a set-based statement, column by column.
#[derive(Debug, Clone)]
pub struct Rows {
    columns: Vec<(&'static str, Column)>,
    len: usize,
}

#[derive(Debug, Clone)]
enum Column {
    Uuid(Vec<Option<Uuid>>),
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Rows {
    /// Rows with these columns; each value's type is that of its column in every row.
    ///
    /// # Panics
    /// When a row has another number of values, or a value another type, than the first row.
    #[must_use]
    pub fn new<const N: usize>(names: [&'static str; N], rows: impl IntoIterator<Item = [Value; N]>) -> Rows {
        let mut columns: Vec<(&'static str, Column)> = Vec::with_capacity(N);
        let mut len = 0;
        for row in rows {
            for (index, value) in row.into_iter().enumerate() {
                if len == 0 {
                    columns.push((names[index], Column::of(&value)));
                }
                columns[index].1.push(value);
            }
            len += 1;
        }
        Rows { columns, len }
    }

    /// One row, with columns that are known when the program runs.
    #[cfg(test)]
    pub(super) fn of_one(row: impl Iterator<Item = (&'static str, Value)>) -> Rows {
        let column = |(name, value): (&'static str, Value)| {
            let mut column = Column::of(&value);
            column.push(value);
            (name, column)
        };
        Rows { columns: row.map(column).collect(), len: 1 }
    }

    /// True when there is nothing to run a statement for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The statement with `{rows}` replaced by this engine's row source, aliased `r`, whose parameters come after
    /// `taken` others.
    pub(super) fn splice(&self, sql: &str, engine: Engine, taken: usize) -> String {
        let mut source = String::with_capacity(256);
        match engine {
            Engine::Postgres => self.postgres_source(&mut source, taken + 1),
            Engine::Sqlite => self.sqlite_source(&mut source, taken + 1),
        }
        sql.replacen("{rows}", &source, 1)
    }

    /// How many parameters the row source has.
    pub(super) fn parameters(&self, engine: Engine) -> usize {
        match engine {
            Engine::Postgres => self.columns.len(),
            Engine::Sqlite => 1,
        }
    }

    fn postgres_source(&self, out: &mut String, first: usize) {
        out.push_str("UNNEST(");
        for (index, (_, column)) in self.columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}${}::{}[]", first + index, column.postgres_type())
                .expect("a string takes all");
        }
        out.push_str(") AS r(");
        for (index, (name, _)) in self.columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{name}").expect("a string takes all");
        }
        out.push(')');
    }

    fn sqlite_source(&self, out: &mut String, parameter: usize) {
        out.push_str("(SELECT ");
        for (index, (name, column)) in self.columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let value = match column {
                Column::Uuid(_) | Column::Bytes(_) => format!("unhex(value->>{index})"),
                Column::Int(_) | Column::Text(_) => format!("value->>{index}"),
            };
            write!(out, "{comma}{value} AS {name}").expect("a string takes all");
        }
        // The binary form of each row: `json_each` would write it as text for every column to read again.
        write!(out, " FROM jsonb_each(${parameter})) AS r").expect("a string takes all");
    }

    pub(super) fn add_to_sqlite(&self, arguments: &mut SqliteArguments) -> Result<(), Error> {
        let rows: Vec<Vec<serde_json::Value>> = (0..self.len)
            .map(|row| self.columns.iter().map(|(_, column)| column.json(row)).collect())
            .collect();
        let text = serde_json::to_string(&rows).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        Ok(arguments.add(text).map_err(sqlx::Error::Encode)?)
    }

    pub(super) fn add_to_postgres(self, arguments: &mut PgArguments) -> Result<(), Error> {
        for (_, column) in self.columns {
            match column {
                Column::Uuid(values) => arguments.add(values),
                Column::Int(values) => arguments.add(values),
                Column::Text(values) => arguments.add(values),
                Column::Bytes(values) => arguments.add(values),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(())
    }
}

impl Column {
    fn of(value: &Value) -> Column {
        match value {
            Value::Uuid(_) => Column::Uuid(Vec::new()),
            Value::Int(_) => Column::Int(Vec::new()),
            Value::Text(_) => Column::Text(Vec::new()),
            Value::Bytes(_) => Column::Bytes(Vec::new()),
        }
    }

    fn push(&mut self, value: Value) {
        match (self, value) {
            (Column::Uuid(values), Value::Uuid(value)) => values.push(value),
            (Column::Int(values), Value::Int(value)) => values.push(value),
            (Column::Text(values), Value::Text(value)) => values.push(value.map(storable)),
            (Column::Bytes(values), Value::Bytes(value)) => values.push(value),
            (column, value) => panic!("{value:?} in a column of {column:?}"),
        }
    }

    fn postgres_type(&self) -> &'static str {
        match self {
            Column::Uuid(_) => "UUID",
            Column::Int(_) => "BIGINT",
            Column::Text(_) => "TEXT",
            Column::Bytes(_) => "BYTEA",
        }
    }

    fn json(&self, row: usize) -> serde_json::Value {
        match self {
            Column::Uuid(values) => json!(values[row].map(|v| HEXLOWER.encode(v.as_bytes()))),
            Column::Int(values) => json!(values[row]),
            Column::Text(values) => json!(values[row]),
            Column::Bytes(values) => json!(values[row].as_ref().map(|v| HEXLOWER.encode(v))),
        }
    }
}
