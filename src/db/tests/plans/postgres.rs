//! What PostgreSQL says: `EXPLAIN` of plans for any value, on tables with a few festivals in them.

use super::{Access, Cost, Finding, Statement, grows};
use crate::db::connect::by_key;
use crate::db::{Engine, Store, Value};
use serde_json::Value as Json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rows of each table, of four festivals.
const ROWS: usize = 10_000;

pub(super) async fn findings<'s>(
    store: &Store,
    statements: &'s [Statement],
) -> Vec<(&'s Statement, Finding)> {
    let mut reader = connection(store).await;
    fill(&mut reader).await;
    let schema = Schema::read(&mut reader).await;
    reader.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let mut writer = connection(store).await;
    by_key(&mut writer).await.unwrap();
    let mut found = Vec::new();
    for statement in statements.iter().filter(|statement| statement.is_for(Engine::Postgres)) {
        for connection in [&mut reader, &mut writer] {
            let plan = schema.plan(connection, statement).await;
            let has_limit = statement.text.contains("LIMIT");
            let mut findings = Vec::new();
            schema.judge(&plan, has_limit, &mut findings);
            found.extend(findings.into_iter().map(|finding| (statement, finding)));
        }
    }
    found
}

async fn connection(store: &Store) -> PgConnection {
    PgConnection::connect_with(&store.postgres_options()).await.unwrap()
}

async fn texts(connection: &mut PgConnection, sql: &str) -> Vec<Vec<String>> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await.unwrap();
    let texts = |row: &sqlx::postgres::PgRow| {
        (0..row.len()).map(|at| row.try_get_unchecked::<String, _>(at).unwrap()).collect()
    };
    rows.iter().map(texts).collect()
}

const COLUMNS: &str = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT),
         CAST(is_nullable AS TEXT)
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'
     ORDER BY table_name, ordinal_position";

/// Fills every table. The n-th rows of all tables belong together, so that all references hold.
async fn fill(connection: &mut PgConnection) {
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in texts(connection, COLUMNS).await {
        let [table, column, kind, nullable] = &row[..] else { panic!("four columns") };
        tables
            .entry(table.clone())
            .or_default()
            .push((column.clone(), value(table, column, kind, nullable == "YES")));
    }
    let first =
        ["events", "operators", "vendors", "points_of_sale", "batches", "media", "payments", "transfers"];
    let rest: Vec<String> = tables.keys().filter(|table| !first.contains(&table.as_str())).cloned().collect();
    for table in first.into_iter().map(str::to_owned).chain(rest) {
        let rows = match table.as_str() {
            "events" | "event_artwork" | "top_up_limits" => 4,
            "installation" => 1,
            table if grows(table) => ROWS,
            _ => 40,
        };
        let (names, values): (Vec<String>, Vec<String>) = tables[&table].iter().cloned().unzip();
        let (names, values) = (names.join(", "), values.join(", "));
        let sql =
            format!("INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(1, {rows}) AS n");
        connection.execute(AssertSqlSafe(sql)).await.unwrap_or_else(|error| panic!("{table}: {error}"));
    }
    connection.execute("VACUUM ANALYZE").await.unwrap();
}

/// The n-th value of a column. Small tables have 40 rows, which is what those that grow refer to.
fn value(table: &str, column: &str, kind: &str, nullable: bool) -> String {
    let value = match (table, column, kind) {
        ("events", "id", _) => "md5(CAST(n % 4 AS TEXT))::uuid",
        (_, "event_id", _) => "md5(CAST(n % 4 AS TEXT))::uuid",
        (_, "batch_id" | "vendor_id" | "point_of_sale_id" | "operator_id", _) => {
            "md5(CAST((n - 1) % 40 + 1 AS TEXT))::uuid"
        }
        (_, "credit_account", _) => "md5('credit' || n)::uuid",
        (_, _, "uuid") => "md5(CAST(n AS TEXT))::uuid",
        (_, _, "bytea") => "decode(md5(CAST(n AS TEXT)), 'hex')",
        (_, _, "bigint") => "n",
        (_, "provider", _) => "'bancontact'",
        ("profile_claims" | "provider_profiles", "profile_id", _) => "'profile' || n",
        (_, "profile_id", _) => "'profile' || n % 4",
        ("payments", "status", _) => "CASE WHEN n % 50 = 0 THEN 'FAILED' ELSE 'SUCCEEDED' END",
        ("media", "status", _) => "CASE WHEN n % 50 = 0 THEN 'revoked' ELSE 'active' END",
        ("parked", "kind", _) => "CASE WHEN n % 5 = 0 THEN 'needs-review' ELSE 'suspense' END",
        ("reconcile_runs", "kind", _) => "'catch-up'",
        ("reconcile_runs", "state", _) => "CASE WHEN n % 5000 = 0 THEN 'running' ELSE 'complete' END",
        ("transfers", "code", _) => "CASE WHEN n % 10 = 0 THEN 'top-up' ELSE 'charge' END",
        (_, "source", _) => "CASE WHEN n % 10 = 0 THEN 'list' ELSE 'callback' END",
        (_, "code_kind", _) => "'reference'",
        _ => "'text' || n",
    };
    match nullable {
        true => format!("CASE WHEN n % 10 = 0 THEN NULL ELSE {value} END"),
        false => value.to_owned(),
    }
}

struct Schema {
    /// The types that columns of a name have anywhere.
    types: BTreeMap<String, BTreeSet<String>>,
    /// The columns of each table's unique indexes.
    unique: BTreeMap<String, Vec<Vec<String>>>,
    /// Which table an index is on.
    tables: BTreeMap<String, String>,
}

impl Schema {
    async fn read(connection: &mut PgConnection) -> Schema {
        let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in texts(connection, COLUMNS).await {
            types.entry(row[1].clone()).or_default().insert(row[2].clone());
        }
        let (mut unique, mut tables) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::new());
        let indexes = "SELECT CAST(t.relname AS TEXT), CAST(i.relname AS TEXT), CAST(x.indisunique AS TEXT),
                 (SELECT string_agg(CAST(a.attname AS TEXT), ',') FROM unnest(CAST(x.indkey AS SMALLINT[])) AS k (number)
                  JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number)
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public'";
        for row in texts(connection, indexes).await {
            tables.insert(row[1].clone(), row[0].clone());
            if row[2] == "true" {
                unique
                    .entry(row[0].clone())
                    .or_default()
                    .push(row[3].split(',').map(str::to_owned).collect());
            }
        }
        Schema { types, unique, tables }
    }

    /// The plan for any value. What a set of rows calls its columns tells their types; where a name has more than one,
    /// those that the statement can be prepared with.
    async fn plan(&self, connection: &mut PgConnection, statement: &Statement) -> Json {
        let mut choices: Vec<Vec<Value>> = vec![Vec::new()];
        for name in statement.row_columns() {
            let kinds = self
                .types
                .get(name)
                .map_or_else(Vec::new, |kinds| kinds.iter().map(String::as_str).collect());
            let kinds = if kinds.is_empty() { vec!["bigint", "text", "uuid", "bytea"] } else { kinds };
            let with = |choice: &Vec<Value>, kind: &str| {
                let mut choice = choice.clone();
                choice.push(match kind {
                    "bigint" => Value::from(1_i64),
                    "uuid" => Value::from(Uuid::nil()),
                    "bytea" => Value::from([0; 32]),
                    _ => Value::from(""),
                });
                choice
            };
            choices =
                choices.iter().flat_map(|choice| kinds.iter().map(move |kind| with(choice, kind))).collect();
        }
        let mut refused = String::new();
        for choice in choices {
            let text = statement.spliced(Engine::Postgres, &choice);
            match connection.execute(AssertSqlSafe(format!("PREPARE one AS {text}"))).await {
                Ok(_) => return explained(connection, &text).await,
                Err(error) => refused = error.to_string(),
            }
        }
        panic!("{}: {refused}\n{}", statement.place, statement.text);
    }

    /// Says what in a plan takes longer the more there is. Answers whether it brings many rows of a growing table.
    fn judge(&self, node: &Json, has_limit: bool, findings: &mut Vec<Finding>) -> bool {
        let word = |name: &str| node[name].as_str().unwrap_or_default();
        let (kind, index) = (word("Node Type"), word("Index Name"));
        let table = match word("Relation Name") {
            "" => self.tables.get(index).map_or("", String::as_str),
            table => table,
        };
        let mut many = false;
        for child in node["Plans"].as_array().into_iter().flatten() {
            many |= self.judge(child, has_limit, findings);
        }
        if kind == "Sort" && many && has_limit {
            findings.push(format!("Sort by {}", node["Sort Key"]));
        }
        if !grows(table) || table.is_empty() || kind == "ModifyTable" || kind == "Bitmap Index Scan" {
            return many;
        }
        let condition = if kind == "Bitmap Heap Scan" { word("Recheck Cond") } else { word("Index Cond") };
        let filter = word("Filter");
        let access = Access { table, conditions: conditions(condition), has_filter: !filter.is_empty() };
        let cost = match !condition.is_empty() {
            true => access.cost(self.unique.get(table).map_or(&[][..], Vec::as_slice), has_limit),
            false => Cost::All,
        };
        if cost == Cost::All {
            findings.push(format!("{kind} on {table} {index} if {condition} then {filter}"));
        }
        many | (cost != Cost::Few)
    }
}

/// `((event_id = $1) AND (id > $2))`
fn conditions(text: &str) -> Vec<(&str, &str)> {
    text.split(" AND ")
        .filter_map(|one| {
            let mut words = one.trim_start_matches('(').splitn(3, ' ');
            Some((words.next()?, words.next()?))
        })
        .collect()
}

async fn explained(connection: &mut PgConnection, text: &str) -> Json {
    let last = (1..=30).rev().find(|number| text.contains(&format!("${number}"))).unwrap_or(0);
    let nothing = if last == 0 { String::new() } else { format!("({})", vec!["NULL"; last].join(", ")) };
    let lines = texts(connection, &format!("EXPLAIN (FORMAT JSON) EXECUTE one{nothing}")).await;
    connection.execute("DEALLOCATE one").await.unwrap();
    let whole: String = lines.iter().map(|line| line[0].as_str()).collect();
    serde_json::from_str::<Json>(&whole).unwrap()[0]["Plan"].clone()
}
