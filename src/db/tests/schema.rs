//! Reads the schema of a live database, in words that are the same for both engines.

use crate::db::{Engine, Session};
use crate::values;
use std::collections::{BTreeMap, BTreeSet};

/// A table as a reader of both engines sees it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Name, portable type, whether it may be null, default: in the table's order.
    pub(super) columns: Vec<(String, String, bool, Option<String>)>,
    pub(super) primary_key: Vec<String>,
    /// Columns of each unique constraint.
    pub(super) unique: BTreeSet<Vec<String>>,
    /// Name, columns and whether it is unique, of indexes that no constraint made.
    pub(super) indexes: BTreeSet<(String, Vec<String>, bool)>,
    /// Columns, the table they point at, its columns, and what happens on deletion.
    pub(super) foreign_keys: BTreeSet<(Vec<String>, String, Vec<String>, String)>,
    /// Conditions without blanks and brackets.
    pub(super) checks: Vec<String>,
}

pub(super) type Schema = BTreeMap<String, Table>;

/// What is in the database, but for the migrations' own table.
pub(super) async fn read(session: &mut Session) -> Schema {
    let mut schema = match session.engine() {
        Engine::Sqlite => read_sqlite(session).await,
        Engine::Postgres => read_postgres(session).await,
    };
    schema.values_mut().for_each(|table| table.checks.sort());
    schema
}

/// What both engines can hold in a column: `UUID` and `BYTEA` are both SQLite's `BLOB`.
fn portable(kind: &str) -> String {
    match kind {
        "INTEGER" | "bigint" => "integer",
        "BLOB" | "bytea" | "uuid" => "blob",
        "TEXT" | "text" => "text",
        other => panic!("columns of type {other:?} are not portable"),
    }
    .to_owned()
}

fn squeezed(condition: &str) -> String {
    condition.chars().filter(|c| !c.is_whitespace() && !"()".contains(*c)).collect::<String>().to_lowercase()
}

async fn read_sqlite(session: &mut Session) -> Schema {
    let mut schema = Schema::new();
    let tables: Vec<(String, String)> = session
        .all(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                 AND name <> '_sqlx_migrations'",
            values![],
        )
        .await
        .unwrap();
    for (name, sql) in tables {
        let mut table = Table { checks: checks_in(&sql), ..Table::default() };
        read_sqlite_columns(session, &name, &mut table).await;
        read_sqlite_indexes(session, &name, &mut table).await;
        read_sqlite_foreign_keys(session, &name, &mut table).await;
        let (_, kind) = sql.rsplit_once(')').unwrap();
        assert!(kind.contains("STRICT"), "{name} is not STRICT");
        schema.insert(name, table);
    }
    schema
}

/// The conditions of `CHECK (…)` in the text of a table.
fn checks_in(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in sql.match_indices("CHECK (") {
        let inside = &sql[at + "CHECK ".len()..];
        let mut depth = 0;
        let end = inside.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        found.push(squeezed(&inside[..end.expect("a bracket closes")]));
    }
    found
}

async fn read_sqlite_columns(session: &mut Session, name: &str, table: &mut Table) {
    let rows: Vec<(String, String, i64, Option<String>, i64)> = session
        .all(
            "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info($1) ORDER BY cid",
            values![name],
        )
        .await
        .unwrap();
    let mut key = Vec::new();
    for (column, kind, not_null, default, place) in rows {
        // An INTEGER PRIMARY KEY is the row's own number and never null, whatever the pragma says.
        table.columns.push((column.clone(), portable(&kind), not_null == 0 && place == 0, default));
        if place > 0 {
            key.push((place, column));
        }
    }
    key.sort();
    table.primary_key = key.into_iter().map(|(_, column)| column).collect();
}

async fn read_sqlite_indexes(session: &mut Session, name: &str, table: &mut Table) {
    let rows: Vec<(String, i64, String, i64)> = session
        .all("SELECT name, \"unique\", origin, partial FROM pragma_index_list($1)", values![name])
        .await
        .unwrap();
    for (index, unique, origin, partial) in rows {
        assert_eq!(partial, 0, "{index} covers a part of its table: compare that as well");
        let columns: Vec<(String,)> = session
            .all("SELECT name FROM pragma_index_info($1) ORDER BY seqno", values![index.as_str()])
            .await
            .unwrap();
        let columns = columns.into_iter().map(|row| row.0).collect();
        match origin.as_str() {
            "pk" => {}
            "u" => drop(table.unique.insert(columns)),
            _ => drop(table.indexes.insert((index, columns, unique == 1))),
        }
    }
}

async fn read_sqlite_foreign_keys(session: &mut Session, name: &str, table: &mut Table) {
    let rows: Vec<(i64, String, String, String, String)> = session
        .all(
            "SELECT id, \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list($1) ORDER BY id, seq",
            values![name],
        )
        .await
        .unwrap();
    let mut keys: BTreeMap<i64, (Vec<String>, String, Vec<String>, String)> = BTreeMap::new();
    for (id, target, from, to, on_delete) in rows {
        let key = keys.entry(id).or_insert((Vec::new(), target, Vec::new(), on_delete.to_lowercase()));
        key.0.push(from);
        key.2.push(to);
    }
    table.foreign_keys.extend(keys.into_values());
}

async fn read_postgres(session: &mut Session) -> Schema {
    let mut schema = Schema::new();
    let columns: Vec<(String, String, String, i64, Option<String>)> = session
        .all(
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT),
                 CAST(CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END AS BIGINT), CAST(column_default AS TEXT)
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'
             ORDER BY table_name, ordinal_position",
            values![],
        )
        .await
        .unwrap();
    for (name, column, kind, nullable, default) in columns {
        let table = schema.entry(name).or_default();
        // PostgreSQL says of which type a default is.
        let default = default.map(|default| default.trim_end_matches("::text").to_owned());
        table.columns.push((column, portable(&kind), nullable == 1, default));
    }
    read_postgres_constraints(session, &mut schema).await;
    read_postgres_indexes(session, &mut schema).await;
    schema
}

async fn read_postgres_constraints(session: &mut Session, schema: &mut Schema) {
    type Row = (String, String, String, Option<String>, Option<String>, String, String);
    let rows: Vec<Row> = session
        .all(
            "SELECT CAST(t.relname AS TEXT), CAST(c.contype AS TEXT),
                 COALESCE((SELECT string_agg(CAST(a.attname AS TEXT), ',' ORDER BY k.place)
                  FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
                  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number), ''),
                 CAST(f.relname AS TEXT),
                 (SELECT string_agg(CAST(a.attname AS TEXT), ',' ORDER BY k.place)
                  FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
                  JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number),
                 CAST(c.confdeltype AS TEXT), pg_get_constraintdef(c.oid)
             FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_class f ON f.oid = c.confrelid
             WHERE n.nspname = 'public' AND t.relname <> '_sqlx_migrations'",
            values![],
        )
        .await
        .unwrap();
    let split = |list: &str| list.split(',').map(str::to_owned).collect::<Vec<String>>();
    for (name, kind, columns, target, target_columns, on_delete, text) in rows {
        let table = schema.get_mut(&name).unwrap();
        match kind.as_str() {
            "p" => table.primary_key = split(&columns),
            "u" => drop(table.unique.insert(split(&columns))),
            "c" => table.checks.push(squeezed(text.trim_start_matches("CHECK "))),
            "f" => {
                let on_delete = if on_delete == "a" { "no action" } else { on_delete.as_str() };
                let target_columns = split(&target_columns.unwrap());
                table.foreign_keys.insert((
                    split(&columns),
                    target.unwrap(),
                    target_columns,
                    on_delete.to_owned(),
                ));
            }
            // Each NOT NULL is a constraint of its own in later versions; the columns say it already.
            "n" => {}
            other => panic!("{name} has a constraint of kind {other:?}: {text}"),
        }
    }
}

async fn read_postgres_indexes(session: &mut Session, schema: &mut Schema) {
    let rows: Vec<(String, String, String, i64, i64)> = session
        .all(
            "SELECT CAST(t.relname AS TEXT), CAST(i.relname AS TEXT),
                 (SELECT string_agg(CAST(a.attname AS TEXT), ',' ORDER BY k.place)
                  FROM unnest(CAST(x.indkey AS SMALLINT[])) WITH ORDINALITY AS k (number, place)
                  JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number),
                 CAST(CASE WHEN x.indisunique THEN 1 ELSE 0 END AS BIGINT),
                 CAST(CASE WHEN x.indpred IS NULL THEN 0 ELSE 1 END AS BIGINT)
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace
             LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype IN ('p', 'u')
             WHERE n.nspname = 'public' AND t.relname <> '_sqlx_migrations' AND c.oid IS NULL",
            values![],
        )
        .await
        .unwrap();
    for (name, index, columns, unique, partial) in rows {
        assert_eq!(partial, 0, "{index} covers a part of its table: compare that as well");
        let columns = columns.split(',').map(str::to_owned).collect();
        schema.get_mut(&name).unwrap().indexes.insert((index, columns, unique == 1));
    }
}
