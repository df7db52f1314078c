//! What SQLite says: `EXPLAIN QUERY PLAN`.

use super::{Access, Cost, Finding, Statement, grows};
use crate::db::{Engine, Session, Store, Value};
use crate::values;
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

#[derive(FromRow)]
struct Step {
    detail: String,
}

pub(super) async fn findings<'s>(
    store: &Store,
    statements: &'s [Statement],
) -> Vec<(&'s Statement, Finding)> {
    let mut tx = store.begin().await.unwrap();
    let unique = unique_keys(&mut tx).await;
    let known: BTreeSet<String> = unique.keys().cloned().collect();
    let mut found = Vec::new();
    for statement in statements.iter().filter(|statement| statement.is_for(Engine::Sqlite)) {
        let types = vec![Value::from("x"); statement.row_columns().len()];
        let text = format!("EXPLAIN QUERY PLAN {}", statement.spliced(Engine::Sqlite, &types));
        let steps: Vec<Step> = tx
            .all(Box::leak(text.into_boxed_str()), values![])
            .await
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", statement.place, statement.text));
        let tables = statement.tables(&known);
        let has_limit = statement.text.contains("LIMIT");
        let mut sorts = None;
        let mut worst_is_few = true;
        for Step { detail } in steps {
            let mut words = detail.split(' ');
            let verb = words.next().unwrap_or_default();
            if verb == "USE" && detail.contains("ORDER BY") {
                sorts = Some(detail);
                continue;
            }
            let Some(table) = words.next().and_then(|alias| tables.get(alias)).filter(|table| grows(table))
            else {
                continue;
            };
            let access = Access { table, conditions: conditions(&detail), has_filter: false };
            let walks_in_order =
                verb == "SCAN" && detail.contains("USING") && !statement.text.contains("WHERE");
            let cost = match verb {
                "SCAN" if walks_in_order && has_limit => Cost::Asked,
                "SCAN" => Cost::All,
                _ => access.cost(&unique[access.table], has_limit),
            };
            worst_is_few &= cost == Cost::Few;
            if cost == Cost::All || detail.contains("AUTOMATIC") {
                found.push((statement, detail));
            }
        }
        if let Some(sorts) = sorts.filter(|_| !worst_is_few) {
            found.push((statement, sorts));
        }
    }
    found
}

/// `SEARCH t USING INDEX i (event_id=? AND (wallet_id,wallet_version)>(?,?)) LEFT-JOIN`
fn conditions(detail: &str) -> Vec<(&str, &str)> {
    let inside = detail.split_once('(').map_or("", |(_, inside)| inside);
    inside
        .split(" AND ")
        .filter_map(|one| {
            let one = one.trim_start_matches('(');
            let column = one.find([',', '=', '<', '>'])?;
            let sign = one.find(['=', '<', '>'])?;
            Some((&one[..column], &one[sign..sign + 1]))
        })
        .collect()
}

async fn unique_keys(session: &mut Session) -> BTreeMap<String, Vec<Vec<String>>> {
    let tables: Vec<(String,)> =
        session.all("SELECT name FROM sqlite_schema WHERE type = 'table'", values![]).await.unwrap();
    let mut unique = BTreeMap::new();
    for (table,) in tables {
        let rows: Vec<(String, String)> = session
            .all(
                "SELECT l.name, i.name FROM pragma_index_list($1) l, pragma_index_info(l.name) i
                 WHERE l.\"unique\" = 1 ORDER BY l.name, i.seqno",
                values![table.as_str()],
            )
            .await
            .unwrap();
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (index, column) in rows {
            keys.entry(index).or_default().push(column);
        }
        unique.insert(table, keys.into_values().collect());
    }
    unique
}
