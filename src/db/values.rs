//! Values that go into statements and come out of rows: four column types, and our own types over them.

use super::Error;
use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::ids::{
    AccountId, BatchId, ChargeId, EventId, MediumId, MoveId, OperatorId, ParkedId, PointOfSaleId, ProductId,
    RunId, TerminalId, TokenId, TransferId, VendorId,
};
use crate::money::Cents;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Database, Decode, Encode, Type};
use uuid::Uuid;

/// A value bound to a placeholder.
#[derive(Clone, Debug)]
pub enum Value {
    /// `BLOB` of 16 bytes or `UUID`.
    Uuid(Option<Uuid>),
    /// `INTEGER` or `BIGINT`.
    Int(Option<i64>),
    /// `TEXT`.
    Text(Option<String>),
    /// `BLOB` or `BYTEA`.
    Bytes(Option<Vec<u8>>),
}

macro_rules! bind_all {
    ($arguments:ty, $values:expr) => {{
        let mut arguments = <$arguments>::default();
        for value in $values {
            match value {
                Value::Uuid(v) => Arguments::add(&mut arguments, v),
                Value::Int(v) => Arguments::add(&mut arguments, v),
                Value::Text(v) => Arguments::add(&mut arguments, v.map(storable)),
                Value::Bytes(v) => Arguments::add(&mut arguments, v),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }};
}

/// PostgreSQL stores no NUL in a text; texts from outside may have one, and neither engine should choke on it.
pub(super) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

pub(super) fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments, Error> {
    bind_all!(SqliteArguments, values)
}

pub(super) fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments, Error> {
    bind_all!(PgArguments, values)
}

/// Values from anything that has a column type, in the order of a statement's placeholders.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Value::from($value)),*] };
}

/// Our types over a column type: how they go in, come out of a row, and become a [`Value`].
macro_rules! columns {
    ($($ours:ty as $inner:ty, $variant:ident, $into:expr, $from:expr;)*) => {$(
        impl<DB: Database> Type<DB> for $ours where $inner: Type<DB> {
            fn type_info() -> DB::TypeInfo {
                <$inner as Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <$inner as Type<DB>>::compatible(ty)
            }
        }

        impl<'q, DB: Database> Encode<'q, DB> for $ours where $inner: Encode<'q, DB> {
            fn encode_by_ref(&self, buf: &mut <DB as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                let into: fn(&$ours) -> $inner = $into;
                into(self).encode(buf)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $ours where $inner: Decode<'r, DB> {
            fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let from: fn($inner) -> $ours = $from;
                <$inner as Decode<DB>>::decode(value).map(from)
            }
        }

        impl From<$ours> for Value {
            fn from(value: $ours) -> Value {
                Value::from(&value)
            }
        }

        impl From<&$ours> for Value {
            fn from(value: &$ours) -> Value {
                let into: fn(&$ours) -> $inner = $into;
                Value::$variant(Some(into(value)))
            }
        }

        impl From<Option<$ours>> for Value {
            fn from(value: Option<$ours>) -> Value {
                let into: fn(&$ours) -> $inner = $into;
                Value::$variant(value.as_ref().map(into))
            }
        }
    )*};
}

columns! {
    EventId as Uuid, Uuid, |v| v.0, EventId;
    BatchId as Uuid, Uuid, |v| v.0, BatchId;
    MediumId as Uuid, Uuid, |v| v.0, MediumId;
    AccountId as Uuid, Uuid, |v| v.0, AccountId;
    TransferId as Uuid, Uuid, |v| v.0, TransferId;
    ChargeId as Uuid, Uuid, |v| v.0, ChargeId;
    VendorId as Uuid, Uuid, |v| v.0, VendorId;
    PointOfSaleId as Uuid, Uuid, |v| v.0, PointOfSaleId;
    ProductId as Uuid, Uuid, |v| v.0, ProductId;
    TerminalId as Uuid, Uuid, |v| v.0, TerminalId;
    OperatorId as Uuid, Uuid, |v| v.0, OperatorId;
    TokenId as Uuid, Uuid, |v| v.0, TokenId;
    ParkedId as Uuid, Uuid, |v| v.0, ParkedId;
    RunId as Uuid, Uuid, |v| v.0, RunId;
    MoveId as Uuid, Uuid, |v| v.0, MoveId;
    Cents as i64, Int, |v| v.0, Cents;
    Timestamp as i64, Int, |v| v.0, Timestamp;
    Reference as String, Text, |v| v.as_str().to_owned(), Reference::from_stored;
    Serial as String, Text, |v| v.as_str().to_owned(), Serial::from_stored;
}

macro_rules! plain {
    ($($plain:ty, $variant:ident;)*) => {$(
        impl From<$plain> for Value {
            fn from(value: $plain) -> Value {
                Value::$variant(Some(value.into()))
            }
        }

        impl From<Option<$plain>> for Value {
            fn from(value: Option<$plain>) -> Value {
                Value::$variant(value.map(Into::into))
            }
        }
    )*};
}

plain! {
    Uuid, Uuid;
    i64, Int;
    &str, Text;
    String, Text;
    Vec<u8>, Bytes;
    [u8; 32], Bytes;
    [u8; 16], Bytes;
}
